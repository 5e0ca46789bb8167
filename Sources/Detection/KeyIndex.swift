import RiskModel

/// From keys to slots: open addressing with linear probing over buckets of (32 bits of hash, slot).
///
/// Invariants: slots are dense numbers from 0 and stay with their key until it is removed; a removed slot is given to a
/// later key, and where the keys are texts with its generation raised. A bucket's hash bits say where it lies and avoid
/// looking further: the whole key is compared always, so two keys never merge. At most two thirds of the buckets are taken.
///
/// A bucket's place is its hash bits scaled to the number of buckets (Lemire, "Fast Random Integer Generation in an
/// Interval", 2019), which may be any number: the index grows by a quarter, and its buckets move in their order, without
/// the keys. Texts stand in one arena; ``removeAll(where:)`` rewrites it.
struct KeyIndex: Sendable {
    /// A key of two words (addresses, networks, numbers), or the place of its text in the arena.
    struct Entry: Sendable {
        /// The first word; for a text its offset in the arena.
        var high: UInt64
        /// The second word; for a text its length, and above it the slot's generation.
        var low: UInt64
        /// The latest time at which the key was looked up; stands here because the look-up has the line in its cache.
        /// ``KeyIndex/dead`` where the slot is free.
        var lastSeen: Timestamp

        var isLive: Bool { lastSeen.microseconds >= 0 }
        var length: Int { Int(low & 0xffff_ffff) }
        var generation: UInt32 { UInt32(low >> 32) }
    }

    /// No event has this time.
    static let dead = Timestamp(microseconds: -1)
    /// Generations are counted modulo this, as in ``AccountRef``.
    static let generations: UInt32 = 1 << 24
    private static let fewestBuckets = 64

    let keysAreTexts: Bool
    private var buckets: [UInt64]
    // Written by the decoding too.
    var entries = SlotArray<Entry>()
    var arena: [UInt8] = []
    var free: [UInt32] = []
    /// How many keys there are.
    private(set) var count = 0

    /// - Parameter expectedCount: How many keys are to come at once.
    init(keysAreTexts: Bool, expectedCount: Int = 0) {
        self.keysAreTexts = keysAreTexts
        buckets = Array(repeating: 0, count: Self.bucketCount(for: expectedCount))
    }

    /// Buckets for so many keys and a quarter more.
    private static func bucketCount(for count: Int) -> Int { max(fewestBuckets, count * 15 / 8) }

    /// How many slots there are, free ones among them.
    var slotCount: Int { entries.count }

    /// The generation of a slot whose keys are texts, below 2²⁴.
    func generation(of slot: Int) -> UInt32 { entries[slot].generation }

    func isLive(_ slot: Int) -> Bool { slot < entries.count && entries[slot].isLive }

    /// The slots that have a key, in their order.
    var liveSlots: [Int] { entries.indices.filter { entries[$0].isLive } }

    /// The text that is the key of a live slot.
    func text(of slot: Int) -> String { String(decoding: arena[range(of: slot)], as: UTF8.self) }

    /// Where the text that is the key of a live slot stands in the arena.
    func range(of slot: Int) -> Range<Int> {
        let offset = Int(entries[slot].high)
        return offset..<offset + entries[slot].length
    }

    /// Reads what look-ups of keys with these hashes will read, in loops whose loads do not wait for each other, so that the
    /// cache misses of a batch overlap. Returns a number that depends on all of it, for the loads not to be optimised away.
    func warm(_ hashes: some Sequence<UInt64>) -> UInt64 {
        var sum: UInt64 = 0
        for hash in hashes { sum &+= buckets[place(of: hash)] }
        for hash in hashes {
            let bucket = buckets[place(of: hash)]
            if bucket != 0 { sum &+= entries[Self.slot(bucket)].low }
        }
        guard keysAreTexts else { return sum }
        for hash in hashes {
            let bucket = buckets[place(of: hash)]
            if bucket != 0 { sum &+= UInt64(arena[Int(entries[Self.slot(bucket)].high)]) }
        }
        return sum
    }

    /// The latest time at which a key was looked up.
    func lastSeen(_ slot: Int) -> Timestamp { entries[slot].lastSeen }

    /// The slot of a key of two words that is seen at `time`, where it is known.
    @inline(__always)
    mutating func known(high: UInt64, low: UInt64, hash: UInt64, at time: Timestamp) -> Int? {
        let slot = find(hash, where: { entries[$0].low == low && entries[$0].high == high })
        if let slot { touch(slot, time) }
        return slot
    }

    /// The slot of a text that is seen at `time`, where it is known.
    @inline(__always)
    mutating func known(text: Span<UInt8>, hash: UInt64, at time: Timestamp) -> Int? {
        let slot = find(hash, where: { isText($0, text) })
        if let slot { touch(slot, time) }
        return slot
    }

    /// The slot of a key of two words that is seen at `time` and is not known.
    @inline(__always)
    mutating func add(high: UInt64, low: UInt64, hash: UInt64, at time: Timestamp) -> Int {
        insert(Entry(high: high, low: low, lastSeen: time), hash)
    }

    /// The slot of a text that is seen at `time` and is not known.
    @inline(__always)
    mutating func add(text: Span<UInt8>, hash: UInt64, at time: Timestamp) -> Int {
        let entry = Entry(high: UInt64(arena.count), low: UInt64(text.count), lastSeen: time)
        arena.makeRoom(for: text.count)
        arena.append(copying: text)
        return insert(entry, hash)
    }

    /// The slot of a text that is seen at `time`, made if it is new.
    @inline(__always)
    mutating func slot(text: Span<UInt8>, hash: UInt64, at time: Timestamp) -> (slot: Int, isNew: Bool) {
        if let slot = known(text: text, hash: hash, at: time) { return (slot, false) }
        return (add(text: text, hash: hash, at: time), true)
    }

    // MARK: - Buckets

    @inline(__always)
    private static func slot(_ bucket: UInt64) -> Int { Int(bucket & 0xffff_ffff) - 1 }

    /// Where a key with this hash, or a bucket, lies if its place is free.
    @inline(__always)
    private func place(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: ((hash >> 32) &* UInt64(truncatingIfNeeded: buckets.count)) >> 32)
    }

    /// The slot with this hash whose key is the one that is looked for.
    @inline(__always)
    func find(_ hash: UInt64, where isSame: (Int) -> Bool) -> Int? {
        var i = place(of: hash)
        while true {
            let bucket = buckets[i]
            if bucket == 0 { return nil }
            if (bucket ^ hash) >> 32 == 0 {
                let slot = Self.slot(bucket)
                if isSame(slot) { return slot }
            }
            i += 1
            if i == buckets.count { i = 0 }
        }
    }

    @inline(__always)
    private mutating func touch(_ slot: Int, _ time: Timestamp) {
        if time.microseconds > entries[slot].lastSeen.microseconds { entries[slot].lastSeen = time }
    }

    @inline(__always)
    func isText(_ slot: Int, _ text: Span<UInt8>) -> Bool {
        guard entries[slot].length == text.count else { return false }
        return arena.span.extracting(range(of: slot)).equals(text)
    }

    private mutating func insert(_ entry: Entry, _ hash: UInt64) -> Int {
        var entry = entry
        let slot: Int
        if let reused = free.popLast() {
            slot = Int(reused)
            if keysAreTexts {
                entry.low |= UInt64((entries[slot].generation + 1) % Self.generations) << 32
            }
            entries[slot] = entry
        } else {
            slot = entries.count
            entries.append(entry)
        }
        enter(slot, hash)
        return slot
    }

    /// Makes the key of a slot findable.
    mutating func enter(_ slot: Int, _ hash: UInt64) {
        count += 1
        if count * 3 > buckets.count * 2 { rebuildBuckets(count: Self.bucketCount(for: count)) }
        put(hash & 0xffff_ffff_0000_0000 | UInt64(slot + 1))
    }

    private mutating func put(_ bucket: UInt64) {
        var i = place(of: bucket)
        while buckets[i] != 0 {
            i += 1
            if i == buckets.count { i = 0 }
        }
        buckets[i] = bucket
    }

    /// Moves the buckets of live slots into a new table.
    private mutating func rebuildBuckets(count: Int) {
        let old = buckets
        buckets = Array(repeating: 0, count: count)
        for bucket in old where bucket != 0 && entries[Self.slot(bucket)].isLive { put(bucket) }
    }

    /// Removes the keys of the slots for which `isDead` holds.
    ///
    /// Costs a pass over all slots, and rewrites buckets and arena.
    mutating func removeAll(where isDead: (Int) -> Bool) {
        var kept: [UInt8] = []
        if keysAreTexts { kept.reserveCapacity(arena.count) }
        for slot in entries.indices where entries[slot].isLive {
            if isDead(slot) {
                entries[slot].lastSeen = Self.dead
                free.append(UInt32(slot))
                count -= 1
            } else if keysAreTexts {
                let text = range(of: slot)
                entries[slot].high = UInt64(kept.count)
                kept.append(contentsOf: arena[text])
            }
        }
        arena = kept
        rebuildBuckets(count: Self.bucketCount(for: count))
    }
}
