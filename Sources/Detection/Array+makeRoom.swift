extension Array {
    /// Makes room for `more` elements; an array that must move for it gets room for a quarter of its own besides.
    ///
    /// Left alone, an array doubles, and up to half of what millions of keys need would lie idle.
    @inline(__always)
    mutating func makeRoom(for more: Int = 1) {
        if count + more > capacity { reserveCapacity(count + more + count / 4) }
    }

    /// Appends copies of `element` until there are `count`.
    @inline(__always)
    mutating func grow(to count: Int, with element: Element) {
        let more = count - self.count
        if more <= 0 { return }
        makeRoom(for: more)
        for _ in 0..<more { append(element) }
    }
}
