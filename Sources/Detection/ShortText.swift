import RiskModel

/// As much of a text as stands in 15 bytes, so that a state needs no memory of its own for it: what was longer ends in two dots.
struct ShortText: Sendable {
    private static let limit = 15

    /// The bytes in their order, the first lowest; the highest byte is the count.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init() {}

    @inline(__always)
    init(_ text: Span<UInt8>) {
        if text.isEmpty { return }
        var end = text.count
        if end > Self.limit {
            end = Self.limit - 2
            // Not within a character.
            while end > 0, text[end] & 0xc0 == 0x80 { end -= 1 }
        }
        for i in 0..<end { append(text[i]) }
        if end < text.count {
            append(UInt8(ascii: "."))
            append(UInt8(ascii: "."))
        }
    }

    private var count: Int { Int(high >> 56) }

    @inline(__always)
    private mutating func append(_ byte: UInt8) {
        let place = count
        let shifted = UInt64(byte) << UInt64(place % 8 * 8)
        if place < 8 { low |= shifted } else { high |= shifted }
        high += 1 << 56
    }

    var string: String {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 < 8 ? low >> ($0 * 8) : high >> ($0 * 8 - 64)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
