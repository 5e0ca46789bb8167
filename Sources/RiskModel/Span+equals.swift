extension Span<UInt8> {
    /// Whether both are the same bytes; eight are compared at a time.
    @inlinable
    public func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        // SAFETY: every bit pattern of a UInt8 is initialised memory.
        let (a, b) = unsafe (bytes, other.bytes)
        var i = 0
        while i + 8 <= count {
            // SAFETY: eight bytes from `i` lie within both; any bit pattern is a UInt64.
            let one = unsafe a.unsafeLoadUnaligned(fromUncheckedByteOffset: i, as: UInt64.self)
            let two = unsafe b.unsafeLoadUnaligned(fromUncheckedByteOffset: i, as: UInt64.self)
            if one != two { return false }
            i += 8
        }
        while i < count {
            if self[i] != other[i] { return false }
            i += 1
        }
        return true
    }
}
