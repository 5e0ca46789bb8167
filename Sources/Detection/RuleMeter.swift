package import RiskModel
import Synchronization

/// What rules cost, by samples: of most batches nothing is measured.
package final class RuleMeter: Sendable {
    /// One batch of so many is measured.
    package static let interval = 32

    private let isOn = Atomic(false)
    /// By the shape of the rule.
    private let spent = Mutex<[UInt64: Duration]>([:])

    /// Whether the batch that passes now is measured.
    package func sample(_ isOn: Bool) { self.isOn.store(isOn, ordering: .relaxed) }

    /// The time that a rule took in the batches that were measured, summed over the workers.
    package func spent(by rule: Rule) -> Duration { spent.withLock { $0[rule.shape] ?? .zero } }

    /// Runs the passage of one rule's column.
    @inline(__always)
    func run(_ shape: @autoclosure () -> UInt64, _ body: () -> Void) {
        guard isOn.load(ordering: .relaxed) else { return body() }
        let start = ContinuousClock.now
        body()
        let time = ContinuousClock.now - start
        spent.withLock { $0[shape(), default: .zero] += time }
    }
}
