// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// A seeded 64-bit hash of short keys.
///
/// Bytes are folded eight at a time by 64 × 64 → 128 bit multiplication with secret constants made from the seed, in the
/// manner of wyhash (Wang Yi, 2019). The tables compare whole keys: the hash decides where to look, never who is who. The
/// seed is the installation's own, so that no outsider can choose keys that collide.
public struct KeyHash: Sendable, Hashable {
    @usableFromInline let a: UInt64
    @usableFromInline let b: UInt64

    @inlinable
    public init(seed: UInt64) {
        a = Self.fold(seed ^ 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93)
        b = Self.fold(seed ^ 0xc2b2_ae3d_27d4_eb4f, 0xa076_1d64_78bd_642f) | 1
    }

    @inlinable @inline(__always)
    static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: y)
        return product.high ^ product.low
    }

    /// Hash of bytes.
    @inlinable @inline(__always)
    public func hash(_ key: Span<UInt8>) -> UInt64 {
        // SAFETY: every bit pattern of a UInt8 is initialised memory.
        let bytes = unsafe key.bytes
        let count = bytes.byteCount
        var state = a ^ UInt64(truncatingIfNeeded: count)
        var i = 0
        while i + 8 <= count {
            // SAFETY: eight bytes from `i` lie within the span; any bit pattern is a UInt64.
            let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: i, as: UInt64.self)
            state = Self.fold(state ^ word, b)
            i += 8
        }
        var tail: UInt64 = 0
        while i < count {
            tail = tail << 8 | UInt64(key[i])
            i += 1
        }
        return Self.fold(state ^ tail ^ b, a ^ UInt64(truncatingIfNeeded: count) | 1)
    }

    /// Hash of two words.
    @inlinable @inline(__always)
    public func hash(_ high: UInt64, _ low: UInt64) -> UInt64 {
        Self.fold(Self.fold(a ^ high, b) ^ low, a | 1)
    }
}
