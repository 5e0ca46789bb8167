import Dispatch
import Intake
import RiskModel
import Synchronization

/// Runs a listener on a thread of its own; `wait()` gives what run threw.
final class ListenerRun: Sendable {
    private let group = DispatchGroup()
    private let failure = Mutex<(any Error)?>(nil)

    init(_ listener: StreamListener, _ sink: any AcknowledgingSink) {
        DispatchQueue(label: "run").async(group: group) {
            do { try listener.run(sink: sink) } catch { self.failure.withLock { $0 = error } }
        }
    }

    func wait() throws {
        group.wait()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
