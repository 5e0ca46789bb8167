import Decoding
import RiskModel

@testable import Intake

/// A client of the Forward protocol: the same frames however its bytes are cut, each one line, and JSON.
///
/// The first byte decides where the stream is cut.
@Sendable func fuzzForward(_ input: [UInt8]) {
    guard let cut = input.first else { return }
    let stream = Array(input.dropFirst())
    let whole = Outcome(stream, cutEvery: stream.count + 1)
    check(whole == Outcome(stream, cutEvery: Int(cut) + 1), "another outcome in pieces of \(cut) + 1")

    var batch = FrameBatch()
    for (i, frame) in whole.frames.enumerated() {
        check((1...Frame.maximumBytes).contains(frame.bytes.count), "a frame of \(frame.bytes.count) bytes")
        let isOversized = frame.flags.contains(.oversized)
        check(!isOversized || frame.bytes.count <= Frame.keptOfOversized, "too much of an oversized frame")
        check(isOversized || !frame.bytes.contains(UInt8(ascii: "\n")), "a frame of several lines")
        batch.append(frame.bytes.span, seq: UInt64(i), source: .forward, flags: frame.flags)
    }
    // A record that wraps a line is that line, whatever it is.
    if contains(stream, "log") || contains(stream, "message") { return }
    var decoder = EventDecoder()
    var output = EventBatch()
    decoder.decode(batch, frames: 0..<whole.frames.count, into: &output)
    for rejection in output.rejections {
        check(![.invalidUTF8, .invalidJSON, .nestedTooDeep].contains(rejection.reason), "a frame that is no JSON")
    }
}

private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let text = Array(text.utf8)
    return bytes.indices.contains { bytes[$0...].starts(with: text) }
}

/// What became of a stream.
private struct Outcome: Equatable {
    struct Taken: Equatable {
        var bytes: [UInt8]
        var flags: FrameFlags
        var origin: FrameOrigin
    }

    var frames: [Taken] = []
    var refusal: Refusal?
    var answers: [[UInt8]] = []
    var messages = 0

    init(_ stream: [UInt8], cutEvery count: Int) {
        // Compressed entries are bounded below what would take long.
        let limits = ForwardDecoder.Limits(messageBytes: 1 << 16, inflatedBytes: 1 << 18, recordBytes: 1 << 12)
        let room = ForwardRoom(limit: 1 << 20, trustedUsers: [])
        let client = ForwardConversation(ForwardConversation.Shared(limits: limits, room: room), user: 1)
        let memory = Memory()
        var sink = CountedSink(memory, source: .forward)
        for start in stride(from: 0, to: stream.count, by: count) where client.refusal == nil {
            let chunk = stream.span.extracting(start..<min(start + count, stream.count))
            guard (try? client.receive(chunk, into: &sink)) != nil else { fatalError("a fault that is no refusal") }
        }
        client.sync(through: .max)
        while let answer = client.nextAnswer() {
            check(client.didSend(answer.count), "an answer that does not end")
            answers.append(answer)
        }
        frames = memory.frames
        refusal = client.refusal
        messages = sink.statistics.messages
    }
}

/// Keeps what it gets. Of one thread.
private final class Memory: AcknowledgingSink, @unchecked Sendable {
    private(set) var frames: [Outcome.Taken] = []

    func append(_ line: Span<UInt8>, source: Source, flags: FrameFlags, origin: FrameOrigin) -> UInt64 {
        var bytes: [UInt8] = []
        bytes.append(copying: line)
        frames.append(Outcome.Taken(bytes: bytes, flags: flags, origin: origin))
        return UInt64(frames.count)
    }

    var durableSequence: UInt64 { UInt64(frames.count) }
    func lastOrdinal(of session: UInt64) -> UInt64? {
        frames.last { $0.flags.contains(.numbered) && $0.origin.session == session }?.origin.ordinal
    }
    func onDurable(_ body: @escaping @Sendable () -> Void) {}
}
