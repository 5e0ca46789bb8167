package import RiskModel

/// A list that the operator keeps: what it names gets the list's bit in ``Event/listed``.
///
/// The file format is described in docs/enrichment.md; ``parse(name:file:text:)`` reads it.
package struct OperatorList: Sendable, Hashable {
    /// The name in rules: the file's name without `.txt`.
    package let name: String
    package let entries: Entries
    /// Of the file's bytes.
    package let fingerprint: Fingerprint

    /// What the list names, in order of the file.
    package enum Entries: Sendable, Hashable {
        /// Networks, by the event's address.
        case cidr([IPPrefix])
        /// Network numbers, by the place's.
        case asn([UInt32])
        /// Countries for a span of time, by the place's country and the event's time.
        case country([CountryEntry])
        /// Telephone number prefixes as digits without `+`, by the event's phone.
        case prefix([PhonePrefix])
        /// Domains in lower case, by what stands behind the last @ of the event's e-mail; subdomains match too.
        case domain([String])
        /// The first four to eight digits of cards, by the event's `card_bin`.
        case bin([String])
    }

    package init(name: String, entries: Entries, fingerprint: Fingerprint) {
        self.name = name
        self.entries = entries
        self.fingerprint = fingerprint
    }

    package var kind: ListKind {
        switch entries {
        case .cidr: .cidr
        case .asn: .asn
        case .country: .country
        case .prefix: .prefix
        case .domain: .domain
        case .bin: .bin
        }
    }

    package var count: Int {
        switch entries {
        case .cidr(let list): list.count
        case .asn(let list): list.count
        case .country(let list): list.count
        case .prefix(let list): list.count
        case .domain(let list): list.count
        case .bin(let list): list.count
        }
    }
}

/// What the entries of a list are; the word behind `type:`.
package enum ListKind: String, CaseIterable, Sendable {
    case cidr, asn, country, prefix, domain, bin
}

/// A country that is listed from a moment on, up to and without another.
package struct CountryEntry: Hashable, Sendable {
    package var country: CountryCode
    package var from: Timestamp
    /// ``Timestamp/latest`` where the entry has no end.
    package var until: Timestamp

    package init(country: CountryCode, from: Timestamp = .epoch, until: Timestamp = .latest) {
        self.country = country
        self.from = from
        self.until = until
    }
}

/// The first digits of an international telephone number, without `+`: the number that they make, and how many they
/// are.
package struct PhonePrefix: Hashable, Sendable {
    package var digits: UInt64
    /// 1 to 15 (ITU-T E.164).
    package var count: Int

    package static let maximumDigits = 15

    /// ASCII digits, and not a zero first: no country code begins with one.
    package init?(_ text: some StringProtocol) {
        guard (1...Self.maximumDigits).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "0") else {
            return nil
        }
        guard text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        guard let digits = UInt64(text) else { return nil }
        self.digits = digits
        count = text.utf8.count
    }
}
