import RiskModel

/// `rate`: events per key in a sliding window.
///
/// The accounts behind the events are kept, so that they hear of it when the key gets worse; unless the key alone is to
/// blame.
struct RateColumn: StateColumn {
    private struct State: Sendable {
        var rate = RateWindow()
        var escalation = Escalation()
    }

    let rule: CompiledRules.Bound<RateParameters>
    private var states: [State] = []
    private var accounts: MemberColumn?

    init(_ rule: CompiledRules.Bound<RateParameters>) {
        self.rule = rule
        accounts = rule.blame == .accounts ? MemberColumn() : nil
    }

    var shape: UInt64 { rule.shape }

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

    /// The accounts in a key's window, earliest first.
    func members(of slot: Int) -> [Member] { accounts?.members(of: slot) ?? [] }

    mutating func append() {
        states.makeRoom()
        states.append(State())
        accounts?.append()
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
