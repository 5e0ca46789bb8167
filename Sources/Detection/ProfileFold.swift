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
            let name = text.extracting(account.range)
            routes[Partition.of(name)].append(.init(event: UInt32(index), hash: hash.hash(name)))
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
    }

    private let number: Int
    /// Of no meaning: what reading ahead came to.
    private var warmth: UInt64 = 0
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

    /// Takes the operations of this partition in order of `seq`: first each event's account is looked up, then each rule
    /// sees the events.
    mutating func process(
        _ operations: [Operation], of batch: EventBatch, rules: CompiledRules, hash: KeyHash
    ) -> Output {
        var output = Output()
        warmth &+= index.warm(operations.lazy.map(\.hash))
        resolve(operations, batch, &output)
        for rule in distinct.indices {
            for standing in output.standings { warmth &+= distinct[rule][standing.account.slot].warm }
        }
        for rule in rules.accountDistinct.indices {
            observeDistinct(rule, rules.accountDistinct[rule], operations, batch, hash, &output)
        }
        for rule in rules.accountRate.indices {
            observeRate(rule, rules.accountRate[rule], operations, batch, &output)
        }
        for rule in rules.travel.indices { observeTravel(rule, rules.travel[rule], operations, batch, &output) }
        for rule in rules.match.indices { observeMatch(rule, rules.match[rule], operations, batch, &output) }
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
            let account = AccountRef(partition: number, generation: index.generation(of: slot), slot: slot)
            output.standings.append(Standing(account: account, registeredAt: profiles[slot].registeredAt))
        }
    }

    private mutating func observeDistinct(
        _ number: Int, _ rule: CompiledRules.Bound<DistinctParameters>, _ operations: [Operation],
        _ batch: EventBatch, _ hash: KeyHash, _ output: inout Output
    ) {
        let field = rule.parameters.member
        let text = batch.text.span
        for (i, operation) in operations.enumerated() {
            let event = Int(operation.event)
            guard rule.condition.holds(for: batch.events[event]) else { continue }
            if field.isPlace, !batch.events[event].place.flags.isDisjoint(with: .elsewhere) { continue }
            let account = output.standings[i].account
            let member = field.member(of: batch.events[event], account: account, text: text, hash: hash)
            guard let member else { continue }
            let finding = distinct[number][account.slot].observe(
                member, at: batch.events[event].time, isFresh: false, parameters: rule.parameters)
            guard let finding else { continue }
            let names = distinct[number][account.slot].members.prefix(6).compactMap { field.memberName($0.id) }
            output.signals.append(
                Signal(
                    batch.events[event], account, rule.index, finding.strength,
                    .count(entity: nil, count: finding.count, fresh: 0, names: names)))
        }
    }

    private mutating func observeRate(
        _ number: Int, _ rule: CompiledRules.Bound<RateParameters>, _ operations: [Operation], _ batch: EventBatch,
        _ output: inout Output
    ) {
        for (i, operation) in operations.enumerated() {
            let event = Int(operation.event)
            guard rule.condition.holds(for: batch.events[event]) else { continue }
            let account = output.standings[i].account
            let finding = rate[number][account.slot].observe(
                account: account, at: batch.events[event].time, parameters: rule.parameters)
            guard let finding else { continue }
            output.signals.append(
                Signal(
                    batch.events[event], account, rule.index, finding.strength,
                    .count(entity: nil, count: finding.count, fresh: 0, names: [])))
        }
    }

    private mutating func observeTravel(
        _ number: Int, _ rule: CompiledRules.Bound<TravelParameters>, _ operations: [Operation],
        _ batch: EventBatch, _ output: inout Output
    ) {
        for (i, operation) in operations.enumerated() {
            let event = Int(operation.event)
            guard rule.condition.holds(for: batch.events[event]) else { continue }
            let account = output.standings[i].account
            guard
                let finding = travel[number][account.slot].observe(
                    batch.events[event], parameters: rule.parameters)
            else { continue }
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

    private mutating func observeMatch(
        _ number: Int, _ match: CompiledRules.BoundMatch, _ operations: [Operation], _ batch: EventBatch,
        _ output: inout Output
    ) {
        let rule = match.rule
        for (i, operation) in operations.enumerated() {
            let event = Int(operation.event)
            guard rule.condition.holds(for: batch.events[event]), match.names(batch.events[event]) else { continue }
            let account = output.standings[i].account
            let finding = self.match[number][UInt32(account.slot), default: MatchState()].observe(
                at: batch.events[event].time, parameters: rule.parameters)
            guard let finding else { continue }
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
            candidates.sorted { (index.lastSeen($0), $0) < (index.lastSeen($1), $1) }.prefix(surplus))
        index.removeAll(keysAreTexts: true) { gone.contains($0) }
        for slot in gone { clear(slot) }
        return gone.count
    }
}

extension Signal {
    /// What a rule has to say of the account of an event.
    fileprivate init(_ event: Event, _ account: AccountRef, _ rule: Int, _ strength: Double, _ evidence: Evidence) {
        self.init(
            account: account, rule: rule, seq: event.seq, time: event.time, watermark: event.watermark,
            strength: strength, evidence: evidence)
    }
}

extension Field {
    /// Whether the field says where a person is, which an address of a relay does not.
    fileprivate var isPlace: Bool { self == .country || self == .asn }
}
