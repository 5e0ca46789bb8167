package import RiskModel

/// What the entity fold makes of a batch.
package struct EntityOutput: Sendable {
    package var signals: [Signal] = []
    package var entitySignals: [EntitySignal] = []
}

/// The second fold, keyed by entity: counts what hangs on addresses, networks, devices and the rest, and tells their
/// members when one turns bad.
package final class EntityFold: Sendable {
    private let rules: CompiledRules
    private let hash: KeyHash
    private let partitions: Partitioned<EntityPartition>
    private let entityLimit: Int

    /// - Parameter entityLimit: How many keys are kept; beyond it those that were not seen for longest give way at the next
    ///   ``maintain(watermark:shards:)``.
    package init(rules: CompiledRules, hash: KeyHash, entityLimit: Int) {
        self.rules = rules
        self.hash = hash
        self.entityLimit = entityLimit
        partitions = Partitioned { _ in EntityPartition(rules: rules) }
    }

    /// Takes the events of a batch in order of `seq`, with the standings that the profile fold gave them.
    package func run(_ batch: EventBatch, standings: [Standing], shards: Int) -> EntityOutput {
        var routes = [[EntityPartition.Operation]](repeating: [], count: Partition.count)
        let text = batch.text.span
        for index in batch.events.indices {
            for (number, group) in rules.groups.enumerated()
            where group.condition.holds(for: batch.events[index]) {
                let key: UInt64
                let words: (high: UInt64, low: UInt64)
                if let found = group.key.words(of: batch.events[index]) {
                    words = found
                    key = hash.hash(found.high, found.low)
                } else {
                    let slice = group.key.text(of: batch.events[index])
                    guard !slice.isEmpty else { continue }
                    words = (0, 0)
                    key = hash.hash(text.extracting(slice.range))
                }
                routes[Partition.of(hash: key)].append(
                    .init(event: UInt32(index), group: UInt16(number), hash: key, high: words.high, low: words.low))
            }
        }
        let routed = routes
        let results = partitions.map(shards: shards) { partition, state in
            routed[partition].isEmpty
                ? EntityOutput()
                : state.process(routed[partition], of: batch, standings: standings, rules: rules, hash: hash)
        }
        var output = EntityOutput()
        for result in results {
            output.signals.append(contentsOf: result.signals)
            output.entitySignals.append(contentsOf: result.entitySignals)
        }
        return output
    }

    /// Forgets keys with nothing in any window, in one partition a call in turn, and makes room where there are more than
    /// the limit. Call only between batches, at places that follow from `seq`.
    ///
    /// - Returns: How many keys gave way although something was in their windows.
    package func maintain(turn: Int, watermark: Timestamp, shards: Int) -> Int {
        let share = max(1, entityLimit / Partition.count)
        let rules = rules
        return partitions.map(shards: shards) { partition, state in
            guard state.count > share || partition == turn % Partition.count else { return 0 }
            return state.evict(downTo: share, watermark: watermark, rules: rules)
        }.reduce(0, +)
    }

    /// Keys that are kept now.
    package var entityCount: Int { (0..<Partition.count).reduce(0) { $0 + partitions.with($1) { $0.count } } }
}

/// The entities of one partition.
struct EntityPartition: Sendable {
    struct Operation: Sendable {
        /// Index in the batch.
        var event: UInt32
        var group: UInt16
        var hash: UInt64
        /// The key, where it is no text.
        var high: UInt64
        var low: UInt64
    }

    /// The keys of one group of rules, with their states.
    private struct Table: Sendable {
        struct Sight {
            var first: Timestamp
            var last: Timestamp
        }

        var index = KeyIndex()
        var sights: ContiguousArray<Sight> = []
        // By rule of the group, then by slot.
        var distinct: [ContiguousArray<DistinctState>]
        var rate: [ContiguousArray<RateState>]

        mutating func add(_ slot: Int, at time: Timestamp) {
            let sight = Sight(first: time, last: time)
            if slot == sights.count {
                sights.append(sight)
                for i in distinct.indices { distinct[i].append(DistinctState()) }
                for i in rate.indices { rate[i].append(RateState()) }
            } else {
                sights[slot] = sight
            }
        }

        /// Removes the keys of the slots for which `isDead` holds, and gives back what their states hold.
        mutating func removeAll(keysAreTexts: Bool, where isDead: (Int) -> Bool) {
            let dead = sights.indices.filter { index.isLive($0) && isDead($0) }
            guard !dead.isEmpty else { return }
            for slot in dead {
                for i in distinct.indices { distinct[i][slot] = DistinctState() }
                for i in rate.indices { rate[i][slot] = RateState() }
            }
            let gone = Set(dead)
            index.removeAll(keysAreTexts: keysAreTexts) { gone.contains($0) }
        }
    }

    private var tables: [Table]

    init(rules: CompiledRules) {
        tables = rules.groups.map { group in
            Table(distinct: group.distinct.map { _ in [] }, rate: group.rate.map { _ in [] })
        }
    }

    var count: Int { tables.reduce(0) { $0 + $1.index.count } }

    mutating func process(
        _ operations: [Operation], of batch: EventBatch, standings: [Standing], rules: CompiledRules, hash: KeyHash
    ) -> EntityOutput {
        var output = EntityOutput()
        let text = batch.text.span
        for operation in operations {
            let event = batch.events[Int(operation.event)]
            let standing = standings[Int(operation.event)]
            let number = Int(operation.group)
            let group = rules.groups[number]
            let (slot, isNew): (Int, Bool)
            let slice = group.key.text(of: event)
            if slice.isEmpty {
                (slot, isNew) = tables[number].index.slot(
                    high: operation.high, low: operation.low, hash: operation.hash)
            } else {
                (slot, isNew) = tables[number].index.slot(text: text.extracting(slice.range), hash: operation.hash)
            }
            if isNew { tables[number].add(slot, at: event.time) }
            if event.time > tables[number].sights[slot].last { tables[number].sights[slot].last = event.time }
            var cause = Cause(
                event: event, standing: standing, group: group, firstSeen: tables[number].sights[slot].first)

            for (i, rule) in group.distinct.enumerated() {
                let member = rule.parameters.member.member(
                    of: event, account: standing.account, text: text, hash: hash)
                guard let member else { continue }
                let isFresh = standing.isFresh(at: event.time, for: rule.parameters.newFor)
                guard
                    let finding = tables[number].distinct[i][slot].observe(
                        member, at: event.time, isFresh: isFresh, parameters: rule.parameters)
                else { continue }
                let membersAreAccounts = rule.parameters.member == .account
                cause.tell(
                    rule.index, rule.blame, finding.strength, count: finding.count,
                    fresh: membersAreAccounts ? finding.freshCount : 0, hasRisen: finding.hasRisen,
                    concernsAccount: finding.concernsMember || !membersAreAccounts,
                    members: { membersAreAccounts ? tables[number].distinct[i][slot].members : [] }, in: batch,
                    to: &output)
            }
            for (i, rule) in group.rate.enumerated() {
                let account = rule.blame == .accounts && standing.account != .none ? standing.account : nil
                guard
                    let finding = tables[number].rate[i][slot].observe(
                        account: account, at: event.time, parameters: rule.parameters)
                else { continue }
                cause.tell(
                    rule.index, rule.blame, finding.strength, count: finding.count, fresh: 0,
                    hasRisen: finding.hasRisen, concernsAccount: finding.concernsAccount,
                    members: { tables[number].rate[i][slot].members }, in: batch, to: &output)
            }
        }
        return output
    }

    /// Forgets idle keys; where there are still more than `limit`, those not seen for longest give way until a tenth of
    /// the limit is free.
    mutating func evict(downTo limit: Int, watermark: Timestamp, rules: CompiledRules) -> Int {
        for (number, group) in rules.groups.enumerated() {
            let horizon = watermark - group.idleAfter
            let sights = tables[number].sights
            tables[number].removeAll(keysAreTexts: group.key.isText) { sights[$0].last <= horizon }
        }
        guard count > limit else { return 0 }
        let surplus = count - limit * 9 / 10
        var keys: [(last: Timestamp, table: Int, slot: Int)] = []
        keys.reserveCapacity(count)
        for (number, table) in tables.enumerated() {
            for slot in table.sights.indices where table.index.isLive(slot) {
                keys.append((table.sights[slot].last, number, slot))
            }
        }
        keys.sort { $0 < $1 }
        let last = keys[surplus - 1]
        for (number, group) in rules.groups.enumerated() {
            let sights = tables[number].sights
            tables[number].removeAll(keysAreTexts: group.key.isText) { (sights[$0].last, number, $0) <= last }
        }
        return surplus
    }
}

/// The event at hand, and how its findings become signals.
private struct Cause {
    let event: Event
    let standing: Standing
    let group: CompiledRules.EntityGroup
    let firstSeen: Timestamp
    /// Made once, when the first finding needs it.
    var entity: EntityKey?

    init(event: Event, standing: Standing, group: CompiledRules.EntityGroup, firstSeen: Timestamp) {
        self.event = event
        self.standing = standing
        self.group = group
        self.firstSeen = firstSeen
    }

    /// Signals the entity when it has got worse, and with it all its members; else the account at hand if it is due.
    mutating func tell(
        _ rule: Int, _ blame: Blame, _ strength: Double, count: Int, fresh: Int, hasRisen: Bool,
        concernsAccount: Bool, members: () -> [UInt64], in batch: EventBatch, to output: inout EntityOutput
    ) {
        let key = entity ?? EntityKey(kind: group.kind, text: group.key.label(of: event, in: batch))
        entity = key
        if hasRisen {
            output.entitySignals.append(
                EntitySignal(
                    entity: key, rule: rule, seq: event.seq, time: event.time, strength: strength, count: count,
                    firstSeen: firstSeen))
        }
        guard blame == .accounts else { return }
        let evidence = Evidence.count(entity: key, count: count, fresh: fresh, names: [])
        func signal(_ account: AccountRef) {
            output.signals.append(
                Signal(
                    account: account, rule: rule, seq: event.seq, time: event.time, watermark: event.watermark,
                    strength: strength, evidence: evidence))
        }
        var isTold = false
        if hasRisen {
            for member in members() {
                let account = AccountRef(rawValue: member)
                signal(account)
                isTold = isTold || account == standing.account
            }
        }
        if concernsAccount, !isTold, standing.account != .none { signal(standing.account) }
    }
}

extension Field {
    fileprivate var isText: Bool {
        switch self {
        case .ip, .prefix, .prefix48, .asn, .country: false
        default: true
        }
    }
}
