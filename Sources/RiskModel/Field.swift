// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// What of an event a rule can look at: as the key that its state hangs on, or as the members that it counts.
public enum Field: UInt8, Sendable, CaseIterable {
    case account, ip, prefix, prefix48, asn, country, device, email, phone, card, apiKey, session, username, userAgent
    /// The e-mail address without what makes aliases of one mailbox: plus suffixes, and dots where the provider ignores them.
    case mailbox
    case emailDomain
    /// The first digits of the phone number, enough for the block that a provider rents.
    case phonePrefix
    /// The first six to eight digits of the card, which name its issuer.
    case cardBin
    /// The shape of the name, such as letters then four digits.
    case nameTemplate
    case language
    case cardCountry
    /// The values of the attributes that the rules name, by their slots: ``RuleSet/attributes``.
    case attribute0, attribute1, attribute2, attribute3, attribute4, attribute5, attribute6, attribute7

    /// The word in rules, tables and explanations.
    public var name: String {
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
        case .mailbox: "mailbox"
        case .emailDomain: "email_domain"
        case .phonePrefix: "phone_prefix"
        case .cardBin: "card_bin"
        case .nameTemplate: "name_template"
        case .language: "language"
        case .cardCountry: "card_country"
        case .attribute0, .attribute1, .attribute2, .attribute3, .attribute4, .attribute5, .attribute6, .attribute7:
            "attributes"
        }
    }

    /// The field of an attribute; `nil` where there are not so many slots.
    public init?(attributeSlot slot: Int) {
        guard (0..<Event.attributeSlots).contains(slot) else { return nil }
        self.init(rawValue: Self.attribute0.rawValue + UInt8(slot))
    }

    /// The slot of an attribute; `nil` for other fields.
    public var attributeSlot: Int? {
        rawValue >= Self.attribute0.rawValue ? Int(rawValue - Self.attribute0.rawValue) : nil
    }

    /// The fields that every event can have, without the slots of attributes.
    public static var named: [Field] { allCases.filter { $0.attributeSlot == nil } }

    /// The plural for sentences.
    public var plural: String {
        switch self {
        case .ip: "addresses"
        case .prefix, .prefix48, .asn: "networks"
        case .country: "countries"
        case .apiKey: "API keys"
        case .userAgent: "clients"
        case .mailbox: "mailboxes"
        case .emailDomain: "e-mail domains"
        case .phonePrefix: "phone prefixes"
        case .cardBin: "card issuers"
        case .nameTemplate: "shapes of names"
        case .cardCountry: "card countries"
        case .email: "e-mail addresses"
        default: name + "s"
        }
    }

    /// The kind of entity that this field names, or `nil` for the account itself.
    package var entityKind: EntityKind? {
        switch self {
        case .account: nil
        case .ip: .ip
        case .prefix, .prefix48: .prefix
        case .asn: .asn
        case .device: .device
        case .email: .email
        case .phone: .phone
        case .card: .card
        case .apiKey: .apiKey
        case .country: .country
        case .session: .session
        case .username: .username
        case .userAgent: .userAgent
        case .mailbox: .mailbox
        case .emailDomain: .emailDomain
        case .phonePrefix: .phonePrefix
        case .cardBin: .cardBin
        case .nameTemplate: .nameTemplate
        case .language: .language
        case .cardCountry: .country
        case .attribute0, .attribute1, .attribute2, .attribute3, .attribute4, .attribute5, .attribute6, .attribute7:
            .attribute
        }
    }

    /// What ties two accounts to one hand when they share it.
    public var isStrongTie: Bool {
        switch self {
        case .device, .email, .mailbox, .phone, .card, .apiKey: true
        default: false
        }
    }
}

/// What accounts share.
package enum EntityKind: UInt8, Sendable, CaseIterable {
    case ip, prefix, asn, device, phone, email, card, apiKey
    case mailbox, emailDomain, phonePrefix, cardBin, nameTemplate, userAgent, username, session, country, language
    case attribute

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
        case .mailbox: "mailbox"
        case .emailDomain: "email_domain"
        case .phonePrefix: "phone_prefix"
        case .cardBin: "card_bin"
        case .nameTemplate: "name_template"
        case .userAgent: "user_agent"
        case .username: "username"
        case .session: "session"
        case .country: "country"
        case .language: "language"
        case .attribute: "attribute"
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
public struct AccountRef: Hashable, Sendable {
    public var rawValue: UInt64

    @inlinable
    public init(partition: Int, generation: UInt32, slot: Int) {
        rawValue = UInt64(partition) << 56 | UInt64(generation & 0xff_ffff) << 32 | UInt64(slot)
    }

    /// No account: a failed login for a user name that nobody has.
    @inlinable public static var none: AccountRef { AccountRef(rawValue: .max) }

    @inlinable public static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }

    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable public var partition: Int { Int(rawValue >> 56) }
    @inlinable public var generation: UInt32 { UInt32(rawValue >> 32 & 0xff_ffff) }
    @inlinable public var slot: Int { Int(rawValue & 0xffff_ffff) }
}
