extension Array {
    /// Makes room for `more` elements; an array that must move for it gets room for a quarter of its own besides.
    ///
    /// Left alone, an array doubles, and up to half of what millions of keys need would lie idle.
    @inline(__always)
    mutating func makeRoom(for more: Int = 1) {
        if count + more > capacity { reserveCapacity(count + more + count / 4) }
    }
}
