import RiskModel

/// The accounts of one partition.
struct ProfilePartition: Sendable {
    struct Operation: Sendable {
        /// Index in the batch.
        var event: UInt32
        var hash: UInt64
    }

    struct Arrival: Sendable {
        /// Index in the batch.
        var event: UInt32
        var account: NewAccount
    }

    struct Output: Sendable {
        /// One for each operation.
        var standings: [Standing] = []
        var signals: [Signal] = []
        var arrivals: [Arrival] = []
    }

    /// What is known of an account, whatever the rules.
    private struct Profile {
        var firstSeen: Timestamp
        var registeredAt: Timestamp = .epoch
    }

    private let number: Int
    /// Of no meaning: what reading ahead came to.
    private var warmth: UInt64 = 0
    private var index = KeyIndex(keysAreTexts: true)
    private var profiles: [Profile] = []
    private var distinct: [DistinctColumn]
    private var rate: [RateColumn]
    private var travel: [TravelColumn]
    private var match: [MatchColumn]

    init(number: Int, rules: CompiledRules) {
        self.number = number
        distinct = rules.accountDistinct.map(DistinctColumn.init)
        rate = rules.accountRate.map(RateColumn.init)
        travel = rules.travel.map(TravelColumn.init)
        match = rules.match.map(MatchColumn.init)
    }

    var count: Int { index.count }

    func account(_ ref: AccountRef) -> NewAccount? {
        guard index.isLive(ref.slot), index.generation(of: ref.slot) == ref.generation else { return nil }
        return NewAccount(account: index.text(of: ref.slot), firstSeen: profiles[ref.slot].firstSeen)
    }

    /// Takes the operations of this partition in their order: first each event's account is looked up, then each rule
    /// sees the events.
    mutating func process(_ operations: [Operation], of batch: EventBatch, hash: KeyHash) -> Output {
        var output = Output()
        warmth &+= index.warm(operations.lazy.map(\.hash))
        resolve(operations, batch, &output)
        for i in distinct.indices { warmth &+= distinct[i].warm(output.standings.lazy.map(\.account.slot)) }
        for i in distinct.indices { Self.observe(with: &distinct[i], operations, batch, hash, &output) }
        for i in rate.indices { Self.observe(with: &rate[i], operations, batch, &output) }
        for i in travel.indices { Self.observe(with: &travel[i], operations, batch, &output) }
        for i in match.indices { Self.observe(with: &match[i], operations, batch, &output) }
        return output
    }

    private mutating func resolve(_ operations: [Operation], _ batch: EventBatch, _ output: inout Output) {
        let text = batch.text.span
        output.standings.reserveCapacity(operations.count)
        for operation in operations {
            let event = Int(operation.event)
            let time = batch.events[event].time
            let (slot, isNew) = index.slot(
                text: text.extracting(batch.events[event].account.range), hash: operation.hash, at: time)
            if isNew {
                add(slot, firstSeen: time)
                let account = NewAccount(account: index.text(of: slot), firstSeen: time)
                output.arrivals.append(Arrival(event: operation.event, account: account))
            }
            if batch.events[event].type == .registration, batch.events[event].outcome != .failure,
                profiles[slot].registeredAt == .epoch
            {
                profiles[slot].registeredAt = time
            }
            output.standings.append(Standing(account: ref(slot), registeredAt: profiles[slot].registeredAt))
        }
    }

    private static func observe(
        with column: inout DistinctColumn, _ operations: [Operation], _ batch: EventBatch, _ hash: KeyHash,
        _ output: inout Output
    ) {
        let rule = column.rule
        let field = rule.parameters.member
        let text = batch.text.span
        for (i, operation) in operations.enumerated() {
            let event = Int(operation.event)
            guard rule.condition.holds(for: batch.events[event]) else { continue }
            if field.isPlace, !batch.events[event].place.flags.isDisjoint(with: .elsewhere) { continue }
            let account = output.standings[i].account
            let member = field.member(of: batch.events[event], account: account, text: text, hash: hash)
            guard let member else { continue }
            let finding = column.observe(account.slot, member, at: batch.events[event].time, isFresh: false)
            guard let finding else { continue }
            let names = column.members(of: account.slot).prefix(6).compactMap { field.memberName($0.id) }
            output.signals.append(
                Signal(
                    batch.events[event], account, rule.index, finding.strength,
                    .count(entity: nil, count: finding.count, fresh: 0, names: names)))
        }
    }

    private static func observe(
        with column: inout RateColumn, _ operations: [Operation], _ batch: EventBatch, _ output: inout Output
    ) {
        let rule = column.rule
        for (i, operation) in operations.enumerated() {
            let event = Int(operation.event)
            guard rule.condition.holds(for: batch.events[event]) else { continue }
            let account = output.standings[i].account
            let finding = column.observe(account.slot, account, at: batch.events[event].time)
            guard let finding else { continue }
            output.signals.append(
                Signal(
                    batch.events[event], account, rule.index, finding.strength,
                    .count(entity: nil, count: finding.count, fresh: 0, names: [])))
        }
    }

    private static func observe(
        with column: inout TravelColumn, _ operations: [Operation], _ batch: EventBatch, _ output: inout Output
    ) {
        let rule = column.rule
        for (i, operation) in operations.enumerated() {
            let event = Int(operation.event)
            guard rule.condition.holds(for: batch.events[event]) else { continue }
            let account = output.standings[i].account
            guard let finding = column.observe(account.slot, batch.events[event]) else { continue }
            let to = Waypoint(
                time: batch.events[event].time, address: batch.events[event].address,
                country: batch.events[event].place.country)
            output.signals.append(
                Signal(
                    batch.events[event], account, rule.index, finding.strength,
                    .journey(
                        from: finding.from, to: to, distanceKilometres: finding.distanceKilometres,
                        count: finding.count)))
        }
    }

    private static func observe(
        with column: inout MatchColumn, _ operations: [Operation], _ batch: EventBatch, _ output: inout Output
    ) {
        let match = column.match
        let rule = match.rule
        for (i, operation) in operations.enumerated() {
            let event = Int(operation.event)
            guard rule.condition.holds(for: batch.events[event]), match.names(batch.events[event]) else { continue }
            let account = output.standings[i].account
            guard let finding = column.observe(account.slot, at: batch.events[event].time) else { continue }
            let value = match.label(batch.events[event], in: batch)
            output.signals.append(
                Signal(
                    batch.events[event], account, rule.index, finding.strength,
                    .match(value: value, count: finding.count)))
        }
    }

    private mutating func add(_ slot: Int, firstSeen: Timestamp) {
        let profile = Profile(firstSeen: firstSeen)
        if slot == profiles.count {
            profiles.makeRoom()
            profiles.append(profile)
            for i in distinct.indices { distinct[i].append() }
            for i in rate.indices { rate[i].append() }
            for i in travel.indices { travel[i].append() }
            for i in match.indices { match[i].append() }
        } else {
            profiles[slot] = profile
        }
    }

    /// Gives back what a slot's states hold, and leaves them as for a new account.
    private mutating func clear(_ slot: Int) {
        for i in distinct.indices { distinct[i].clear(slot) }
        for i in rate.indices { rate[i].clear(slot) }
        for i in travel.indices { travel[i].clear(slot) }
        for i in match.indices { match[i].clear(slot) }
    }

    /// Where there are more than `limit` accounts, those of the lowest rank and longest unseen give way until a tenth of
    /// the limit is free. Returns them as they gave way.
    mutating func evict(downTo limit: Int, rank: (AccountRef) -> UInt8) -> [AccountRef] {
        guard index.count > limit else { return [] }
        let surplus = index.count - limit * 9 / 10
        var candidates: [(rank: UInt8, lastSeen: Timestamp, account: AccountRef)] = []
        candidates.reserveCapacity(index.count)
        for slot in index.liveSlots {
            let account = ref(slot)
            candidates.append((rank(account), index.lastSeen(slot), account))
        }
        candidates.sort { ($0.rank, $0.lastSeen, $0.account.slot) < ($1.rank, $1.lastSeen, $1.account.slot) }
        let gone = candidates.prefix(surplus).map(\.account)
        var isGone = [Bool](repeating: false, count: index.slotCount)
        for account in gone { isGone[account.slot] = true }
        index.removeAll { isGone[$0] }
        for account in gone { clear(account.slot) }
        return gone
    }

    private func ref(_ slot: Int) -> AccountRef {
        AccountRef(partition: number, generation: index.generation(of: slot), slot: slot)
    }
}

// MARK: - State

// The accounts' names; when each was first seen, and registered; the states of each rule.
extension ProfilePartition {
    func encode(into writer: inout StateWriter) {
        index.encode(into: &writer)
        for slot in index.liveSlots {
            writer.write(profiles[slot].firstSeen)
            writer.write(profiles[slot].registeredAt)
        }
        writer.write(count: distinct.count + rate.count + travel.count + match.count)
        StateBlocks.write(distinct, slotsOf: index, into: &writer)
        StateBlocks.write(rate, slotsOf: index, into: &writer)
        StateBlocks.write(travel, slotsOf: index, into: &writer)
        StateBlocks.write(match, slotsOf: index, into: &writer)
    }

    /// Reads the accounts of one partition, with the states of the rules that there still are.
    init(
        number: Int, rules: CompiledRules, hash: KeyHash, from reader: inout StateReader
    ) throws(StateFault) {
        self.init(number: number, rules: rules)
        index = try KeyIndex(keysAreTexts: true, partition: number, hash: hash, from: &reader)
        profiles = Array(repeating: Profile(firstSeen: .epoch), count: index.slotCount)
        for slot in index.liveSlots {
            profiles[slot].firstSeen = try reader.readTimestamp()
            profiles[slot].registeredAt = try reader.readTimestamp()
        }
        let blocks = try StateBlocks(from: &reader)
        try blocks.read(&distinct, slotsOf: index)
        try blocks.read(&rate, slotsOf: index)
        try blocks.read(&travel, slotsOf: index)
        try blocks.read(&match, slotsOf: index)
    }
}

extension Signal {
    /// What a rule has to say of the account of an event.
    fileprivate init(_ event: Event, _ account: AccountRef, _ rule: Int, _ strength: Double, _ evidence: Evidence) {
        self.init(
            account: account, rule: rule, seq: event.seq, order: event.order, time: event.time,
            watermark: event.watermark, strength: strength, evidence: evidence)
    }
}

extension Field {
    /// Whether the field says where a person is, which an address of a relay does not.
    fileprivate var isPlace: Bool { self == .country || self == .asn }
}
