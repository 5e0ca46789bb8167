import Dispatch
import Intake
import RiskModel
import Synchronization

/// Runs a listener on a thread of its own; `wait()` gives what run threw.
final class ListenerRun: Sendable {
    private let group = DispatchGroup()
    private let failure = Mutex<(any Error)?>(nil)
    private let told = Mutex<[String]>([])

    convenience init(_ listener: StreamListener, _ sink: any AcknowledgingSink) {
        self.init { try listener.run(sink: sink, report: $0) }
    }

    convenience init(_ listener: ForwardListener, _ sink: any AcknowledgingSink) {
        self.init { try listener.run(sink: sink, report: $0) }
    }

    convenience init(_ listener: DatagramListener, _ sink: any AcknowledgingSink) {
        self.init { _ in try listener.run(sink: sink) }
    }

    init(_ run: @escaping @Sendable (_ report: @escaping (String) -> Void) throws -> Void) {
        DispatchQueue(label: "run").async(group: group) {
            do {
                try run { reason in self.told.withLock { $0.append(reason) } }
            } catch {
                self.failure.withLock { $0 = error }
            }
        }
    }

    /// What was reported.
    var reports: [String] { told.withLock { $0 } }

    func wait() throws {
        group.wait()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
