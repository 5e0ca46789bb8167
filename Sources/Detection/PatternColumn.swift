import RiskModel

/// A rule that finds a pattern on a key, be it an account or an entity, and tells the account of the event at hand.
protocol PatternColumn: EntityColumn, AccountColumn {
    associatedtype Parameters: Sendable
    var rule: Bound<Parameters> { get }

    /// Observes an event on a key; what there is to say: how strongly, how many, and the particulars in words.
    ///
    /// - Parameter event: Its place in the batch.
    mutating func observe(
        _ slot: Int, _ event: Int, of batch: borrowing EventBatch, _ standing: Standing, _ hash: KeyHash
    ) -> (strength: Double, count: Int, traits: [String])?
}

extension PatternColumn {
    var shape: UInt64 { rule.shape }
    var condition: BoundCondition { rule.condition }

    mutating func pass(_ visit: AccountVisit, _ positions: [UInt32], to signals: inout [Signal]) {
        for position in positions {
            let standing = visit.standing(position)
            let found = observe(
                standing.account.slot, visit.event(position), of: visit.batch, standing, visit.hash)
            guard let (strength, count, traits) = found else { continue }
            signals.append(
                visit.signal(
                    position, rule.index, strength, .pattern(entity: nil, count: count, traits: traits)))
        }
    }

    mutating func pass(_ visit: EntityVisit, to output: inout EntityOutput) {
        let passage = visit.passage
        for (place, slot) in zip(visit.events, visit.slots) {
            let event = Int(place)
            let standing = passage.standings[event]
            guard
                let (strength, count, traits) = observe(
                    Int(slot), event, of: passage.batch, standing, passage.hash)
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
