package import RiskModel

/// What the profile knows of the account behind an event.
package struct Standing: Sendable {
    /// ``AccountRef/none`` where the event names no account.
    package var account: AccountRef
    /// When the account was registered; ``Timestamp/epoch`` where its registration was not seen.
    package var registeredAt: Timestamp

    static let unknown = Standing(account: .none, registeredAt: .epoch)

    /// Whether the account is new at `time`: its registration was seen, and is not longer ago than `span`.
    @inline(__always)
    func isFresh(at time: Timestamp, for span: Interval) -> Bool {
        registeredAt != .epoch && time - registeredAt <= span
    }
}

/// What the profile fold makes of a batch.
package struct ProfileOutput: Sendable {
    /// One for each event of the batch, in the same order.
    package var standings: [Standing] = []
    package var signals: [Signal] = []
    /// In order of their first events.
    package var newAccounts: [NewAccount] = []
}

/// The first fold, keyed by account: says of each event what is known of its account, and runs the account's own rules.
package final class ProfileFold: Sendable {
    private let rules: CompiledRules
    private let hash: KeyHash
    private let partitions: Partitioned<ProfilePartition>
    private let accountLimit: Int

    /// - Parameter accountLimit: How many accounts are kept; beyond it those that were not seen for longest give way at
    ///   the next ``maintain(watermark:keeping:)``.
    package init(rules: CompiledRules, hash: KeyHash, accountLimit: Int) {
        self.rules = rules
        self.hash = hash
        self.accountLimit = accountLimit
        partitions = Partitioned { ProfilePartition(number: $0, rules: rules) }
    }

    /// Takes the events of a batch in order of `seq`.
    package func run(_ batch: EventBatch, shards: Int) -> ProfileOutput {
        var routes = [[ProfilePartition.Operation]](repeating: [], count: Partition.count)
        let text = batch.text.span
        for index in batch.events.indices {
            let account = batch.events[index].account
            guard !account.isEmpty else { continue }
            let key = hash.hash(text.extracting(account.range))
            routes[Partition.of(hash: key)].append(.init(event: UInt32(index), hash: key))
        }
        let routed = routes
        let results = partitions.map(shards: shards) { partition, state in
            routed[partition].isEmpty
                ? ProfilePartition.Output()
                : state.process(routed[partition], of: batch, rules: rules, hash: hash)
        }
        var output = ProfileOutput()
        var arrivals: [ProfilePartition.Arrival] = []
        output.standings = Array(repeating: .unknown, count: batch.events.count)
        for (partition, result) in results.enumerated() {
            for (operation, standing) in zip(routed[partition], result.standings) {
                output.standings[Int(operation.event)] = standing
            }
            output.signals.append(contentsOf: result.signals)
            arrivals.append(contentsOf: result.arrivals)
        }
        output.newAccounts = arrivals.sorted { $0.event < $1.event }.map(\.account)
        return output
    }

    /// The account's name and first event; `nil` if it has given way since.
    package func account(_ ref: AccountRef) -> NewAccount? {
        guard ref != .none else { return nil }
        return partitions.with(ref.partition) { $0.account(ref) }
    }

    /// Makes room where there are more accounts than the limit. Call only between batches, at places that follow from `seq`.
    ///
    /// - Parameter isKept: Accounts that must stay because something else refers to them.
    /// - Returns: How many accounts gave way.
    package func maintain(shards: Int, keeping isKept: @Sendable (AccountRef) -> Bool) -> Int {
        let share = max(1, accountLimit / Partition.count)
        return partitions.map(shards: shards) { _, state in state.evict(downTo: share, keeping: isKept) }.reduce(0, +)
    }

    /// Accounts that are kept now.
    package var accountCount: Int { (0..<Partition.count).reduce(0) { $0 + partitions.with($1) { $0.count } } }
}

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
        var lastSeen: Timestamp
    }

    private let number: Int
    private var index = KeyIndex()
    private var profiles: ContiguousArray<Profile> = []
    // By rule, then by slot.
    private var distinct: [ContiguousArray<DistinctState>]
    private var rate: [ContiguousArray<RateState>]
    private var travel: [ContiguousArray<TravelState>]
    /// By rule; few accounts match anything.
    private var match: [[UInt32: MatchState]]

    init(number: Int, rules: CompiledRules) {
        self.number = number
        distinct = rules.accountDistinct.map { _ in [] }
        rate = rules.accountRate.map { _ in [] }
        travel = rules.travel.map { _ in [] }
        match = rules.match.map { _ in [:] }
    }

    var count: Int { index.count }

    func account(_ ref: AccountRef) -> NewAccount? {
        guard index.isLive(ref.slot), index.generation(of: ref.slot) == ref.generation else { return nil }
        return NewAccount(account: index.text(of: ref.slot), firstSeen: profiles[ref.slot].firstSeen)
    }

    mutating func process(
        _ operations: [Operation], of batch: EventBatch, rules: CompiledRules, hash: KeyHash
    ) -> Output {
        var output = Output()
        output.standings.reserveCapacity(operations.count)
        let text = batch.text.span
        for operation in operations {
            let event = batch.events[Int(operation.event)]
            let (slot, isNew) = index.slot(text: text.extracting(event.account.range), hash: operation.hash)
            if isNew {
                add(slot, firstSeen: event.time)
                let account = NewAccount(account: index.text(of: slot), firstSeen: event.time)
                output.arrivals.append(Arrival(event: operation.event, account: account))
            }
            if event.time > profiles[slot].lastSeen { profiles[slot].lastSeen = event.time }
            if event.type == .registration, event.outcome != .failure, profiles[slot].registeredAt == .epoch {
                profiles[slot].registeredAt = event.time
            }
            let account = AccountRef(partition: number, generation: index.generation(of: slot), slot: slot)
            output.standings.append(Standing(account: account, registeredAt: profiles[slot].registeredAt))
            observe(event, of: account, in: batch, rules: rules, hash: hash, signals: &output.signals)
        }
        return output
    }

    /// Runs the account's own rules on one event.
    @inline(__always)
    private mutating func observe(
        _ event: Event, of account: AccountRef, in batch: EventBatch, rules: CompiledRules, hash: KeyHash,
        signals: inout [Signal]
    ) {
        let slot = account.slot
        func signal(_ rule: Int, _ strength: Double, _ evidence: Evidence) -> Signal {
            Signal(
                account: account, rule: rule, seq: event.seq, time: event.time, watermark: event.watermark,
                strength: strength, evidence: evidence)
        }
        for (i, rule) in rules.accountDistinct.enumerated() where rule.condition.holds(for: event) {
            let field = rule.parameters.member
            if field.isPlace, !event.place.flags.isDisjoint(with: .elsewhere) { continue }
            guard let member = field.member(of: event, account: account, text: batch.text.span, hash: hash) else {
                continue
            }
            if let finding = distinct[i][slot].observe(
                member, at: event.time, isFresh: false, parameters: rule.parameters)
            {
                let names = distinct[i][slot].members.prefix(6).compactMap(field.memberName)
                signals.append(
                    signal(
                        rule.index, finding.strength,
                        .count(entity: nil, count: finding.count, fresh: 0, names: names)))
            }
        }
        for (i, rule) in rules.accountRate.enumerated() where rule.condition.holds(for: event) {
            if let finding = rate[i][slot].observe(account: account, at: event.time, parameters: rule.parameters) {
                signals.append(
                    signal(
                        rule.index, finding.strength, .count(entity: nil, count: finding.count, fresh: 0, names: [])))
            }
        }
        for (i, rule) in rules.travel.enumerated() where rule.condition.holds(for: event) {
            if let finding = travel[i][slot].observe(event, parameters: rule.parameters) {
                let to = Waypoint(time: event.time, address: event.address, country: event.place.country)
                signals.append(
                    signal(
                        rule.index, finding.strength,
                        .journey(
                            from: finding.from, to: to, distanceKilometres: finding.distanceKilometres,
                            count: finding.count)))
            }
        }
        for (i, bound) in rules.match.enumerated() where bound.rule.condition.holds(for: event) && bound.names(event) {
            let rule = bound.rule
            if let finding = match[i][UInt32(slot), default: MatchState()].observe(
                at: event.time, parameters: rule.parameters)
            {
                let value = bound.label(event, in: batch)
                signals.append(signal(rule.index, finding.strength, .match(value: value, count: finding.count)))
            }
        }
    }

    private mutating func add(_ slot: Int, firstSeen: Timestamp) {
        let profile = Profile(firstSeen: firstSeen, lastSeen: firstSeen)
        if slot == profiles.count {
            profiles.append(profile)
            for i in distinct.indices { distinct[i].append(DistinctState()) }
            for i in rate.indices { rate[i].append(RateState()) }
            for i in travel.indices { travel[i].append(TravelState()) }
        } else {
            profiles[slot] = profile
        }
    }

    /// Gives back what a slot's states hold, and leaves them as for a new account.
    private mutating func clear(_ slot: Int) {
        for i in distinct.indices { distinct[i][slot] = DistinctState() }
        for i in rate.indices { rate[i][slot] = RateState() }
        for i in travel.indices { travel[i][slot] = TravelState() }
        for i in match.indices { match[i][UInt32(slot)] = nil }
    }

    /// Where there are more than `limit` accounts, those not seen for longest give way until a tenth of the limit is free.
    mutating func evict(downTo limit: Int, keeping isKept: (AccountRef) -> Bool) -> Int {
        guard index.count > limit else { return 0 }
        let live = profiles.indices.filter { index.isLive($0) }
        let candidates = live.filter {
            !isKept(AccountRef(partition: number, generation: index.generation(of: $0), slot: $0))
        }
        let surplus = index.count - limit * 9 / 10
        let gone = Set(
            candidates.sorted { (profiles[$0].lastSeen, $0) < (profiles[$1].lastSeen, $1) }.prefix(surplus))
        index.removeAll(keysAreTexts: true) { gone.contains($0) }
        for slot in gone { clear(slot) }
        return gone.count
    }
}

extension Field {
    /// Whether the field says where a person is, which an address of a relay does not.
    fileprivate var isPlace: Bool { self == .country || self == .asn }
}
