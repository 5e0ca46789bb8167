import RiskModel

/// What is remembered of an event's `id`: 128 bits that stand for it.
struct IDDigest: Hashable, Sendable {
    var high: UInt64
    var low: UInt64

    /// Of an event without id.
    static let none = IDDigest(high: 0, low: 0)
}

/// SipHash-2-4 with 128 bits of output, keyed with the pipeline's secret seed.
///
/// Two ids with one digest would be taken for one event. For ids that nobody chose with the key at hand the chance is that
/// of random digests: with 2²² remembered ids 2⁻¹⁰⁶ for each event, or once in 10¹⁸ years at a million events a second. The
/// function is a keyed one made against chosen inputs, and no digest leaves the process but in its snapshots, so nobody
/// can search for ids that collide, nor for ids that crowd one place of the table.
///
/// Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF" (2012), and the authors' 128-bit variant.
struct IDHash: Sendable {
    private let k0: UInt64
    private let k1: UInt64

    init(k0: UInt64, k1: UInt64) {
        self.k0 = k0
        self.k1 = k1
    }

    /// A key of its own: other hashes with the same seed tell nothing of this one.
    init(seed: UInt64) {
        let derivation = KeyHash(seed: seed)
        self.init(k0: derivation.hash(0x6964_6b65_7930, 0), k1: derivation.hash(0x6964_6b65_7931, 1))
    }

    func digest(of id: Span<UInt8>) -> IDDigest {
        // SAFETY: every bit pattern of a UInt8 is initialised memory.
        let bytes = unsafe id.bytes
        let count = bytes.byteCount
        var state = State(k0, k1)
        var i = 0
        while i + 8 <= count {
            // SAFETY: eight bytes from `i` lie within the span; any bit pattern is a UInt64.
            let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: i, as: UInt64.self)
            state.absorb(UInt64(littleEndian: word))
            i += 8
        }
        var last = UInt64(truncatingIfNeeded: count) << 56
        var shift: UInt64 = 0
        while i < count {
            last |= UInt64(id[i]) << shift
            shift += 8
            i += 1
        }
        state.absorb(last)
        return state.finish()
    }

    private struct State {
        var v0: UInt64
        var v1: UInt64
        var v2: UInt64
        var v3: UInt64

        @inline(__always)
        init(_ k0: UInt64, _ k1: UInt64) {
            v0 = k0 ^ 0x736f_6d65_7073_6575
            v1 = k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
            v2 = k0 ^ 0x6c79_6765_6e65_7261
            v3 = k1 ^ 0x7465_6462_7974_6573
        }

        @inline(__always)
        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        @inline(__always)
        mutating func finish() -> IDDigest {
            v2 ^= 0xee
            for _ in 0..<4 { round() }
            let low = v0 ^ v1 ^ v2 ^ v3
            v1 ^= 0xdd
            for _ in 0..<4 { round() }
            return IDDigest(high: v0 ^ v1 ^ v2 ^ v3, low: low)
        }

        @inline(__always)
        private mutating func round() {
            v0 &+= v1
            v1 = (v1 << 13 | v1 >> 51) ^ v0
            v0 = v0 << 32 | v0 >> 32
            v2 &+= v3
            v3 = (v3 << 16 | v3 >> 48) ^ v2
            v0 &+= v3
            v3 = (v3 << 21 | v3 >> 43) ^ v0
            v2 &+= v1
            v1 = (v1 << 17 | v1 >> 47) ^ v2
            v2 = v2 << 32 | v2 >> 32
        }
    }
}
