import RiskModel
import Synchronization
import TestSupport

/// Keeps what it gets; holds the caller while its gate is shut.
final class RecordingSink: FrameSink {
    struct Line: Equatable {
        var text: String
        var flags: FrameFlags
    }

    private struct State {
        var lines: [Line] = []
        var failure: (any Error & Sendable)?
    }

    private let state = Mutex(State())
    private let gate: Gate?

    init(gate: Gate? = nil, failure: (any Error & Sendable)? = nil) {
        self.gate = gate
        state.withLock { $0.failure = failure }
    }

    func append(_ line: Span<UInt8>, source: Source, flags: FrameFlags) throws {
        var bytes: [UInt8] = []
        bytes.append(copying: line)
        gate?.pass()
        let text = String(decoding: bytes, as: UTF8.self)
        try state.withLock {
            if let failure = $0.failure { throw failure }
            $0.lines.append(Line(text: text, flags: flags))
        }
    }

    var lines: [Line] { state.withLock { $0.lines } }
    var texts: [String] { lines.map(\.text) }
}
