import Dispatch

/// Shut until it is opened, and open from then on.
package final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    package init() {}

    package func pass() {
        semaphore.wait()
        semaphore.signal()
    }

    package func open() { semaphore.signal() }
}
