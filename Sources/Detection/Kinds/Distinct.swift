import RiskModel

/// `distinct`: distinct members per key in a sliding window.
///
/// Accounts that are not known to be new count `establishedWeight`. Beyond `allow` the strength rises to 1 at `saturate`.
/// When a key gets worse, all its members in the window are signalled, the earlier ones too; between such steps a member is
/// signalled when it joins, and when it comes again after an eighth of the window.
struct DistinctState: Sendable {
    private var window = MemberWindow()
    private var escalation = Escalation()

    struct Finding {
        var strength: Double
        /// Members in the window.
        var count: Int
        var freshCount: Int
        /// The key got worse: every member is to be told.
        var hasRisen: Bool
        /// The member at hand is to be told.
        var concernsMember: Bool
    }

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
            concernsMember: isDue)
    }

    /// The members in the window, earliest first.
    var members: [UInt64] { window.members.map(\.id) }
}
