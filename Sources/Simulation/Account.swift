/// An account and what its owner told the service.
struct Account: Sendable {
    /// What events call it; drawn evenly, so that it says nothing.
    var id: UInt64
    var label: Label
    var country: Int
    var username: String
    /// Empty where the service does not know it.
    var email: String
    var phone: String
    /// 0 where there is none. The lowest byte is the index of the card's country.
    var card: UInt64 = 0
    var key: UInt64 = 0
    var isPaying = false
}

/// A browser or an installed application on a machine.
struct Device: Sendable {
    var id: UInt64
    /// Index into ``Agents/texts``.
    var agent: UInt16
    /// The client sends no identifier.
    var isSilent: Bool
    /// The client draws a new identifier every few days.
    var isVolatile: Bool
}
