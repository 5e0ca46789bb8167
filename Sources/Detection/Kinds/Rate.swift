import RiskModel

/// `rate`: events per key in a sliding window.
///
/// The accounts behind the events are kept, so that they hear of it when the key gets worse; unless the key alone is to
/// blame.
struct RateColumn: EntityColumn, AccountColumn {
    private struct State: Sendable {
        var rate = RateWindow()
        var escalation = Escalation()
    }

    let rule: Bound<RateParameters>
    private var states = SlotArray<State>()
    private var accounts: MemberColumn?

    init(_ rule: Bound<RateParameters>) {
        self.rule = rule
        accounts = rule.blame == .accounts ? MemberColumn() : nil
    }

    var shape: UInt64 { rule.shape }
    var memory: Interval { rule.parameters.window }

    var condition: BoundCondition { rule.condition }

    mutating func pass(_ visit: AccountVisit, _ positions: [UInt32], to signals: inout [Signal]) {
        for position in positions {
            let account = visit.standing(position).account
            let time = visit.batch.events[visit.event(position)].time
            guard let finding = observe(account.slot, account, at: time) else { continue }
            signals.append(
                visit.signal(
                    position, rule.index, finding.strength,
                    .count(entity: nil, count: finding.count, fresh: 0, names: [])))
        }
    }

    mutating func pass(_ visit: EntityVisit, to output: inout EntityOutput) {
        let passage = visit.passage
        for (place, slot) in zip(visit.events, visit.slots) {
            let event = Int(place)
            let account = passage.standings[event].account
            guard let finding = observe(Int(slot), account, at: passage.batch.events[event].time) else { continue }
            let cause = visit.cause(rule.index, event, slot)
            if finding.hasRisen || finding.isNewMember {
                output.entitySignals.append(cause.signal(strength: finding.strength, count: finding.count))
            }
            guard rule.blame == .accounts else { continue }
            let count = cause.evidence(finding)
            if finding.hasRisen {
                for member in accounts?.members(of: Int(slot)) ?? [] {
                    cause.tell(AccountRef(rawValue: member.id), finding.strength, count, to: &output.signals)
                }
            } else if finding.concernsMember {
                cause.tell(account, finding.strength, count, to: &output.signals)
            }
        }
    }

    /// Observes one event, of `account`, which may be none; `nil` while there is nothing to say.
    @inline(__always)
    mutating func observe(_ slot: Int, _ account: AccountRef, at time: Timestamp) -> Finding? {
        let parameters = rule.parameters
        let count = states[slot].rate.observe(at: time, window: parameters.window)
        var isNew = false
        var isDue = false
        if account != .none,
            let sighting = accounts?.observe(
                slot, account.rawValue, at: time, isFresh: false, window: parameters.window),
            !sighting.isTooOld
        {
            isNew = sighting.previous == nil
            isDue = sighting.previous.map { $0.isStale(at: time, window: parameters.window) } ?? true
        }
        let strength = parameters.ramp.strength(Double(count))
        let hasRisen = states[slot].escalation.rises(to: strength)
        guard strength > 0, hasRisen || isDue else { return nil }
        return Finding(
            strength: strength, count: count, hasRisen: hasRisen, isNewMember: isNew, concernsMember: isDue)
    }

    mutating func grow(to count: Int) {
        states.grow(to: count, with: State())
        accounts?.grow(to: count)
    }

    mutating func clear(_ slot: Int) {
        states[slot] = State()
        accounts?.clear(slot)
    }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        for slot in index.liveSlots {
            states[slot].rate.encode(into: &writer)
            states[slot].escalation.encode(into: &writer)
            accounts?.encode(slot, into: &writer)
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        let window = rule.parameters.window
        for slot in index.liveSlots {
            states[slot].rate = try RateWindow(from: &reader, window: window)
            states[slot].escalation = try Escalation(from: &reader)
            try accounts?.decode(slot, from: &reader, window: window) { AccountRef(rawValue: $0).isInPartition }
        }
    }
}
