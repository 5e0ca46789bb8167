/// Something that happens once, at its own time.
struct Incident: Sendable {
    enum Kind: UInt8, Sendable {
        case registration, session, failure, success, violation, payment, declined, call
    }

    /// In milliseconds since the start.
    var time: Int64
    var kind: Kind
    /// -1: a login with a user name that the service does not know.
    var account: Int32
    /// -1: one that the actor would use at that time.
    var link: Int32
    /// Who does it, where `link` is -1.
    var actor: Int32 = -1
    /// The severity, the card, the unknown user name's seed.
    var value: UInt64 = 0
}

/// An analyst's word, for the file of verdicts.
struct VerdictLine: Sendable {
    var time: Int64
    var account: Int32
    var why: String
}
