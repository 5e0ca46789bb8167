import RiskModel

/// `distinct`: distinct members per key in a sliding window.
///
/// Accounts that are not known to be new count `establishedWeight`. Beyond `allow` the strength rises to 1 at `saturate`.
/// When a key gets worse, all its members in the window are signalled, the earlier ones too; between such steps a member is
/// signalled when it joins, and when it comes again after an eighth of the window. An account that is not known to be new is
/// given `establishedWeight` of the blame too.
struct DistinctColumn: StateColumn {
    let rule: CompiledRules.Bound<DistinctParameters>
    private var windows = MemberColumn()

    init(_ rule: CompiledRules.Bound<DistinctParameters>) { self.rule = rule }

    var shape: UInt64 { rule.shape }

    /// Observes `member` at `time`; `nil` while there is nothing to say.
    @inline(__always)
    mutating func observe(_ slot: Int, _ member: UInt64, at time: Timestamp, isFresh: Bool) -> Finding? {
        let parameters = rule.parameters
        let sighting = windows.observe(slot, member, at: time, isFresh: isFresh, window: parameters.window)
        if sighting.isTooOld { return nil }
        let established = Double(sighting.count - sighting.freshCount) * parameters.establishedWeight
        let strength = parameters.ramp.strength(Double(sighting.freshCount) + established)
        let hasRisen = windows.rises(slot, to: strength)
        guard strength > 0 else { return nil }
        let isDue = sighting.previous.map { $0.isStale(at: time, window: parameters.window) } ?? true
        guard hasRisen || isDue else { return nil }
        return Finding(
            strength: strength, count: sighting.count, freshCount: sighting.freshCount, hasRisen: hasRisen,
            isNewMember: sighting.previous == nil, concernsMember: isDue)
    }

    /// Reads states ahead of their use; the number has no meaning.
    func warm(_ slots: some Sequence<Int>) -> UInt64 { windows.warm(slots) }

    /// The members in a key's window, earliest first.
    func members(of slot: Int) -> [Member] { windows.members(of: slot) }

    mutating func append() { windows.append() }

    mutating func clear(_ slot: Int) { windows.clear(slot) }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        for slot in index.liveSlots { windows.encode(slot, into: &writer) }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        let areAccounts = rule.parameters.member == .account
        for slot in index.liveSlots {
            try windows.decode(slot, from: &reader, window: rule.parameters.window) {
                !areAccounts || AccountRef(rawValue: $0).isInPartition
            }
        }
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
