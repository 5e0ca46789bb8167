import RiskModel

/// `distinct`: distinct members per key in a sliding window.
///
/// Accounts that are not known to be new count `establishedWeight`; what the key's own past explains is taken off. Beyond
/// `allow` the strength rises to 1 at `saturate`. When a key gets worse, all its members in the window are signalled, the
/// earlier ones too; between such steps a member is signalled when it joins, and when it comes again after an eighth of the
/// window. An account that is not known to be new is given `establishedWeight` of the blame too.
struct DistinctColumn: EntityColumn, AccountColumn {
    let rule: Bound<DistinctParameters>
    private var windows = MemberColumn()
    private var baselines: BaselineColumn?

    init(_ rule: Bound<DistinctParameters>) {
        self.rule = rule
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
            let finding = observe(
                Int(slot), member, at: time, isFresh: isFresh, since: visit.firstSeen[Int(slot)])
            guard let finding else { continue }
            let cause = visit.cause(rule.index, event, slot)
            let count = cause.evidence(finding)
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

    /// Observes `member` at `time`, on a key that is known since `since`; `nil` while there is nothing to say.
    @inline(__always)
    mutating func observe(
        _ slot: Int, _ member: UInt64, at time: Timestamp, isFresh: Bool, since: Timestamp
    ) -> Finding? {
        let parameters = rule.parameters
        let sighting = windows.observe(slot, member, at: time, isFresh: isFresh, window: parameters.window)
        if sighting.isTooOld { return nil }
        let established = sighting.count - sighting.freshCount
        var count = Double(sighting.freshCount) + Double(established) * parameters.establishedWeight
        var cap = 1.0
        if let baseline = parameters.baseline {
            count -= (baselines?.observe(slot, established, at: time) ?? 0) * baseline.share
            if time - since < baseline.warmUp { cap = baseline.unknownCap }
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
        baselines?.grow(to: count)
    }

    mutating func clear(_ slot: Int) {
        windows.clear(slot)
        baselines?.clear(slot)
    }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        for slot in index.liveSlots {
            windows.encode(slot, into: &writer)
            baselines?.encode(slot, into: &writer)
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        let areAccounts = rule.parameters.member == .account
        for slot in index.liveSlots {
            try windows.decode(slot, from: &reader, window: rule.parameters.window) {
                !areAccounts || AccountRef(rawValue: $0).isInPartition
            }
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
    /// A count on the entity.
    func evidence(_ finding: Finding) -> Evidence {
        .count(entity: entity, count: finding.count, fresh: finding.freshCount, names: [])
    }
}
