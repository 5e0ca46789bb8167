// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// A country or territory: two upper-case letters of ISO 3166-1, packed. Zero where unknown.
public struct CountryCode: Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable public static var unknown: CountryCode { CountryCode(rawValue: 0) }

    @inlinable public static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }

    /// Two ASCII letters of either case; `nil` for anything else.
    public init?(ascii text: Span<UInt8>) {
        guard text.count == 2 else { return nil }
        let a = text[0] & 0xdf
        let b = text[1] & 0xdf
        let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
        guard letters.contains(a), letters.contains(b) else { return nil }
        rawValue = UInt16(a) << 8 | UInt16(b)
    }

    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(ascii: bytes.span)
    }

    /// Two letters, or `--` where unknown.
    public var description: String {
        rawValue == 0
            ? "--" : String(decoding: [UInt8(rawValue >> 8), UInt8(rawValue & 0xff)], as: UTF8.self)
    }
}

/// A country's subdivision: up to four ASCII characters (ISO 3166-2 without the country), packed. Zero where unknown.
public struct SubdivisionCode: Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable public static var unknown: SubdivisionCode { SubdivisionCode(rawValue: 0) }

    @inlinable public static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }

    public init?(_ text: String) {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        rawValue = text.utf8.reduce(0) { $0 << 8 | UInt32($1) }
    }

    public var description: String {
        let bytes = [24, 16, 8, 0].map { UInt8(rawValue >> $0 & 0xff) }.filter { $0 != 0 }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What the databases say of an address beyond its place.
public struct NetworkFlags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    @inlinable public static var anonymous: NetworkFlags { NetworkFlags(rawValue: 1 << 0) }
    @inlinable public static var vpn: NetworkFlags { NetworkFlags(rawValue: 1 << 1) }
    @inlinable public static var hosting: NetworkFlags { NetworkFlags(rawValue: 1 << 2) }
    @inlinable public static var publicProxy: NetworkFlags { NetworkFlags(rawValue: 1 << 3) }
    @inlinable public static var tor: NetworkFlags { NetworkFlags(rawValue: 1 << 4) }
    @inlinable public static var residentialProxy: NetworkFlags { NetworkFlags(rawValue: 1 << 5) }
    @inlinable public static var anycast: NetworkFlags { NetworkFlags(rawValue: 1 << 6) }
    @inlinable public static var cellular: NetworkFlags { NetworkFlags(rawValue: 1 << 7) }
    @inlinable public static var satellite: NetworkFlags { NetworkFlags(rawValue: 1 << 8) }

    /// Every flag with its name in rules, lists and tables.
    public static let names: [(name: String, flag: NetworkFlags)] = [
        ("anonymous", .anonymous), ("vpn", .vpn), ("hosting", .hosting), ("public_proxy", .publicProxy),
        ("tor", .tor), ("residential_proxy", .residentialProxy), ("anycast", .anycast), ("cellular", .cellular),
        ("satellite", .satellite),
    ]

    /// The names of the flags that are set, in the order of ``names``.
    public var labels: [String] { Self.names.filter { contains($0.flag) }.map(\.name) }

    /// What an Anonymous-IP database gives.
    @inlinable public static var anonymity: NetworkFlags {
        anonymous.union(vpn).union(hosting).union(publicProxy).union(tor).union(residentialProxy)
    }

    /// Places where a person need not be: the address says where a relay stands. They never anchor a journey.
    @inlinable public static var elsewhere: NetworkFlags { anonymity.union(anycast).union(satellite) }
}

/// Where an address is, as far as the loaded databases and lists know. All zero: nothing is known.
public struct Place: Hashable, Sendable {
    /// Degrees, north positive. Meaningful only where ``hasLocation``.
    public var latitude: Float = 0
    /// Degrees, east positive. Meaningful only where ``hasLocation``.
    public var longitude: Float = 0
    /// Autonomous system number; 0 where unknown.
    public var asn: UInt32 = 0
    /// Index of the network's owner in the enricher's table of names; 0 where unknown.
    public var owner: UInt32 = 0
    public var subdivision: SubdivisionCode = .unknown
    public var country: CountryCode = .unknown
    /// Radius in kilometres within which the address lies with the vendor's confidence; 0 where unknown.
    public var accuracyRadiusKilometres: UInt16 = 0
    public var flags: NetworkFlags = []
    public var hasLocation: Bool = false

    public init() {}
}
