import RiskModel

/// What a rule has to say of a key after an event.
struct Finding {
    /// Above 0, at most 1.
    var strength: Double
    /// Members or events in the window.
    var count: Int
    /// How many of the members are new accounts.
    var freshCount = 0
    /// The key got worse by a step: every member is to be told.
    var hasRisen: Bool
    /// The member at hand was not in the window before.
    var isNewMember: Bool
    /// The member at hand is to be told.
    var concernsMember: Bool
}
