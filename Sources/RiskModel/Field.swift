/// What of an event a rule can look at: as the key that its state hangs on, or as the members that it counts.
package enum Field: UInt8, Sendable, CaseIterable {
    case account, ip, prefix, prefix48, asn, country, device, email, phone, card, apiKey, session, username, userAgent

    /// The word in rules, tables and explanations.
    package var name: String {
        switch self {
        case .account: "account"
        case .ip: "ip"
        case .prefix: "prefix"
        case .prefix48: "prefix48"
        case .asn: "asn"
        case .country: "country"
        case .device: "device"
        case .email: "email"
        case .phone: "phone"
        case .card: "card"
        case .apiKey: "api_key"
        case .session: "session"
        case .username: "username"
        case .userAgent: "user_agent"
        }
    }

    /// The plural for sentences.
    package var plural: String {
        switch self {
        case .ip: "addresses"
        case .prefix, .prefix48, .asn: "networks"
        case .country: "countries"
        case .apiKey: "API keys"
        case .userAgent: "clients"
        default: name + "s"
        }
    }

    /// The kind of entity that this field names, or `nil` where it names none that accounts share.
    package var entityKind: EntityKind? {
        switch self {
        case .ip: .ip
        case .prefix, .prefix48: .prefix
        case .asn: .asn
        case .device: .device
        case .email: .email
        case .phone: .phone
        case .card: .card
        case .apiKey: .apiKey
        case .account, .country, .session, .username, .userAgent: nil
        }
    }

    /// Whether a rule's state can hang on this field: the account itself, or an entity.
    package var canBeKey: Bool { self == .account || entityKind != nil }
}

/// What accounts share.
package enum EntityKind: UInt8, Sendable, CaseIterable {
    case ip, prefix, asn, device, phone, email, card, apiKey

    /// The word in tables and explanations.
    package var name: String {
        switch self {
        case .ip: "ip"
        case .prefix: "prefix"
        case .asn: "asn"
        case .device: "device"
        case .phone: "phone"
        case .email: "email"
        case .card: "card"
        case .apiKey: "api_key"
        }
    }
}

/// One entity, by name.
package struct EntityKey: Hashable, Sendable {
    package var kind: EntityKind
    /// The address, the network in CIDR notation, `AS64496`, or the text itself.
    package var text: String

    package init(kind: EntityKind, text: String) {
        self.kind = kind
        self.text = text
    }

    package static func == (a: Self, b: Self) -> Bool { a.kind == b.kind && ExactText(a.text) == ExactText(b.text) }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(ExactText(text))
    }
}

/// An account's number while the state lives: exact, small, and the same at any number of shards.
///
/// The partition follows from the account's name; the slot counts the accounts of the partition in order of their
/// first event. The generation tells a slot's later owner from the earlier one.
package struct AccountRef: Hashable, Sendable {
    package var rawValue: UInt64

    package init(partition: Int, generation: UInt32, slot: Int) {
        rawValue = UInt64(partition) << 56 | UInt64(generation & 0xff_ffff) << 32 | UInt64(slot)
    }

    /// No account: a failed login for a user name that nobody has.
    package static let none = AccountRef(partition: 0xff, generation: 0xff_ffff, slot: 0xffff_ffff)

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package var partition: Int { Int(rawValue >> 56) }
    package var generation: UInt32 { UInt32(rawValue >> 32 & 0xff_ffff) }
    package var slot: Int { Int(rawValue & 0xffff_ffff) }
}
