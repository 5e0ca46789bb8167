import RiskModel

/// `rate`: events per key in a sliding window.
///
/// The accounts behind the events are kept, so that they hear of it when the key gets worse.
struct RateState: Sendable {
    private var rate = RateWindow()
    private var accounts = MemberWindow()
    private var escalation = Escalation()

    /// Observes one event, of `account` where that is to be kept; `nil` while there is nothing to say.
    mutating func observe(account: AccountRef, at time: Timestamp, parameters: RateParameters) -> Finding? {
        let count = rate.observe(at: time, window: parameters.window)
        var isNew = false
        var isDue = false
        if account != .none {
            let sighting = accounts.observe(account.rawValue, at: time, isFresh: false, window: parameters.window)
            if !sighting.isTooOld {
                isNew = sighting.previous == nil
                isDue = sighting.previous.map { $0.isStale(at: time, window: parameters.window) } ?? true
            }
        }
        let strength = parameters.ramp.strength(Double(count))
        let hasRisen = escalation.rises(to: strength)
        guard strength > 0, hasRisen || isDue else { return nil }
        return Finding(
            strength: strength, count: count, hasRisen: hasRisen, isNewMember: isNew, concernsMember: isDue)
    }

    /// The accounts in the window, earliest first.
    var members: [MemberWindow.Member] { accounts.members }
}
