/// What an event is about; the line is made of it when its turn has come.
struct Record: Sendable {
    enum Kind: UInt8, Sendable {
        case registration, login, logout, call, payment, violation, message
    }

    /// In milliseconds since the start.
    var time: Int64
    var kind: Kind
    var succeeds = true
    /// -1: a user name that the service does not know.
    var account: Int32
    /// -1: none.
    var device: Int32 = -1
    var address: Address?
    var session: UInt64
    /// Severity, card, or the unknown user name's seed.
    var value: UInt64 = 0
}
