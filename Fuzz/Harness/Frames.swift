import Decoding
import RiskModel

@testable import Intake

/// A stream of bytes to lines: the same lines however the stream is cut, and those of a plain model.
///
/// The first byte decides where the stream is cut. A byte 0x01 stands for a run of letters as long as the byte behind it
/// says, so that lines over the limit need no large input.
@Sendable func fuzzFrames(_ input: [UInt8]) {
    guard let cut = input.first else { return }
    let stream = expand(input.dropFirst())
    let frames = lines(of: stream, cutEvery: stream.count + 1)
    check(frames == expectedFrames(of: stream), "other frames than the model's")
    check(frames == lines(of: stream, cutEvery: Int(cut) + 1), "other frames in pieces of \(cut) + 1")
    check(frames == lines(of: stream, cutEvery: (Int(cut) + 1) * 509), "other frames in large pieces")

    var batch = FrameBatch()
    for (i, frame) in frames.enumerated() {
        batch.append(frame.bytes.span, seq: UInt64(i), source: .stream, flags: frame.flags)
        if let request = try? StreamRequest(frame.bytes.span) {
            check(Array(request.line.utf8) == frame.bytes + [UInt8(ascii: "\n")], "another request than was read")
        }
    }
    var decoder = EventDecoder()
    var output = EventBatch()
    decoder.decode(batch, frames: 0..<frames.count, into: &output)
    let outcomes = (output.events.map(\.seq) + output.rejections.map(\.seq)).sorted()
    check(outcomes == (0..<UInt64(frames.count)).map { $0 }, "frames without one outcome")
}

private struct Line: Equatable {
    var bytes: [UInt8]
    var flags: FrameFlags
}

private func expand(_ input: ArraySlice<UInt8>) -> [UInt8] {
    var stream: [UInt8] = []
    var bytes = input.makeIterator()
    while let byte = bytes.next(), stream.count < 3 * Frame.maximumBytes {
        if byte == 1, let count = bytes.next() {
            stream += [UInt8](repeating: UInt8(ascii: "x"), count: Int(count) * 257)
        } else {
            stream.append(byte)
        }
    }
    return stream
}

private func lines(of stream: [UInt8], cutEvery count: Int) -> [Line] {
    var framer = LineFramer()
    var frames: [Line] = []
    func take(_ line: Span<UInt8>, _ flags: FrameFlags) {
        var bytes: [UInt8] = []
        bytes.append(copying: line)
        frames.append(Line(bytes: bytes, flags: flags))
    }
    for start in stride(from: 0, to: stream.count, by: count) {
        framer.consume(stream.span.extracting(start..<min(start + count, stream.count)), emit: take)
    }
    framer.finish(emit: take)
    return frames
}

private func expectedFrames(of stream: [UInt8]) -> [Line] {
    let lines = stream.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return lines.enumerated().compactMap { i, line in
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        if line.isEmpty { return nil }
        if line.count > Frame.maximumBytes { return Line(bytes: Array(line.prefix(4_096)), flags: .oversized) }
        return Line(bytes: Array(line), flags: i == lines.count - 1 ? .unterminated : [])
    }
}
