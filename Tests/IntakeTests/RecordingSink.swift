import Dispatch
import RiskModel
import Synchronization
import TestSupport

/// Keeps what it gets; holds the caller while its gate is shut. A spool in memory: what is appended is on disk from the next
/// `sync()` on, and what is not is lost by a `crash()`.
final class RecordingSink: AcknowledgingSink {
    struct Line: Equatable {
        var text: String
        var flags: FrameFlags
        var origin = FrameOrigin.none
    }

    struct Crash: Error {}

    private struct State {
        var lines: [Line] = []
        var durable = 0
        var failure: (any Error & Sendable)?
        /// After how many appends one of them fails.
        var appendsLeft: Int?
        var isSyncing: Bool
        var observers: [@Sendable () -> Void] = []
        var waiting: (lines: Int, semaphore: DispatchSemaphore)?
    }

    private let state: Mutex<State>
    private let gate: Gate?
    private let calls = DispatchSemaphore(value: 0)

    /// - Parameter isSyncing: whether each frame is on disk at once.
    init(gate: Gate? = nil, failure: (any Error & Sendable)? = nil, isSyncing: Bool = true) {
        self.gate = gate
        state = Mutex(State(failure: failure, isSyncing: isSyncing))
    }

    func append(_ line: Span<UInt8>, source: Source, flags: FrameFlags, origin: FrameOrigin) throws -> UInt64 {
        var bytes: [UInt8] = []
        bytes.append(copying: line)
        calls.signal()
        gate?.pass()
        let text = String(decoding: bytes, as: UTF8.self)
        let (sequence, observers) = try state.withLock {
            if let failure = $0.failure { throw failure }
            if let left = $0.appendsLeft {
                if left == 0 { throw Crash() }
                $0.appendsLeft = left - 1
            }
            $0.lines.append(Line(text: text, flags: flags, origin: origin))
            if $0.isSyncing { $0.durable = $0.lines.count }
            if let waiting = $0.waiting, waiting.lines <= $0.lines.count { waiting.semaphore.signal() }
            return (UInt64($0.lines.count), $0.isSyncing ? $0.observers : [])
        }
        for observer in observers { observer() }
        return sequence
    }

    var durableSequence: UInt64 { state.withLock { UInt64($0.durable) } }

    func lastOrdinal(of session: UInt64) -> UInt64? {
        state.withLock {
            $0.lines.last { $0.flags.contains(.numbered) && $0.origin.session == session }?.origin.ordinal
        }
    }

    func onDurable(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.observers.append(body) } }

    /// Puts the first `count` frames on disk; without it all.
    func sync(through count: Int = .max) {
        let observers = state.withLock {
            $0.durable = max($0.durable, min(count, $0.lines.count))
            return $0.observers
        }
        for observer in observers { observer() }
    }

    /// From so many appends on, they fail.
    func fail(afterAppends count: Int) { state.withLock { $0.appendsLeft = count } }

    /// Loses what is not on disk, and whom to tell.
    func crash() {
        state.withLock {
            $0.lines.removeSubrange($0.durable...)
            $0.appendsLeft = nil
            $0.observers = []
        }
    }

    var lines: [Line] { state.withLock { $0.lines } }
    var texts: [String] { lines.map(\.text) }

    /// Puts everything on disk from now on, at once.
    func syncAlways() {
        state.withLock { $0.isSyncing = true }
        sync()
    }

    /// Waits until something is being appended, which the gate may hold up.
    func waitForCaller() { calls.wait() }

    /// Waits until it has so many lines. For one thread at a time.
    func waitForLines(_ count: Int) {
        let semaphore = DispatchSemaphore(value: 0)
        let isThere = state.withLock {
            $0.waiting = (count, semaphore)
            return $0.lines.count >= count
        }
        if !isThere { semaphore.wait() }
        state.withLock { $0.waiting = nil }
    }
}
