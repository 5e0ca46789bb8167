import RiskModel

// The slots in their order: the key's latest sight, or that of no event where the slot is free; a text's generation; the
// key. Then the free slots in the order in which they were freed. Buckets and arena follow from these.
extension KeyIndex {
    func encode(into writer: inout StateWriter) {
        writer.write(count: entries.count)
        for slot in entries.indices {
            let entry = entries[slot]
            writer.write(entry.lastSeen)
            if keysAreTexts { writer.write(entry.generation) }
            guard entry.isLive else { continue }
            if keysAreTexts {
                writer.write(arena.span.extracting(range(of: slot)))
            } else {
                writer.write(entry.high)
                writer.write(entry.low)
            }
        }
        writer.write(count: free.count)
        for slot in free { writer.write(slot) }
    }

    /// Reads an index whose keys belong to `partition`; `hash` is that of later look-ups.
    ///
    /// - Parameter keysAreAccounts: Whether the texts are names of accounts.
    init(
        keysAreTexts: Bool, keysAreAccounts: Bool = false, partition: Int, hash: KeyHash,
        from reader: inout StateReader
    ) throws(StateFault) {
        let count = try reader.readCount(bytesEach: keysAreTexts ? 12 : 8)
        self.init(keysAreTexts: keysAreTexts, expectedCount: count)
        for _ in 0..<count {
            let lastSeen = Timestamp(microseconds: try reader.read())
            let generation = keysAreTexts ? try reader.read(UInt32.self) : 0
            guard generation < Self.generations else { throw .invalid("a generation") }
            guard lastSeen != Self.dead else {
                entries.append(Entry(high: 0, low: UInt64(generation) << 32, lastSeen: lastSeen))
                continue
            }
            guard lastSeen.isEventTime else { throw .invalid("a time") }
            if keysAreTexts {
                let key = try reader.readKey(isAccount: keysAreAccounts)
                try take(key, generation, lastSeen, partition, hash)
            } else {
                try readWords(lastSeen, partition, hash, from: &reader)
            }
        }
        try readFree(from: &reader)
    }

    private mutating func take(
        _ key: ArraySlice<UInt8>, _ generation: UInt32, _ lastSeen: Timestamp, _ partition: Int, _ hash: KeyHash
    ) throws(StateFault) {
        let text = key.span
        let hash = hash.hash(text)
        guard !text.isEmpty, Partition.of(text) == partition, (try? UTF8Span(validating: text)) != nil,
            find(hash, where: { isText($0, text) }) == nil
        else { throw .invalid("a key") }
        let low = UInt64(generation) << 32 | UInt64(text.count)
        entries.append(Entry(high: UInt64(arena.count), low: low, lastSeen: lastSeen))
        arena.makeRoom(for: text.count)
        arena.append(copying: text)
        enter(entries.count - 1, hash)
    }

    private mutating func readWords(
        _ lastSeen: Timestamp, _ partition: Int, _ hash: KeyHash, from reader: inout StateReader
    ) throws(StateFault) {
        let entry = Entry(high: try reader.read(), low: try reader.read(), lastSeen: lastSeen)
        let hash = hash.hash(entry.high, entry.low)
        guard Partition.of(entry.high, entry.low) == partition,
            find(hash, where: { entries[$0].low == entry.low && entries[$0].high == entry.high }) == nil
        else { throw .invalid("a key") }
        entries.append(entry)
        enter(entries.count - 1, hash)
    }

    /// Each slot without a key, once.
    private mutating func readFree(from reader: inout StateReader) throws(StateFault) {
        let freeCount = try reader.readCount(bytesEach: 4)
        guard freeCount == entries.count - count else { throw .invalid("the free slots") }
        var isListed = [Bool](repeating: false, count: entries.count)
        for _ in 0..<freeCount {
            let slot = try reader.read(UInt32.self)
            guard Int(slot) < entries.count, !entries[Int(slot)].isLive, !isListed[Int(slot)] else {
                throw .invalid("a free slot")
            }
            isListed[Int(slot)] = true
            free.append(slot)
        }
    }
}

extension Timestamp {
    /// Whether an event can have this time.
    var isEventTime: Bool { self >= .epoch && self <= .latest }
}
