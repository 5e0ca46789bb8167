/// A name of 1 to 16 bytes in two words, so that names are compared and hashed without a loop.
struct PackedName: Hashable, Sendable {
    /// The first eight bytes, or as many as there are, zero-filled.
    private let first: UInt64
    /// The last eight bytes of a name longer than eight, else zero.
    private let last: UInt64
    private let count: UInt64

    /// Packs `text[range]`; `nil` where it is empty or longer than 16 bytes.
    @inline(__always)
    init?(_ text: Span<UInt8>, _ range: Range<Int>) {
        let count = range.count
        guard count >= 1, count <= 16 else { return nil }
        self.count = UInt64(count)
        if count > 8 {
            first = text.word(at: range.lowerBound)
            last = text.word(at: range.upperBound - 8)
            return
        }
        last = 0
        if range.lowerBound + 8 <= text.count {
            first = text.word(at: range.lowerBound) & (UInt64.max >> UInt64(64 - 8 * count))
        } else {
            var word: UInt64 = 0
            for i in range.reversed() { word = word << 8 | UInt64(text[i]) }
            first = word
        }
    }

    /// One of 64 slots, by multiplicative hashing.
    @inline(__always)
    fileprivate func slot(_ multiplier: UInt64) -> Int {
        Int(truncatingIfNeeded: (((first ^ last &<< 1) &+ count) &* multiplier) >> 58)
    }
}

/// Finds what a text names, of a few fixed names, with one comparison.
///
/// Perfect hashing: the table takes the first multiplier under which no two names share a slot.
struct NameTable<Value: Sendable>: Sendable {
    private let multiplier: UInt64
    private let slots: [(name: PackedName, value: Value)?]

    /// - Parameter entries: different names of 1 to 16 bytes with what they name; few, as the search for a multiplier
    ///   grows steeply with them.
    init(_ entries: [(name: String, value: Value)]) {
        let packed = entries.map { entry in
            let bytes = Array(entry.name.utf8)
            guard let name = PackedName(bytes.span, 0..<bytes.count) else { preconditionFailure("1 to 16 bytes") }
            return (name: name, value: entry.value)
        }
        var multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15
        while Set(packed.map { $0.name.slot(multiplier) }).count < packed.count {
            multiplier = multiplier &* 0xd129_0d3a_75b1_7ba5 | 1
        }
        var slots: [(name: PackedName, value: Value)?] = Array(repeating: nil, count: 64)
        for entry in packed { slots[entry.name.slot(multiplier)] = entry }
        self.multiplier = multiplier
        self.slots = slots
    }

    /// What `text[range]` names; `nil` where it is none of the names.
    @inline(__always)
    func value(of text: Span<UInt8>, _ range: Range<Int>) -> Value? {
        guard let name = PackedName(text, range), let entry = slots[name.slot(multiplier)], entry.name == name else {
            return nil
        }
        return entry.value
    }
}
