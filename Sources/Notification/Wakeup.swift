internal import Dispatch
internal import Synchronization

/// A wait that can be ended for good.
final class Wakeup: Sendable {
    private let isEnded = Mutex(false)
    private let semaphore = DispatchSemaphore(value: 0)

    var hasEnded: Bool { isEnded.withLock { $0 } }

    func end() {
        isEnded.withLock { $0 = true }
        semaphore.signal()
    }

    /// Waits so long, or until the end.
    func wait(_ span: Duration) {
        if hasEnded { return }
        let (seconds, attoseconds) = span.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        _ = semaphore.wait(timeout: .now() + .nanoseconds(Int(nanoseconds)))
    }
}
