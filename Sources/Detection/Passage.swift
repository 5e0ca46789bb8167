import RiskModel

/// A batch's events on their way through the entity fold, with what is known of each by then.
final class Passage: Sendable {
    let batch: EventBatch
    /// One for each event.
    let standings: [Standing]
    /// One for each registration that is compared with others, by the event's index.
    let traits: [Int: RegistrationTraits]
    let hash: KeyHash

    init(batch: EventBatch, standings: [Standing], traits: [Int: RegistrationTraits], hash: KeyHash) {
        self.batch = batch
        self.standings = standings
        self.traits = traits
        self.hash = hash
    }

    /// What an event's registration looks like, if it is one that is compared.
    @inline(__always)
    func traits(of event: Int) -> RegistrationTraits? {
        batch.events[event].type == .registration ? traits[event] : nil
    }
}

/// The states of a rule on accounts.
protocol AccountColumn: StateColumn {
    /// Which events the rule looks at.
    var condition: BoundCondition { get }

    /// Takes those events of a partition's accounts for which the condition holds, in their order, and says what there is to
    /// say.
    ///
    /// - Parameter positions: Of these events within the visit.
    mutating func pass(_ visit: AccountVisit, _ positions: [UInt32], to signals: inout [Signal])
}

/// A batch's events of the accounts of one partition.
struct AccountVisit: Sendable {
    let batch: EventBatch
    /// Indices in the batch.
    let events: [UInt32]
    /// One for each of these events.
    let standings: [Standing]
    /// One for each of these events: see ``RiskModel/Event/kind``.
    let kinds: [UInt32]
    let hash: KeyHash

    init(
        _ operations: ArraySlice<ProfilePartition.Operation>, of batch: EventBatch, standings: [Standing], hash: KeyHash
    ) {
        var events: [UInt32] = []
        var kinds: [UInt32] = []
        events.reserveCapacity(operations.count)
        kinds.reserveCapacity(operations.count)
        let all = batch.events.span
        for operation in operations {
            events.append(operation.event)
            kinds.append(all[Int(operation.event)].kind)
        }
        self.batch = batch
        self.events = events
        self.standings = standings
        self.kinds = kinds
        self.hash = hash
    }

    /// The positions of the events for which a condition holds.
    func select(_ condition: BoundCondition, into positions: inout [UInt32]) {
        positions.removeAll(keepingCapacity: true)
        let clauses = condition.clauses
        for position in kinds.indices where kinds[position] & condition.kinds != 0 {
            if let clauses {
                let holds = clauses.hold(for: Int(events[position]), of: batch, standing: standings[position])
                guard holds else { continue }
            }
            positions.append(UInt32(truncatingIfNeeded: position))
        }
    }

    /// The index in the batch of the event at a position.
    @inline(__always)
    func event(_ position: UInt32) -> Int { Int(events[Int(position)]) }

    @inline(__always)
    func standing(_ position: UInt32) -> Standing { standings[Int(position)] }

    /// What a rule has to say of the account of the event at a position.
    func signal(_ position: UInt32, _ rule: Int, _ strength: Double, _ evidence: Evidence) -> Signal {
        Signal(batch.events[event(position)], standing(position).account, rule, strength, evidence)
    }
}

/// The states of a rule on entities.
protocol EntityColumn: StateColumn {
    /// After this long without an event, nothing of a key's state matters.
    var memory: Interval { get }

    /// Whether every event makes a state where there is none.
    var startsAlways: Bool { get }

    /// Whether an event makes a state where there is none: of keys that no event has started nothing is kept.
    ///
    /// - Parameter event: Its place in the batch.
    func starts(_ event: Int, of passage: Passage) -> Bool

    /// Takes the operations on a table's keys in their order, and says what there is to say.
    mutating func pass(_ visit: EntityVisit, to output: inout EntityOutput)
}

extension EntityColumn {
    var startsAlways: Bool { true }
    func starts(_ event: Int, of passage: Passage) -> Bool { true }
}

/// Operations on the keys of one table.
struct EntityVisit: Sendable {
    let passage: Passage
    let name: CompiledRules.KeyName
    /// The events' places in the batch.
    let events: [UInt32]
    /// The slot of each event's key, in the same order.
    let slots: [UInt32]
    /// By slot: the key's first event while its state lived.
    let firstSeen: SlotArray<Timestamp>

    /// What hangs on the event and its key, for a rule's signals.
    func cause(_ rule: Int, _ event: Int, _ slot: UInt32) -> Cause {
        let key = name.prefix + name.field.label(of: passage.batch.events[event], in: passage.batch)
        return Cause(
            rule: rule, entity: EntityKey(kind: name.kind, text: key), event: passage.batch.events[event],
            firstSeen: firstSeen[Int(slot)])
    }
}

/// The event that made a finding on an entity, and what becomes of the finding.
struct Cause {
    let rule: Int
    let entity: EntityKey
    let event: Event
    let firstSeen: Timestamp

    /// What the finding says of the entity itself.
    func signal(strength: Double, count: Int) -> EntitySignal {
        EntitySignal(
            entity: entity, rule: rule, seq: event.seq, order: event.order, time: event.time, strength: strength,
            count: count, firstSeen: firstSeen)
    }

    /// Signals an account, if it is one and there is something to say.
    func tell(_ account: AccountRef, _ strength: Double, _ evidence: Evidence, to signals: inout [Signal]) {
        guard account != .none, strength > 0 else { return }
        signals.append(Signal(event, account, rule, strength, evidence))
    }
}

extension Signal {
    /// What a rule has to say of an account because of an event.
    init(_ event: Event, _ account: AccountRef, _ rule: Int, _ strength: Double, _ evidence: Evidence) {
        self.init(
            account: account, rule: rule, seq: event.seq, order: event.order, time: event.time,
            watermark: event.watermark, strength: strength, evidence: evidence)
    }
}
