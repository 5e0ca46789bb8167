import RiskModel

/// From keys to slots: open addressing with linear probing over buckets of (32 bits of hash, slot).
///
/// Invariants: slots are dense numbers from 0 and stay with their key until it is removed; a removed slot is given to a
/// later key, with its generation raised. A bucket's hash bits only avoid looking: the whole key is compared always, so two
/// keys never merge. At most half of the buckets are taken. Texts stand in one arena; `removeAll(where:)` rewrites it.
struct KeyIndex: Sendable {
    /// A key of two words (addresses, networks, numbers), or the place of its text in the arena.
    private struct Entry {
        var hash: UInt64
        /// The first word; for a text its offset in the arena.
        var high: UInt64
        /// The second word; for a text its length.
        var low: UInt64
        /// The latest time at which the key was looked up; stands here because the look-up has the line in its cache.
        var lastSeen: Timestamp
        var generation: UInt32 = 0
        var isLive = true
    }

    private var buckets: [UInt64]
    private var entries: ContiguousArray<Entry> = []
    private var arena: [UInt8] = []
    private var free: [UInt32] = []
    /// How many keys there are.
    private(set) var count = 0

    init() { buckets = Array(repeating: 0, count: 64) }

    func generation(of slot: Int) -> UInt32 { entries[slot].generation }

    func isLive(_ slot: Int) -> Bool { slot < entries.count && entries[slot].isLive }

    /// The text that is the key of a live slot.
    func text(of slot: Int) -> String {
        let entry = entries[slot]
        return String(decoding: arena[Int(entry.high)..<Int(entry.high + entry.low)], as: UTF8.self)
    }

    /// Reads what look-ups of keys with these hashes will read, in loops whose loads do not wait for each other, so that the
    /// cache misses of a batch overlap. Returns a number that depends on all of it, for the loads not to be optimised away.
    func warm(_ hashes: some Sequence<UInt64>) -> UInt64 {
        let mask = buckets.count - 1
        var sum: UInt64 = 0
        for hash in hashes { sum &+= buckets[Int(truncatingIfNeeded: hash) & mask] }
        for hash in hashes {
            let bucket = buckets[Int(truncatingIfNeeded: hash) & mask]
            if bucket != 0 { sum &+= entries[Int(bucket & 0xffff_ffff) - 1].low }
        }
        return sum
    }

    /// The latest time at which a key was looked up.
    func lastSeen(_ slot: Int) -> Timestamp { entries[slot].lastSeen }

    /// The slot of a key of two words that is seen at `time`, made if it is new.
    @inline(__always)
    mutating func slot(high: UInt64, low: UInt64, hash: UInt64, at time: Timestamp) -> (slot: Int, isNew: Bool) {
        if let slot = find(hash, where: { entries[$0].low == low && entries[$0].high == high }) {
            touch(slot, time)
            return (slot, false)
        }
        return (insert(Entry(hash: hash, high: high, low: low, lastSeen: time)), true)
    }

    /// The slot of a text that is seen at `time`, made if it is new.
    @inline(__always)
    mutating func slot(text: Span<UInt8>, hash: UInt64, at time: Timestamp) -> (slot: Int, isNew: Bool) {
        if let slot = find(hash, where: { isText($0, text) }) {
            touch(slot, time)
            return (slot, false)
        }
        let entry = Entry(hash: hash, high: UInt64(arena.count), low: UInt64(text.count), lastSeen: time)
        arena.append(copying: text)
        return (insert(entry), true)
    }

    /// The slot with this hash whose key is the one that is looked for.
    @inline(__always)
    private func find(_ hash: UInt64, where isSame: (Int) -> Bool) -> Int? {
        let mask = buckets.count - 1
        var i = Int(truncatingIfNeeded: hash) & mask
        let tag = hash & 0xffff_ffff_0000_0000
        while true {
            let bucket = buckets[i]
            if bucket == 0 { return nil }
            if bucket & 0xffff_ffff_0000_0000 == tag {
                let slot = Int(bucket & 0xffff_ffff) - 1
                if isSame(slot) { return slot }
            }
            i = (i + 1) & mask
        }
    }

    @inline(__always)
    private mutating func touch(_ slot: Int, _ time: Timestamp) {
        if time > entries[slot].lastSeen { entries[slot].lastSeen = time }
    }

    @inline(__always)
    private func isText(_ slot: Int, _ text: Span<UInt8>) -> Bool {
        guard entries[slot].low == UInt64(text.count) else { return false }
        let offset = Int(entries[slot].high)
        let own = arena.span.extracting(offset..<offset + text.count)
        for i in 0..<text.count where own[i] != text[i] { return false }
        return true
    }

    private mutating func insert(_ entry: Entry) -> Int {
        var entry = entry
        let slot: Int
        if let reused = free.popLast() {
            slot = Int(reused)
            entry.generation = entries[slot].generation &+ 1
            entries[slot] = entry
        } else {
            slot = entries.count
            entries.append(entry)
        }
        count += 1
        if count * 2 > buckets.count {
            rebuildBuckets(count: buckets.count * 2)
        } else {
            place(slot)
        }
        return slot
    }

    private mutating func place(_ slot: Int) {
        let mask = buckets.count - 1
        let hash = entries[slot].hash
        var i = Int(truncatingIfNeeded: hash) & mask
        while buckets[i] != 0 { i = (i + 1) & mask }
        buckets[i] = hash & 0xffff_ffff_0000_0000 | UInt64(slot + 1)
    }

    private mutating func rebuildBuckets(count: Int) {
        buckets = Array(repeating: 0, count: count)
        for slot in entries.indices where entries[slot].isLive { place(slot) }
    }

    /// Removes the keys of the slots for which `isDead` holds; `isText` says whether the keys are texts.
    ///
    /// Costs a pass over all slots, and rewrites buckets and arena.
    mutating func removeAll(keysAreTexts: Bool, where isDead: (Int) -> Bool) {
        var kept: [UInt8] = []
        for slot in entries.indices where entries[slot].isLive {
            if isDead(slot) {
                entries[slot].isLive = false
                free.append(UInt32(slot))
                count -= 1
            } else if keysAreTexts {
                let offset = Int(entries[slot].high)
                entries[slot].high = UInt64(kept.count)
                kept.append(contentsOf: arena[offset..<offset + Int(entries[slot].low)])
            }
        }
        arena = kept
        var size = 64
        while size < count * 2 { size *= 2 }
        rebuildBuckets(count: max(size, 64))
    }
}
