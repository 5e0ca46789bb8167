import RiskModel

/// The keys of one group of rules in one partition, with their states.
///
/// A state is found by its key's slot. Batches pass in two steps: first every key's slot is looked up, each look-up
/// independent of the others so that their cache misses overlap, then rule by rule every state takes its events.
struct EntityTable: Sendable {
    /// One event on one key.
    struct Operation: Sendable {
        /// Index in the batch.
        var event: UInt32
        /// Number of the group, and of the partition before it: what operations are sorted by.
        var bucket: UInt32
        var hash: UInt64
        /// The key, where it is no text.
        var high: UInt64
        var low: UInt64
    }

    private let group: CompiledRules.EntityGroup
    private var index = KeyIndex()
    /// The first event of each key while its state lived.
    private var firstSeen: ContiguousArray<Timestamp> = []
    // By rule of the group, then by slot.
    private var distinct: [ContiguousArray<DistinctState>]
    private var rate: [ContiguousArray<RateState>]

    /// Of no meaning: what reading ahead came to.
    private var warmth: UInt64 = 0

    init(group: CompiledRules.EntityGroup) {
        self.group = group
        distinct = group.distinct.map { _ in [] }
        rate = group.rate.map { _ in [] }
    }

    var count: Int { index.count }

    /// Takes the operations of this table in order of `seq`.
    mutating func process(
        _ operations: ArraySlice<Operation>, of batch: EventBatch, standings: [Standing], hash: KeyHash,
        to output: inout EntityOutput
    ) {
        warmth &+= index.warm(operations.lazy.map(\.hash))
        let slots = resolve(operations, batch)
        for rule in distinct.indices {
            for slot in slots { warmth &+= distinct[rule][Int(slot)].warm }
        }
        for rule in group.distinct.indices {
            observeDistinct(rule, operations, slots, batch, standings, hash, &output)
        }
        for rule in group.rate.indices { observeRate(rule, operations, slots, batch, standings, &output) }
    }

    /// The slot of each operation's key, made where it is new.
    private mutating func resolve(_ operations: ArraySlice<Operation>, _ batch: EventBatch) -> [UInt32] {
        let text = batch.text.span
        let key = group.key
        var slots: [UInt32] = []
        slots.reserveCapacity(operations.count)
        for operation in operations {
            let time = batch.events[Int(operation.event)].time
            let slot: Int
            let isNew: Bool
            if key.isText {
                let slice = key.text(of: batch.events[Int(operation.event)])
                (slot, isNew) = index.slot(text: text.extracting(slice.range), hash: operation.hash, at: time)
            } else {
                (slot, isNew) = index.slot(
                    high: operation.high, low: operation.low, hash: operation.hash, at: time)
            }
            if isNew { add(slot, at: time) }
            slots.append(UInt32(slot))
        }
        return slots
    }

    private mutating func add(_ slot: Int, at time: Timestamp) {
        if slot < firstSeen.count {
            firstSeen[slot] = time
            return
        }
        firstSeen.append(time)
        for rule in distinct.indices { distinct[rule].append(DistinctState()) }
        for rule in rate.indices { rate[rule].append(RateState()) }
    }

    private mutating func observeDistinct(
        _ number: Int, _ operations: ArraySlice<Operation>, _ slots: [UInt32], _ batch: EventBatch,
        _ standings: [Standing], _ hash: KeyHash, _ output: inout EntityOutput
    ) {
        let rule = group.distinct[number]
        let parameters = rule.parameters
        let countsAccounts = parameters.member == .account
        let text = batch.text.span
        for (operation, slot) in zip(operations, slots) {
            let event = Int(operation.event)
            let standing = standings[event]
            let time = batch.events[event].time
            let member = parameters.member.member(
                of: batch.events[event], account: standing.account, text: text, hash: hash)
            guard let member else { continue }
            let isFresh = countsAccounts && standing.isFresh(at: time, for: parameters.newFor)
            let finding = distinct[number][Int(slot)].observe(
                member, at: time, isFresh: isFresh, parameters: parameters)
            guard let finding else { continue }
            let cause = cause(rule.index, batch.events[event], Int(slot), batch)
            if finding.hasRisen || finding.isNewMember { output.entitySignals.append(cause.signal(finding)) }
            guard rule.blame == .accounts else { continue }
            if countsAccounts, finding.hasRisen {
                for member in distinct[number][Int(slot)].members {
                    let share = parameters.share(isFresh: member.isFresh)
                    cause.tell(AccountRef(rawValue: member.id), finding, share: share, to: &output.signals)
                }
            } else if finding.concernsMember || !countsAccounts {
                let share = countsAccounts ? parameters.share(isFresh: isFresh) : 1
                cause.tell(standing.account, finding, share: share, to: &output.signals)
            }
        }
    }

    private mutating func observeRate(
        _ number: Int, _ operations: ArraySlice<Operation>, _ slots: [UInt32], _ batch: EventBatch,
        _ standings: [Standing], _ output: inout EntityOutput
    ) {
        let rule = group.rate[number]
        for (operation, slot) in zip(operations, slots) {
            let event = Int(operation.event)
            let account = rule.blame == .accounts ? standings[event].account : .none
            let finding = rate[number][Int(slot)].observe(
                account: account, at: batch.events[event].time, parameters: rule.parameters)
            guard let finding else { continue }
            let cause = cause(rule.index, batch.events[event], Int(slot), batch)
            if finding.hasRisen || finding.isNewMember { output.entitySignals.append(cause.signal(finding)) }
            guard rule.blame == .accounts else { continue }
            if finding.hasRisen {
                for member in rate[number][Int(slot)].members {
                    cause.tell(AccountRef(rawValue: member.id), finding, share: 1, to: &output.signals)
                }
            } else if finding.concernsMember {
                cause.tell(account, finding, share: 1, to: &output.signals)
            }
        }
    }

    private func cause(_ rule: Int, _ event: Event, _ slot: Int, _ batch: EventBatch) -> Cause {
        Cause(
            rule: rule, entity: EntityKey(kind: group.kind, text: group.key.label(of: event, in: batch)),
            seq: event.seq, time: event.time, watermark: event.watermark, firstSeen: firstSeen[slot])
    }

    /// The latest sights of all keys, each with its slot.
    var lastSights: [(last: Timestamp, slot: Int)] {
        firstSeen.indices.filter { index.isLive($0) }.map { (index.lastSeen($0), $0) }
    }

    /// Forgets the keys of which nothing is in any window at `watermark`.
    mutating func removeIdle(at watermark: Timestamp) {
        let horizon = watermark - group.idleAfter
        removeAll { [index] in index.lastSeen($0) <= horizon }
    }

    /// Removes the keys of the slots for which `isDead` holds, and gives back what their states hold.
    mutating func removeAll(where isDead: (Int) -> Bool) {
        let dead = firstSeen.indices.filter { index.isLive($0) && isDead($0) }
        guard !dead.isEmpty else { return }
        for slot in dead {
            for rule in distinct.indices { distinct[rule][slot] = DistinctState() }
            for rule in rate.indices { rate[rule][slot] = RateState() }
        }
        let gone = Set(dead)
        index.removeAll(keysAreTexts: group.key.isText) { gone.contains($0) }
    }
}

/// The event that made a finding on an entity, and what becomes of the finding.
private struct Cause {
    var rule: Int
    var entity: EntityKey
    var seq: UInt64
    var time: Timestamp
    var watermark: Timestamp
    var firstSeen: Timestamp

    func signal(_ finding: Finding) -> EntitySignal {
        EntitySignal(
            entity: entity, rule: rule, seq: seq, time: time, strength: finding.strength, count: finding.count,
            firstSeen: firstSeen)
    }

    /// Signals an account by its share of the blame, 0 to 1.
    func tell(_ account: AccountRef, _ finding: Finding, share: Double, to signals: inout [Signal]) {
        guard account != .none, share > 0 else { return }
        signals.append(
            Signal(
                account: account, rule: rule, seq: seq, time: time, watermark: watermark,
                strength: finding.strength * share,
                evidence: .count(entity: entity, count: finding.count, fresh: finding.freshCount, names: [])))
    }
}
