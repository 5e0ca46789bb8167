import RiskModel

extension Field {
    /// The two words that are the key of an address, a network or a number; `nil` where the event has none, or where the
    /// key is a text.
    @inline(__always)
    func words(of event: borrowing Event) -> (high: UInt64, low: UInt64)? {
        switch self {
        case .ip: event.hasAddress ? (event.address.high, event.address.low) : nil
        case .prefix, .prefix48: network(of: event.address).map { ($0.address.high, $0.address.low) }
        case .asn: event.place.asn == 0 ? nil : (0, UInt64(event.place.asn))
        case .country: event.place.country == .unknown ? nil : (0, UInt64(event.place.country.rawValue))
        case .cardCountry: event.cardCountry == .unknown ? nil : (0, UInt64(event.cardCountry.rawValue))
        default: nil
        }
    }

    /// IPv4 /24 and IPv6 /64; or the IPv6 /48 alone.
    func network(of address: IPAddress) -> IPPrefix? {
        guard address != .none else { return nil }
        if self == .prefix48 { return address.isV4 ? nil : IPPrefix(address, length: 48) }
        return IPPrefix(address, length: address.isV4 ? 120 : 64)
    }

    /// The text of the field, empty where absent or where the field is no text.
    @inline(__always)
    func text(of event: borrowing Event, in arena: Span<UInt8>) -> TextSlice {
        switch self {
        case .account: event.account
        case .device: event.device
        case .email: event.email
        case .phone: event.phone
        case .card: event.card
        case .apiKey: event.apiKey
        case .session: event.session
        case .username: event.username
        case .userAgent: event.userAgent
        case .mailbox: event.mailbox
        case .emailDomain: event.emailDomain
        case .phonePrefix: event.phonePrefix
        case .cardBin: event.cardBin
        case .nameTemplate: event.nameTemplate
        case .language: event.language
        case .attribute0, .attribute1, .attribute2, .attribute3, .attribute4, .attribute5, .attribute6, .attribute7:
            event.attributes[Int(rawValue - Self.attribute0.rawValue)]
        case .ip, .prefix, .prefix48, .asn, .country, .cardCountry: .empty
        }
    }

    /// Whether the key is a text of the event, and not made of two words.
    var isText: Bool {
        switch self {
        case .ip, .prefix, .prefix48, .asn, .country, .cardCountry: false
        default: true
        }
    }

    /// How the event's value of this field is named in evidence.
    func label(of event: Event, in batch: EventBatch) -> String {
        switch self {
        case .ip: event.address.description
        case .prefix, .prefix48: network(of: event.address)?.description ?? ""
        case .asn: "AS\(event.place.asn)"
        case .country: event.place.country.description
        case .cardCountry: event.cardCountry.description
        default: batch.string(text(of: event, in: batch.text.span))
        }
    }

    /// The event's value as a number that tells members apart: exact for accounts, countries, networks and IPv4 addresses;
    /// for longer values a seeded 64-bit hash, so that a count may fall short by one once in 2⁶⁴ pairs. `nil` where absent.
    @inline(__always)
    func member(of event: borrowing Event, account: AccountRef, text arena: Span<UInt8>, hash: KeyHash) -> UInt64? {
        switch self {
        case .account: return account.member
        case .ip where event.address.isV4: return UInt64(event.address.v4Bits)
        case .asn, .country, .cardCountry: return words(of: event)?.low
        case .ip, .prefix, .prefix48:
            guard let words = words(of: event) else { return nil }
            return Self.wide(hash.hash(words.high, words.low))
        default:
            let slice = text(of: event, in: arena)
            return slice.isEmpty ? nil : Self.wide(hash.hash(arena.extracting(slice.range)))
        }
    }

    /// Keeps hashes apart from the exact numbers, which are smaller, and from `UInt64.max`, which is no member.
    private static func wide(_ hash: UInt64) -> UInt64 { hash >> 2 | 1 << 62 }

    /// The name of a member, where the number tells it.
    func memberName(_ id: UInt64) -> String? {
        switch self {
        case .country, .cardCountry: CountryCode(rawValue: UInt16(truncatingIfNeeded: id)).description
        case .asn: "AS\(id)"
        default: nil
        }
    }

    /// Whether the field says where a person is, which an address of a relay does not.
    var isPlace: Bool { self == .country || self == .asn }
}

extension AccountRef {
    /// The account as a member of a window; `nil` where there is none.
    @inline(__always)
    var member: UInt64? { self == .none ? nil : rawValue }
}
