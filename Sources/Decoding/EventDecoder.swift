package import RiskModel

/// Turns frames into events; keeps scratch memory between calls.
///
/// One for each worker. A line is read once by ``LineScanner``, which refuses whatever is not JSON (RFC 8259) and notes
/// the values of the known fields; then the fields are read in a fixed order, and the first that is at fault decides
/// the rejection. The format is described in `docs/events.md`.
package struct EventDecoder: Sendable {
    private var reader: FieldReader

    /// - Parameter attributes: The attributes whose values are kept, by slot: ``RuleSet/attributes``.
    package init(attributes: [String] = []) { reader = FieldReader(attributes: attributes) }

    /// Decodes `batch.frames[range]` in order.
    ///
    /// Appends the events to `output.events`, with their texts copied into `output.text`, and the frames that are none
    /// to `output.rejections`. A frame of source ``Source/pause`` is neither.
    package mutating func decode(_ batch: FrameBatch, frames range: Range<Int>, into output: inout EventBatch) {
        for frame in batch.frames[range] where frame.source != .pause {
            let line = batch.bytes.span.extracting(frame.offset..<frame.offset + frame.count)
            let textCount = output.text.count
            do throws(Fault) {
                let event = try reader.event(of: frame, line, text: &output.text)
                if frame.flags.contains(.oversized) { throw Fault(.frameTooLong, at: Frame.maximumBytes) }
                output.events.append(event)
            } catch {
                output.text.removeLast(output.text.count - textCount)
                output.rejections.append(rejection(of: frame, line, for: error))
            }
        }
    }

    /// A rejection that was made of a line behind this stage, without the digits of card numbers.
    package static func masked(_ rejection: Rejection) -> Rejection {
        var bytes = rejection.bytes
        CardNumber.mask(in: &bytes, values: [])
        if bytes == rejection.bytes { return rejection }
        return Rejection(
            seq: rejection.seq, source: rejection.source, reason: rejection.reason, position: rejection.position,
            field: rejection.field, bytes: bytes, length: rejection.length, isMasked: true)
    }

    /// The flags outrank what was found: the fault of a cut line is most often the cut.
    private func rejection(of frame: Frame, _ line: Span<UInt8>, for found: Fault) -> Rejection {
        let fault =
            if frame.flags.contains(.oversized) {
                Fault(.frameTooLong, at: Frame.maximumBytes)
            } else if frame.flags.contains(.unterminated) {
                Fault(.unterminated, at: line.count)
            } else {
                found
            }
        var received: [UInt8] = []
        received.append(copying: line)
        var bytes = received
        CardNumber.mask(in: &bytes, values: reader.scanner.cardValues)
        return Rejection(
            seq: frame.seq, source: frame.source, reason: fault.reason, position: fault.position,
            field: fault.field?.name ?? "", bytes: bytes,
            length: frame.flags.contains(.oversized) ? Frame.maximumBytes + 1 : bytes.count,
            isMasked: bytes != received)
    }
}
