import RiskModel

/// `distinct`: distinct members per key in a sliding window.
///
/// Accounts that are not known to be new count `establishedWeight`; what the key's own past explains is taken off. Beyond
/// `allow` the strength rises to 1 at `saturate`. When a key gets worse, all its members in the window are signalled, the
/// earlier ones too; between such steps a member is signalled when it joins, and when it comes again after an eighth of the
/// window. An account that is not known to be new is given `establishedWeight` of the blame too.
///
/// With `networks` the key's networks are counted beside: the strength is the lesser of the two.
struct DistinctColumn: EntityColumn, AccountColumn {
    let rule: Bound<DistinctParameters>
    private var windows = MemberColumn()
    private var baselines: BaselineColumn?
    /// The networks from which each key was used, where the rule asks for them.
    private var networks: MemberColumn?

    init(_ rule: Bound<DistinctParameters>) {
        self.rule = rule
        networks = rule.parameters.networks.map { _ in MemberColumn() }
        baselines = rule.parameters.baseline.map(BaselineColumn.init)
    }

    var shape: UInt64 { rule.shape }
    var memory: Interval { max(rule.parameters.window, baselines?.memory ?? .zero) }

    var condition: BoundCondition { rule.condition }

    mutating func pass(_ visit: AccountVisit, _ positions: [UInt32], to signals: inout [Signal]) {
        let field = rule.parameters.member
        let isPlace = field.isPlace
        let text = visit.batch.text.span
        let events = visit.batch.events.span
        for position in positions {
            let event = visit.event(position)
            if isPlace, rule.skips(events[event].place.flags) { continue }
            let account = visit.standing(position).account
            let found = field.member(of: events[event], account: account, text: text, hash: visit.hash)
            guard let member = found else { continue }
            let time = events[event].time
            let finding = observe(account.slot, member, at: time, isFresh: false, since: .epoch)
            guard let finding else { continue }
            let names = windows.members(of: account.slot).prefix(6).compactMap { field.memberName($0.id) }
            signals.append(
                visit.signal(
                    position, rule.index, finding.strength,
                    .count(entity: nil, count: finding.count, fresh: 0, names: names)))
        }
    }

    mutating func pass(_ visit: EntityVisit, to output: inout EntityOutput) {
        let parameters = rule.parameters
        let field = parameters.member
        let countsAccounts = field == .account
        let isPlace = field.isPlace
        let passage = visit.passage
        let batch = passage.batch
        let text = batch.text.span
        let events = batch.events.span
        for (place, slot) in zip(visit.events, visit.slots) {
            let event = Int(place)
            let standing = passage.standings[event]
            let time = events[event].time
            if isPlace, rule.skips(events[event].place.flags) { continue }
            let member =
                countsAccounts
                ? standing.account.member
                : field.member(of: events[event], account: standing.account, text: text, hash: passage.hash)
            guard let member else { continue }
            let isFresh = countsAccounts && standing.isFresh(at: time, for: parameters.newFor)
            let spread = noteNetwork(of: Int(slot), events[event].place, at: time)
            let limit = parameters.networks.map { $0.strength(Double(spread)) } ?? 1
            let finding = observe(
                Int(slot), member, at: time, isFresh: isFresh, since: visit.firstSeen[Int(slot)], atMost: limit)
            guard let finding else { continue }
            let cause = visit.cause(rule.index, event, slot)
            let count = cause.evidence(finding, networks: spread)
            if finding.hasRisen || finding.isNewMember {
                output.entitySignals.append(cause.signal(strength: finding.strength, count: finding.count))
            }
            guard rule.blame == .accounts else { continue }
            if countsAccounts, finding.hasRisen {
                for member in windows.members(of: Int(slot)) {
                    let share = parameters.share(isFresh: member.isFresh)
                    cause.tell(AccountRef(rawValue: member.id), finding.strength * share, count, to: &output.signals)
                }
            } else if finding.concernsMember || !countsAccounts {
                let share = countsAccounts ? parameters.share(isFresh: isFresh) : 1
                cause.tell(standing.account, finding.strength * share, count, to: &output.signals)
            }
        }
    }

    /// From how many networks the key was used within the window, with that of an event: 0 where the rule does not ask.
    @inline(__always)
    private mutating func noteNetwork(of slot: Int, _ place: Place, at time: Timestamp) -> Int {
        guard rule.parameters.networks != nil else { return 0 }
        let window = rule.parameters.window
        guard place.asn != 0, place.flags.isDisjoint(with: .elsewhere) else {
            return networks?.count(of: slot, after: time - window) ?? 0
        }
        return networks?.observe(slot, UInt64(place.asn), at: time, isFresh: false, window: window).count ?? 0
    }

    /// Observes `member` at `time`, on a key that is known since `since`; `nil` while there is nothing to say.
    @inline(__always)
    mutating func observe(
        _ slot: Int, _ member: UInt64, at time: Timestamp, isFresh: Bool, since: Timestamp, atMost limit: Double = 1
    ) -> Finding? {
        let parameters = rule.parameters
        let sighting = windows.observe(slot, member, at: time, isFresh: isFresh, window: parameters.window)
        if sighting.isTooOld { return nil }
        let established = sighting.count - sighting.freshCount
        var count = Double(sighting.freshCount) + Double(established) * parameters.establishedWeight
        var cap = limit
        if let baseline = parameters.baseline {
            count -= (baselines?.observe(slot, established, at: time) ?? 0) * baseline.share
            if time - since < baseline.warmUp { cap = min(cap, baseline.unknownCap) }
        }
        guard count > parameters.ramp.allow else {
            windows.calm(slot)
            return nil
        }
        let strength = min(cap, parameters.ramp.strength(count))
        let hasRisen = windows.rises(slot, to: strength)
        guard strength > 0 else { return nil }
        let isDue = sighting.previous.map { $0.isStale(at: time, window: parameters.window) } ?? true
        guard hasRisen || isDue else { return nil }
        return Finding(
            strength: strength, count: sighting.count, freshCount: sighting.freshCount, hasRisen: hasRisen,
            isNewMember: sighting.previous == nil, concernsMember: isDue)
    }

    func warm(_ slots: [UInt32]) -> UInt64 { windows.warm(slots) &+ (baselines?.warm(slots) ?? 0) }

    mutating func grow(to count: Int) {
        windows.grow(to: count)
        networks?.grow(to: count)
        baselines?.grow(to: count)
    }

    mutating func clear(_ slot: Int) {
        windows.clear(slot)
        networks?.clear(slot)
        baselines?.clear(slot)
    }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        for slot in index.liveSlots {
            windows.encode(slot, into: &writer)
            networks?.encode(slot, into: &writer)
            baselines?.encode(slot, into: &writer)
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        let areAccounts = rule.parameters.member == .account
        for slot in index.liveSlots {
            try windows.decode(slot, from: &reader, window: rule.parameters.window) {
                !areAccounts || AccountRef(rawValue: $0).isInPartition
            }
            try networks?.decode(slot, from: &reader, window: rule.parameters.window) { $0 <= UInt32.max }
            try baselines?.decode(slot, from: &reader)
        }
    }
}

extension Bound {
    /// Whether an event comes from where no person sits, and the rule does not ask for such places by itself.
    @inline(__always)
    func skips(_ flags: NetworkFlags) -> Bool {
        !flags.isDisjoint(with: .elsewhere) && !condition.asksForFlags
    }
}

extension DistinctParameters {
    /// An account's share of the blame is its share of the count: docs/decisions/0004-blame-in-proportion.md.
    @inline(__always)
    func share(isFresh: Bool) -> Double { isFresh ? 1 : establishedWeight }
}

extension AccountRef {
    /// Whether the number names a partition that there is.
    var isInPartition: Bool { partition < Partition.count }
}

extension Cause {
    /// A count on the entity; where the rule asks, with that of its networks.
    func evidence(_ finding: Finding, networks: Int = 0) -> Evidence {
        guard networks == 0 else {
            return .pattern(entity: entity, count: finding.count, traits: ["from \(networks) networks"])
        }
        return .count(entity: entity, count: finding.count, fresh: finding.freshCount, names: [])
    }
}
