// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Which events a rule looks at.
package struct Condition: Sendable, Hashable {
    /// Bit *i* is set where the type with raw value *i* counts.
    package var types: UInt8
    /// Bit *i* is set where the outcome with raw value *i* counts.
    package var outcomes: UInt8
    /// What else must hold, all of it.
    package var clauses: [Clause]

    /// Empty lists mean every type but verdicts, every outcome, and nothing else.
    package init(types: [EventType] = [], outcomes: [Outcome] = [], clauses: [Clause] = []) {
        self.types = (types.isEmpty ? EventType.reported : types).reduce(0) { $0 | 1 << $1.rawValue }
        self.outcomes = outcomes.isEmpty ? .max : outcomes.reduce(0) { $0 | 1 << $1.rawValue }
        self.clauses = clauses
    }

    /// The kinds of events whose type and outcome count: see ``Event/kind``.
    package var kinds: UInt32 {
        var kinds: UInt32 = 0
        for type in EventType.allCases {
            for outcome in Outcome.allCases {
                if types & 1 << type.rawValue != 0, outcomes & 1 << outcome.rawValue != 0 {
                    kinds |= Event.kind(type, outcome)
                }
            }
        }
        return kinds
    }

    /// The one type that counts, where it is one.
    package var onlyType: EventType? {
        types.nonzeroBitCount == 1 ? EventType(rawValue: UInt8(types.trailingZeroBitCount)) : nil
    }
}

/// One thing that must hold for an event to count, or must not.
package struct Clause: Sendable, Hashable {
    package enum Test: Sendable, Hashable {
        /// The field's text is one of these. False where the event has no such field.
        case text(Field, [String])
        /// The event has the field.
        case present(Field)
        /// The address is in one of these countries.
        case country([CountryCode])
        /// The address has any of these flags.
        case flags(NetworkFlags)
        /// The list of this name names something of the event.
        case list(String)
        /// The account was registered not longer ago than this, and its registration was seen.
        case newAccount(Interval)
        /// The account came back on later days, and lives only in the network that it was registered from.
        case captive
        /// The account came back on later days, and was never seen on another device than the one it was registered on.
        case oneDevice
        /// The account was never seen on another device than its first.
        case noOtherDevice
        /// The account, known before, uses all of these for the first time.
        case first(Sights)
    }

    package var test: Test
    package var isNegated: Bool

    package init(_ test: Test, isNegated: Bool = false) {
        self.test = test
        self.isNegated = isNegated
    }
}

/// What of an event its account had not used before.
public struct Sights: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable public static var device: Sights { Sights(rawValue: 1) }
    /// Neither the autonomous system nor the network of the address.
    @inlinable public static var network: Sights { Sights(rawValue: 2) }
    @inlinable public static var country: Sights { Sights(rawValue: 4) }
    /// Another country than that of the account's event before; the only sight that is not new for good.
    @inlinable public static var switched: Sights { Sights(rawValue: 8) }

    /// Every sight with its name in rules.
    public static let names: [(name: String, sight: Sights)] = [
        ("device", .device), ("network", .network), ("country", .country),
        ("switched_country", .switched),
    ]
}
