package import RiskModel

/// Turns frames into events; keeps scratch memory between calls.
///
/// One for each worker. A line is read once by ``LineScanner``, which refuses whatever is not JSON (RFC 8259) and notes
/// the values of the known fields; then the fields are read in a fixed order, and the first that is at fault decides
/// the rejection. The format is described in `docs/events.md`. A line that fails because it is of another format is tried
/// with the mappings.
package struct EventDecoder {
    var reader: FieldReader
    /// `nil` where there are no mappings.
    var mapper: LineMapper?

    /// - Parameters:
    ///   - attributes: The attributes whose values are kept, by slot: ``RuleSet/attributes``.
    ///   - mappings: In the order in which they are tried.
    package init(attributes: [String] = [], mappings: [Mapping] = []) {
        reader = FieldReader(attributes: attributes)
        mapper = mappings.isEmpty ? nil : LineMapper(mappings)
    }

    /// Decodes `batch.frames[range]` in order.
    ///
    /// Appends the events to `output.events`, with their texts copied into `output.text`, and the frames that are none
    /// to `output.rejections`. A frame of source ``Source/pause`` is neither, nor is one whose line a mapping passes over.
    package mutating func decode(_ batch: FrameBatch, frames range: Range<Int>, into output: inout EventBatch) {
        for frame in batch.frames[range] where frame.source != .pause && !frame.flags.contains(.erased) {
            let line = batch.bytes.span.extracting(frame.offset..<frame.offset + frame.count)
            let textCount = output.text.count
            let place = output.events.count
            output.events.append(Event())
            do throws(Fault) {
                try reader.read(&output.events[place], of: frame, line, text: &output.text)
                if frame.flags.contains(.oversized) { throw Fault(.frameTooLong, at: Frame.maximumBytes) }
            } catch {
                output.events.removeLast()
                output.text.removeLast(output.text.count - textCount)
                switch explain(error, of: frame, line, text: &output.text) {
                case .native(let event), .wrapped(let event), .mapped(let event, _): output.events.append(event)
                case .ignored: break
                case .refused(let rejection): output.rejections.append(rejection)
                }
            }
        }
    }

    /// Decodes one frame, and says how; `text` gets the event's texts.
    package mutating func read(_ frame: Frame, _ line: Span<UInt8>, text: inout [UInt8]) -> LineReading {
        let textCount = text.count
        do throws(Fault) {
            let event = try reader.event(of: frame, line, text: &text)
            if frame.flags.contains(.oversized) { throw Fault(.frameTooLong, at: Frame.maximumBytes) }
            return .native(event)
        } catch {
            text.removeLast(text.count - textCount)
            return explain(error, of: frame, line, text: &text)
        }
    }

    /// The event in the native format that was last taken out of a line, or made of one by a mapping.
    package var nativeLine: [UInt8] { mapper?.output ?? [] }

    /// A rejection that was made of a line behind this stage, without the digits of card numbers.
    package static func masked(_ rejection: Rejection) -> Rejection {
        var bytes = rejection.bytes
        CardNumber.mask(in: &bytes, values: [])
        if bytes == rejection.bytes { return rejection }
        var masked = rejection
        masked.bytes = bytes
        masked.isComplete = false
        return masked
    }

    /// - Parameters:
    ///   - cards: Where values of `card` fields begin in the line, as far as it could be scanned.
    ///   - mapping: The index of the mapping that read the line.
    func rejection(
        of frame: Frame, _ line: Span<UInt8>, for found: Fault, cards: [Int], mapping: Int? = nil
    ) -> Rejection {
        // The flags outrank what was found: the fault of a cut line is most often the cut.
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
        CardNumber.mask(in: &bytes, values: cards)
        if let mapping, mapper?.mappings[mapping].hasCards == true { CardNumber.maskAll(in: &bytes) }
        return Rejection(
            seq: frame.seq, source: frame.source, reason: fault.reason, position: fault.position,
            field: fault.field?.name ?? "", bytes: bytes,
            length: frame.flags.contains(.oversized) ? Frame.maximumBytes + 1 : bytes.count,
            isMasked: bytes != received, mapping: mapping.flatMap { mapper?.mappings[$0].name } ?? "")
    }
}

/// What became of a line.
package enum LineReading: Sendable {
    case native(Event)
    /// A native event stands in an envelope.
    case wrapped(Event)
    /// The mapping of this name made the event.
    case mapped(Event, by: String)
    /// The mapping of this name knows the line, and it is no event.
    case ignored(by: String)
    case refused(Rejection)
}
