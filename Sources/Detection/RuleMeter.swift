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

    /// Whether the passages of this batch are measured.
    var isMeasuring: Bool { isOn.load(ordering: .relaxed) }

    var now: ContinuousClock.Instant { .now }

    /// Adds the time of a passage of the column of the rule with this shape.
    func add(since start: ContinuousClock.Instant, to shape: UInt64) {
        let time = ContinuousClock.now - start
        spent.withLock { $0[shape, default: .zero] += time }
    }
}
