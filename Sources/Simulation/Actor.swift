/// A device on an access: one way in which an actor is met.
struct Link: Sendable {
    var access: Int32
    var device: Int32
    var weight: Float = 1
    /// Local hours in which it is used, from the first to before the second.
    var hours: (UInt8, UInt8) = (0, 24)
    var workdaysOnly = false
    /// When it exists, in milliseconds since the start.
    var from = Int64.min
    var to = Int64.max
    /// While it exists, the others are not used: a journey.
    var isExclusive = false
}

/// How the hours of a day are used.
enum Rhythm: UInt8, Sendable {
    case evening, work, day, night, flat

    /// Relative use of the 24 local hours.
    var weights: [Double] {
        switch self {
        case .evening: [2, 1, 0.5, 0.2, 0.2, 0.3, 1, 2, 3, 3, 3, 3, 4, 4, 3, 3, 4, 5, 6, 7, 8, 8, 6, 4]
        case .work: [0, 0, 0, 0, 0, 0, 0.3, 1, 5, 8, 9, 8, 5, 7, 8, 7, 6, 3, 1, 0.5, 0.5, 0.5, 0.2, 0]
        case .day: [0.5, 0.2, 0.1, 0.1, 0.1, 0.3, 1, 3, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 5, 5, 4, 2, 1]
        case .night: [6, 7, 7, 6, 5, 3, 1, 0.5, 0.3, 0.3, 0.3, 0.5, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6]
        case .flat: Array(repeating: 1, count: 24)
        }
    }
}

/// What an actor does in a session.
enum Activity: UInt8, Sendable {
    /// Logs in, writes messages.
    case chat
    /// Writes, and calls the interface with the account's key now and then.
    case developer
    /// Calls the interface with the account's key; never logs in.
    case program
    /// Logs in, and little more.
    case visit
}

/// Somebody who uses an account: its owner, a buyer, a thief, a program.
struct Actor: Sendable {
    var account: Int32
    var links: Range<Int>
    /// When it is active, in milliseconds since the start.
    var from: Int64
    var to: Int64
    /// Mean sessions a day.
    var rate: Float
    /// Mean messages or calls a session.
    var length: Float
    var rhythm: Rhythm
    var zoneMinutes: Int
    var activity: Activity
    /// The share of logins that fail at first.
    var forgetfulness: Float = 0.04
    /// Actors with the same beat, not 0, act at the same times one after the other, in order of `place`.
    var beat: UInt64 = 0
    var place = 0
    /// Seconds between the actors of a beat.
    var beatSeconds = 60
}
