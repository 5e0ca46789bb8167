import RiskModel

/// A rule that finds a pattern on a key, be it an account or an entity, and tells the account of the event at hand.
protocol PatternColumn: EntityColumn, AccountColumn {
    associatedtype Parameters: Sendable
    var rule: Bound<Parameters> { get }

    /// Observes an event on a key; what there is to say: how strongly, how many, and the particulars in words.
    mutating func observe(
        _ slot: Int, _ event: Event, _ standing: Standing, _ batch: EventBatch, _ hash: KeyHash
    ) -> (strength: Double, count: Int, traits: [String])?
}

extension PatternColumn {
    var shape: UInt64 { rule.shape }

    mutating func pass(_ visit: AccountVisit, to signals: inout [Signal]) {
        let text = visit.batch.text.span
        for (index, standing) in zip(visit.events, visit.standings) {
            let event = visit.batch.events[Int(index)]
            guard rule.condition.holds(for: event, standing: standing, text: text),
                let (strength, count, traits) = observe(
                    standing.account.slot, event, standing, visit.batch, visit.hash)
            else { continue }
            signals.append(
                Signal(
                    event, standing.account, rule.index, strength,
                    .pattern(entity: nil, count: count, traits: traits)))
        }
    }

    mutating func pass(_ visit: EntityVisit, to output: inout EntityOutput) {
        let passage = visit.passage
        for (operation, slot) in zip(visit.operations, visit.slots) {
            let event = Int(operation.event)
            let standing = passage.standings[event]
            guard
                let (strength, count, traits) = observe(
                    Int(slot), passage.batch.events[event], standing, passage.batch, passage.hash)
            else { continue }
            let cause = visit.cause(rule.index, event, slot)
            output.entitySignals.append(cause.signal(strength: strength, count: count))
            guard rule.blame == .accounts else { continue }
            cause.tell(
                standing.account, strength, .pattern(entity: cause.entity, count: count, traits: traits),
                to: &output.signals)
        }
    }
}
