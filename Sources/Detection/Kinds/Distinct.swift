import RiskModel

/// `distinct`: distinct members per key in a sliding window.
///
/// Accounts that are not known to be new count `establishedWeight`. Beyond `allow` the strength rises to 1 at `saturate`.
/// When a key gets worse, all its members in the window are signalled, the earlier ones too; between such steps a member is
/// signalled when it joins, and when it comes again after an eighth of the window. An account that is not known to be new is
/// given `establishedWeight` of the blame too.
struct DistinctState: Sendable {
    private var window = MemberWindow()
    private var escalation = Escalation()

    /// Observes `member` at `time`; `nil` while there is nothing to say.
    @inline(__always)
    mutating func observe(
        _ member: UInt64, at time: Timestamp, isFresh: Bool, parameters: DistinctParameters
    ) -> Finding? {
        let sighting = window.observe(member, at: time, isFresh: isFresh, window: parameters.window)
        if sighting.isTooOld { return nil }
        let established = Double(window.count - window.freshCount) * parameters.establishedWeight
        let strength = parameters.ramp.strength(Double(window.freshCount) + established)
        let hasRisen = escalation.rises(to: strength)
        guard strength > 0 else { return nil }
        let isDue = sighting.previous.map { $0.isStale(at: time, window: parameters.window) } ?? true
        guard hasRisen || isDue else { return nil }
        return Finding(
            strength: strength, count: window.count, freshCount: window.freshCount, hasRisen: hasRisen,
            isNewMember: sighting.previous == nil, concernsMember: isDue)
    }

    /// Reads the state ahead of its use; the number has no meaning.
    @inline(__always)
    var warm: UInt64 { window.warm }

    /// The members in the window, earliest first.
    var members: [MemberWindow.Member] { window.members }
}

extension DistinctParameters {
    /// An account's share of the blame is its share of the count: docs/decisions/0004-blame-in-proportion.md.
    @inline(__always)
    func share(isFresh: Bool) -> Double { isFresh ? 1 : establishedWeight }
}
