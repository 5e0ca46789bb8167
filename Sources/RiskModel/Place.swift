/// A country or territory: two upper-case letters of ISO 3166-1, packed. Zero where unknown.
package struct CountryCode: Hashable, Sendable, CustomStringConvertible {
    package var rawValue: UInt16
    @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable package static var unknown: CountryCode { CountryCode(rawValue: 0) }

    @inlinable package static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }

    /// Two ASCII letters of either case; `nil` for anything else.
    package init?(ascii text: Span<UInt8>) {
        guard text.count == 2 else { return nil }
        let a = text[0] & 0xdf
        let b = text[1] & 0xdf
        let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
        guard letters.contains(a), letters.contains(b) else { return nil }
        rawValue = UInt16(a) << 8 | UInt16(b)
    }

    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(ascii: bytes.span)
    }

    /// Two letters, or `--` where unknown.
    package var description: String {
        rawValue == 0
            ? "--" : String(decoding: [UInt8(rawValue >> 8), UInt8(rawValue & 0xff)], as: UTF8.self)
    }
}

/// A country's subdivision: up to four ASCII characters (ISO 3166-2 without the country), packed. Zero where unknown.
package struct SubdivisionCode: Hashable, Sendable, CustomStringConvertible {
    package var rawValue: UInt32
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable package static var unknown: SubdivisionCode { SubdivisionCode(rawValue: 0) }

    @inlinable package static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }

    package init?(_ text: String) {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        rawValue = text.utf8.reduce(0) { $0 << 8 | UInt32($1) }
    }

    package var description: String {
        let bytes = [24, 16, 8, 0].map { UInt8(rawValue >> $0 & 0xff) }.filter { $0 != 0 }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What the databases say of an address beyond its place.
package struct NetworkFlags: OptionSet, Sendable, Hashable {
    package let rawValue: UInt16
    @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable package static var anonymous: NetworkFlags { NetworkFlags(rawValue: 1 << 0) }
    @inlinable package static var vpn: NetworkFlags { NetworkFlags(rawValue: 1 << 1) }
    @inlinable package static var hosting: NetworkFlags { NetworkFlags(rawValue: 1 << 2) }
    @inlinable package static var publicProxy: NetworkFlags { NetworkFlags(rawValue: 1 << 3) }
    @inlinable package static var tor: NetworkFlags { NetworkFlags(rawValue: 1 << 4) }
    @inlinable package static var residentialProxy: NetworkFlags { NetworkFlags(rawValue: 1 << 5) }
    @inlinable package static var anycast: NetworkFlags { NetworkFlags(rawValue: 1 << 6) }
    @inlinable package static var cellular: NetworkFlags { NetworkFlags(rawValue: 1 << 7) }
    @inlinable package static var satellite: NetworkFlags { NetworkFlags(rawValue: 1 << 8) }

    /// Every flag with its name in rules, lists and tables.
    package static let names: [(name: String, flag: NetworkFlags)] = [
        ("anonymous", .anonymous), ("vpn", .vpn), ("hosting", .hosting), ("public_proxy", .publicProxy),
        ("tor", .tor), ("residential_proxy", .residentialProxy), ("anycast", .anycast), ("cellular", .cellular),
        ("satellite", .satellite),
    ]

    /// The names of the flags that are set, in the order of ``names``.
    package var labels: [String] { Self.names.filter { contains($0.flag) }.map(\.name) }

    /// What an Anonymous-IP database gives.
    package static let anonymity: NetworkFlags = [
        .anonymous, .vpn, .hosting, .publicProxy, .tor, .residentialProxy,
    ]

    /// Places where a person need not be: the address says where a relay stands. They never anchor a journey.
    package static let elsewhere: NetworkFlags = [
        .anonymous, .vpn, .hosting, .publicProxy, .tor, .residentialProxy, .anycast, .satellite,
    ]
}

/// Where an address is, as far as the loaded databases and lists know. All zero: nothing is known.
package struct Place: Hashable, Sendable {
    /// Degrees, north positive. Meaningful only where ``hasLocation``.
    package var latitude: Float = 0
    /// Degrees, east positive. Meaningful only where ``hasLocation``.
    package var longitude: Float = 0
    /// Autonomous system number; 0 where unknown.
    package var asn: UInt32 = 0
    /// Index of the network's owner in the enricher's table of names; 0 where unknown.
    package var owner: UInt32 = 0
    package var subdivision: SubdivisionCode = .unknown
    package var country: CountryCode = .unknown
    /// Radius in kilometres within which the address lies with the vendor's confidence; 0 where unknown.
    package var accuracyRadiusKilometres: UInt16 = 0
    package var flags: NetworkFlags = []
    package var hasLocation: Bool = false

    package init() {}
}
