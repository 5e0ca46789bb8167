internal import Dispatch
internal import RiskModel
internal import Synchronization

/// Requests that wait until what they gave to the sink is on disk.
final class DurableWait: Sendable {
    private struct Waiter {
        var seq: UInt64
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var next: UInt64 = 0
    }

    private let sink: any AcknowledgingSink
    private let seconds: Double
    private let state = Mutex(State())

    init(_ sink: any AcknowledgingSink, seconds: Double) {
        self.sink = sink
        self.seconds = seconds
        sink.onDurable { [weak self] in self?.wake() }
    }

    /// Waits until `seq` is on disk; whether it is.
    func wait(for seq: UInt64) async -> Bool {
        await withCheckedContinuation { continuation in
            let id = state.withLock { state in
                state.next += 1
                state.waiters[state.next] = Waiter(seq: seq, continuation: continuation)
                return state.next
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in self?.giveUp(id) }
            // What was on disk before it was noted wakes nobody.
            wake()
        }
    }

    /// Waits for the disk no more.
    func abandon() {
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.continuation.resume(returning: false) }
    }

    private func wake() {
        let durable = sink.durableSequence
        let done = state.withLock { state in
            let done = state.waiters.filter { $0.value.seq <= durable }
            for id in done.keys { state.waiters[id] = nil }
            return done
        }
        for waiter in done.values { waiter.continuation.resume(returning: true) }
    }

    private func giveUp(_ id: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: false)
    }
}
