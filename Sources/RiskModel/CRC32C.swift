import CProcessor

/// CRC-32C (Castagnoli): polynomial 0x1EDC6F41, reflected, initial value and final complement of all ones (RFC 3720
/// §12.1).
///
/// By the processor's instruction where it has one; else sixteen bytes a step with sixteen tables, after M. Kounavis and
/// F. Berry, "A Systematic Approach to Building High Performance Software-Based CRC Generators" (2005): table *k* holds the
/// effect of a byte that *k* more bytes follow.
package enum CRC32C {
    /// The checksum of `bytes`. A `seed` other than 0 continues the checksum of what stands before them.
    package static func checksum(_ bytes: RawSpan, seed: UInt32 = 0) -> UInt32 {
        guard hasInstruction else { return checksumByTables(bytes, seed: seed) }
        // SAFETY: the function reads the bytes of the span; the instruction is there.
        return unsafe bytes.withUnsafeBytes { buffer in
            unsafe ~crc32c(~seed, buffer.assumingMemoryBound(to: UInt8.self).baseAddress, UInt(buffer.count))
        }
    }

    private static let hasInstruction = has_crc32c() != 0

    /// The same on processors without the instruction.
    static func checksumByTables(_ bytes: RawSpan, seed: UInt32) -> UInt32 {
        let tables = unsafe self.tables
        var crc = ~seed
        var offset = 0
        let count = bytes.byteCount
        while count - offset >= 16 {
            // SAFETY: sixteen bytes remain; every index into the tables is a byte plus 256 times less than 16.
            unsafe withUnsafeStep(bytes, offset, tables, &crc)
            offset += 16
        }
        while offset < count {
            // SAFETY: the offset is below the count, and the index is one byte.
            let byte = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            crc = unsafe tables[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8)
            offset += 1
        }
        return ~crc
    }

    @inline(__always)
    private static func withUnsafeStep(
        _ bytes: RawSpan, _ offset: Int, _ tables: UnsafePointer<UInt32>, _ crc: inout UInt32
    ) {
        let low = unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
        let high = unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset + 8, as: UInt64.self))
        let a = unsafe eight(low ^ UInt64(crc), tables + 8 * 256)
        let b = unsafe eight(high, tables)
        crc = a ^ b
    }

    /// The effect of eight bytes, of which the last has table 0 of `tables`.
    @inline(__always)
    private static func eight(_ word: UInt64, _ tables: UnsafePointer<UInt32>) -> UInt32 {
        @inline(__always) func entry(_ k: Int) -> UInt32 {
            unsafe tables[(7 - k) * 256 + Int(UInt8(truncatingIfNeeded: word >> UInt64(8 * k)))]
        }
        return (entry(0) ^ entry(1)) ^ (entry(2) ^ entry(3)) ^ ((entry(4) ^ entry(5)) ^ (entry(6) ^ entry(7)))
    }

    // SAFETY: written once, before its first use, and never again or freed.
    private nonisolated(unsafe) static let tables: UnsafePointer<UInt32> = {
        let entries = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0x82f6_3b78 ^ (crc >> 1) : crc >> 1 }
            unsafe entries[byte] = crc
        }
        for i in 256..<16 * 256 {
            let shorter = unsafe entries[i - 256]
            unsafe entries[i] = entries[Int(shorter & 0xff)] ^ (shorter >> 8)
        }
        return unsafe UnsafePointer(entries)
    }()
}
