// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// An IP address in the form of IPv6: 128 bits, with IPv4 as `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2).
///
/// An IPv4-mapped IPv6 address and the IPv4 address itself are therefore one and the same value.
public struct IPAddress: Hashable, Sendable {
    /// The first eight bytes, most significant first.
    public var high: UInt64
    /// The last eight bytes, most significant first.
    public var low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(v4 bits: UInt32) {
        high = 0
        low = 0xffff_0000_0000 | UInt64(bits)
    }

    /// All bits zero: no address.
    @inlinable public static var none: IPAddress { IPAddress(high: 0, low: 0) }

    @inlinable public static func == (a: Self, b: Self) -> Bool { a.high == b.high && a.low == b.low }

    @inlinable public var isV4: Bool { high == 0 && low >> 32 == 0xffff }

    /// The last 32 bits; the IPv4 address where ``isV4``.
    @inlinable public var v4Bits: UInt32 { UInt32(truncatingIfNeeded: low) }

    /// The network of the first `length` bits (0 to 128, counted in the IPv6 form); the other bits are zero.
    @inlinable
    public func masked(to length: Int) -> IPAddress {
        if length >= 128 { return self }
        if length > 64 { return IPAddress(high: high, low: low & ~(UInt64.max >> UInt64(length - 64))) }
        if length == 64 { return IPAddress(high: high, low: 0) }
        return IPAddress(high: length == 0 ? 0 : high & ~(UInt64.max >> UInt64(length)), low: 0)
    }
}

/// A network: an address with its host bits zero, and a length.
public struct IPPrefix: Hashable, Sendable {
    public var address: IPAddress
    /// Leading bits, counted in the IPv6 form: an IPv4 /24 has length 120.
    public var length: Int

    @inlinable
    public init(_ address: IPAddress, length: Int) {
        self.address = address.masked(to: length)
        self.length = length
    }

    public func contains(_ other: IPAddress) -> Bool { other.masked(to: length) == address }
}

// MARK: - Text

extension IPAddress {
    /// Reads the textual form of RFC 4291 §2.2 or a dotted quad of four decimal numbers without leading zeros.
    ///
    /// Zone identifiers, brackets, ports and surrounding space are refused. `nil` where the text is no address.
    public init?(ascii text: Span<UInt8>) {
        guard text.count >= 2, text.count <= 45 else { return nil }
        if let bits = Self.dottedQuad(text, from: 0) {
            self.init(v4: bits)
            return
        }
        var groups = InlineArray<8, UInt16>(repeating: 0)
        var count = 0
        var gap = -1
        var i = 0
        if text[0] == UInt8(ascii: ":") {
            guard text[1] == UInt8(ascii: ":") else { return nil }
            gap = 0
            i = 2
        }
        while i < text.count {
            guard count < 8 else { return nil }
            var value: UInt32 = 0
            var digits = 0
            let start = i
            while i < text.count, let digit = Self.hexDigit(text[i]) {
                digits += 1
                guard digits <= 4 else { return nil }
                value = value << 4 | digit
                i += 1
            }
            if i < text.count, text[i] == UInt8(ascii: ".") {
                guard count <= 6, let bits = Self.dottedQuad(text, from: start) else { return nil }
                groups[count] = UInt16(bits >> 16)
                groups[count + 1] = UInt16(bits & 0xffff)
                count += 2
                break
            }
            guard digits > 0 else { return nil }
            groups[count] = UInt16(value)
            count += 1
            if i == text.count { break }
            guard text[i] == UInt8(ascii: ":") else { return nil }
            i += 1
            guard i < text.count else { return nil }
            if text[i] == UInt8(ascii: ":") {
                guard gap < 0 else { return nil }
                gap = count
                i += 1
            }
        }
        guard gap >= 0 ? count < 8 : count == 8 else { return nil }
        if gap >= 0 {
            let moved = count - gap
            for k in stride(from: moved - 1, through: 0, by: -1) {
                groups[8 - moved + k] = groups[gap + k]
            }
            for k in gap..<(8 - moved) { groups[k] = 0 }
        }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for k in 0..<4 { high = high << 16 | UInt64(groups[k]) }
        for k in 4..<8 { low = low << 16 | UInt64(groups[k]) }
        self.init(high: high, low: low)
    }

    /// As ``init(ascii:)``, for configuration and command lines.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(ascii: bytes.span)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private static func dottedQuad(_ text: Span<UInt8>, from start: Int) -> UInt32? {
        var bits: UInt32 = 0
        var parts = 0
        var i = start
        while true {
            var value: UInt32 = 0
            let first = i
            while i < text.count, text[i] >= UInt8(ascii: "0"), text[i] <= UInt8(ascii: "9") {
                value = value * 10 + UInt32(text[i] - UInt8(ascii: "0"))
                i += 1
                guard i - first <= 3 else { return nil }
            }
            guard i > first, value <= 255, i - first == 1 || text[first] != UInt8(ascii: "0") else { return nil }
            bits = bits << 8 | value
            parts += 1
            if parts == 4 { return i == text.count ? bits : nil }
            guard i < text.count, text[i] == UInt8(ascii: ".") else { return nil }
            i += 1
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// A dotted quad for IPv4, else the canonical form of RFC 5952 §4.
    public var description: String {
        if isV4 {
            let v = v4Bits
            return "\(v >> 24).\(v >> 16 & 255).\(v >> 8 & 255).\(v & 255)"
        }
        var groups: [UInt64] = []
        for k in 0..<4 { groups.append(high >> UInt64(48 - 16 * k) & 0xffff) }
        for k in 0..<4 { groups.append(low >> UInt64(48 - 16 * k) & 0xffff) }
        var best = 0..<0
        var k = 0
        while k < 8 {
            guard groups[k] == 0 else {
                k += 1
                continue
            }
            let start = k
            while k < 8, groups[k] == 0 { k += 1 }
            if k - start > best.count, k - start > 1 { best = start..<k }
        }
        func join(_ range: Range<Int>) -> String {
            range.map { String(groups[$0], radix: 16) }.joined(separator: ":")
        }
        return best.isEmpty ? join(0..<8) : join(0..<best.lowerBound) + "::" + join(best.upperBound..<8)
    }
}

extension IPPrefix: CustomStringConvertible {
    /// CIDR notation; IPv4 networks with their IPv4 length.
    public var description: String {
        address.isV4 && length >= 96 ? "\(address)/\(length - 96)" : "\(address)/\(length)"
    }

    /// Reads CIDR notation, or a single address. `nil` if it is neither, or if host bits are set.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let isV4 = address.isV4 && !parts[0].contains(":")
        guard parts.count == 2 else {
            self.init(address, length: 128)
            return
        }
        guard !parts[1].isEmpty, parts[1].allSatisfy({ $0.isASCII && $0.isNumber }), let length = Int(parts[1]),
            length <= (isV4 ? 32 : 128)
        else { return nil }
        self.init(address, length: isV4 ? length + 96 : length)
        guard self.address == address else { return nil }
    }
}
