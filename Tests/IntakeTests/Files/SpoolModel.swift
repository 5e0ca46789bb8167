import Dispatch
import RiskModel
import Synchronization

/// A spool in memory, with sessions: what it has of a session it does not take again. What is not on disk is lost by a
/// ``crash()``.
final class SpoolModel: AcknowledgingSink {
    struct Line: Equatable {
        var text: String
        var flags: FrameFlags
        var origin: FrameOrigin
    }

    struct Crash: Error {}

    private struct State {
        var lines: [Line] = []
        var last: [UInt64: UInt64] = [:]
        var durable = 0
        var isSyncing: Bool
        var repeated = 0
        /// After how many appends one of them fails.
        var appendsLeft: Int?
        var waiting: (lines: Int, semaphore: DispatchSemaphore)?
    }

    private let state: Mutex<State>

    /// - Parameter isSyncing: whether each frame is on disk at once.
    init(isSyncing: Bool = true) { state = Mutex(State(isSyncing: isSyncing)) }

    func append(_ line: Span<UInt8>, source: Source, flags: FrameFlags, origin: FrameOrigin) throws -> UInt64 {
        precondition(source == .follow && flags.contains(.numbered) && origin.session != 0)
        var bytes: [UInt8] = []
        bytes.append(copying: line)
        let text = String(decoding: bytes, as: UTF8.self)
        return try state.withLock { state in
            if let last = state.last[origin.session], origin.ordinal <= last {
                state.repeated += 1
                return UInt64(state.lines.count)
            }
            if let left = state.appendsLeft {
                if left == 0 { throw Crash() }
                state.appendsLeft = left - 1
            }
            state.last[origin.session] = origin.ordinal
            state.lines.append(Line(text: text, flags: flags.subtracting(.numbered), origin: origin))
            if state.isSyncing { state.durable = state.lines.count }
            if let waiting = state.waiting, waiting.lines <= state.lines.count { waiting.semaphore.signal() }
            return UInt64(state.lines.count)
        }
    }

    var durableSequence: UInt64 { state.withLock { UInt64($0.durable) } }

    func lastOrdinal(of session: UInt64) -> UInt64? { state.withLock { $0.last[session] } }

    func onDurable(_ body: @escaping @Sendable () -> Void) {}

    /// Puts the first `count` frames on disk; without it all.
    func sync(through count: Int = .max) {
        state.withLock { $0.durable = max($0.durable, min(count, $0.lines.count)) }
    }

    /// From so many appends on, they fail.
    func fail(afterAppends count: Int) { state.withLock { $0.appendsLeft = count } }

    /// Loses what is not on disk.
    func crash() {
        state.withLock { state in
            state.lines.removeSubrange(state.durable...)
            state.last = [:]
            for line in state.lines { state.last[line.origin.session] = line.origin.ordinal }
            state.appendsLeft = nil
        }
    }

    var lines: [Line] { state.withLock { $0.lines } }
    var texts: [String] { lines.map(\.text) }
    var repeated: Int { state.withLock { $0.repeated } }

    /// Waits until it has so many lines, for one thread at a time; not for ever.
    ///
    /// - Returns: whether it has them.
    func waitForLines(_ count: Int, seconds: Int = 60) -> Bool {
        let semaphore = DispatchSemaphore(value: 0)
        let isThere = state.withLock {
            $0.waiting = (count, semaphore)
            return $0.lines.count >= count
        }
        defer { state.withLock { $0.waiting = nil } }
        return isThere || semaphore.wait(timeout: .now() + .seconds(seconds)) == .success
    }
}
