/// Tells one content of a file from another: XXH64 of its bytes with seed 0, as `xxh64sum` prints it.
///
/// It finds accidents, not forgeries: whoever wants two contents of one fingerprint can make them. Algorithm: Y. Collet,
/// "xxHash fast digest algorithm", specification 0.1.1: four lanes take 8 bytes each of every 32, are merged, and take
/// the tail in by steps of 8, 4 and 1.
package struct Fingerprint: Sendable, Hashable {
    package let value: UInt64

    private static let prime1: UInt64 = 0x9e37_79b1_85eb_ca87
    private static let prime2: UInt64 = 0xc2b2_ae3d_27d4_eb4f
    private static let prime3: UInt64 = 0x1656_67b1_9e37_79f9
    private static let prime4: UInt64 = 0x85eb_ca77_c2b2_ae63
    private static let prime5: UInt64 = 0x27d4_eb2f_1656_67c5

    package init(of content: Span<UInt8>) {
        // SAFETY: bytes have no padding.
        let bytes = unsafe content.bytes
        let count = bytes.byteCount
        var i = 0
        var hash = Self.prime5
        if count >= 32 {
            var a = Self.prime1 &+ Self.prime2
            var b = Self.prime2
            var c: UInt64 = 0
            var d = 0 &- Self.prime1
            while i + 32 <= count {
                a = Self.round(a, Self.load(bytes, i))
                b = Self.round(b, Self.load(bytes, i + 8))
                c = Self.round(c, Self.load(bytes, i + 16))
                d = Self.round(d, Self.load(bytes, i + 24))
                i += 32
            }
            hash = Self.rotate(a, 1) &+ Self.rotate(b, 7) &+ Self.rotate(c, 12) &+ Self.rotate(d, 18)
            for lane in [a, b, c, d] { hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4 }
        }
        hash = hash &+ UInt64(count)
        while i + 8 <= count {
            hash = Self.rotate(hash ^ Self.round(0, Self.load(bytes, i)), 27) &* Self.prime1 &+ Self.prime4
            i += 8
        }
        if i + 4 <= count {
            let word = UInt64(Self.load(bytes, i) as UInt32)
            hash = Self.rotate(hash ^ (word &* Self.prime1), 23) &* Self.prime2 &+ Self.prime3
            i += 4
        }
        while i < count {
            hash = Self.rotate(hash ^ (UInt64(content[i]) &* Self.prime5), 11) &* Self.prime1
            i += 1
        }
        hash = (hash ^ hash >> 33) &* Self.prime2
        hash = (hash ^ hash >> 29) &* Self.prime3
        value = hash ^ hash >> 32
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 { word &<< bits | word &>> (64 &- bits) }

    @inline(__always)
    private static func load<Word: FixedWidthInteger & BitwiseCopyable>(_ bytes: RawSpan, _ offset: Int) -> Word {
        // SAFETY: the load checks its bounds, and any bits are a valid integer.
        Word(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Word.self))
    }
}

extension Fingerprint: CustomStringConvertible {
    /// Sixteen hexadecimal digits.
    package var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
