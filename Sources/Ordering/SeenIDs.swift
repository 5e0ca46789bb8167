import RiskModel

/// The ids that were seen last: at most `limit` of them, none older than `span`.
///
/// A ring holds them in the order in which they came, each with the event time reached by then, which never decreases. An
/// index over the ring finds them: open addressing with linear probing over buckets of (32 bits of the digest, place in the
/// ring + 1), two thirds full at most. A bucket's home follows from its own 32 bits, so that looking, adding and removing
/// touch one or two cache lines of the index and, for a digest that is there, one of the ring. Ids leave from the front of the
/// ring; their bucket is closed by moving later ones back (D. Knuth, The Art of Computer Programming vol. 3, §6.4,
/// algorithm R), so there are no tombstones.
///
/// Both grow by doubling up to the limit, 36 bytes an id, and never further. An event removes at most
/// ``expiredAtOnce`` ids that are too old; those that wait for that are not found any more.
struct SeenIDs: Sendable {
    private struct Entry {
        var digest: IDDigest
        /// The highest event time up to the event that had the id.
        var time: Timestamp
    }

    /// So many that a leap in time is worked off, and so few that no event pays for it.
    private static let expiredAtOnce = 4
    /// Places in the ring must be told in 32 bits.
    private static let most = 1 << 30

    private(set) var limit: Int
    private(set) var span: Interval
    private var ring: ContiguousArray<Entry> = []
    private var head = 0
    private(set) var count = 0
    private var buckets: ContiguousArray<UInt64> = []

    init(limit: Int, span: Interval) {
        self.limit = min(max(0, limit), Self.most)
        self.span = span
    }

    /// Whether the id was seen, at the event time `now`.
    func contains(_ digest: IDDigest, at now: Timestamp) -> Bool {
        guard count > 0 else { return false }
        let tag = Self.tag(digest)
        var i = home(tag)
        while buckets[i] != 0 {
            if buckets[i] & Self.tagBits == tag {
                let entry = ring[Self.place(buckets[i])]
                if entry.digest == digest, !isExpired(entry, at: now) { return true }
            }
            i = next(i)
        }
        return false
    }

    /// Remembers an id that is not remembered, at `now`, which is no earlier than at any call before.
    mutating func insert(_ digest: IDDigest, at now: Timestamp) {
        guard limit > 0 else { return }
        let horizon = now - span
        var expired = 0
        while expired < Self.expiredAtOnce, count > 0, ring[head].time < horizon {
            removeFirst()
            expired += 1
        }
        if count == ring.count {
            if count < limit { resize(to: min(limit, max(64, count * 2))) } else { removeFirst() }
        }
        let place = at(count)
        ring[place] = Entry(digest: digest, time: now)
        count += 1
        addBucket(for: place)
    }

    /// Reads what looking up and adding these ids will read, in loops whose loads do not wait for each other, so that the
    /// cache misses of a batch overlap. Returns a number that depends on all of it, for the loads not to be optimised away.
    func warm(_ digests: [IDDigest], at now: Timestamp) -> UInt64 {
        guard count > 0 else { return 0 }
        var sum: UInt64 = 0
        for digest in digests { sum &+= buckets[home(Self.tag(digest))] }
        guard count == limit || isExpired(ring[head], at: now) else { return sum }
        for i in 0..<min(count, digests.count) { sum &+= buckets[home(Self.tag(ring[at(i)].digest))] }
        return sum
    }

    /// Remembers as many and as long as is asked for from now on; forgets the earliest where it must.
    mutating func change(limit: Int, span: Interval) {
        self.limit = min(max(0, limit), Self.most)
        self.span = span
        if self.limit < ring.count { resize(to: self.limit) }
    }

    private func isExpired(_ entry: Entry, at now: Timestamp) -> Bool { entry.time < now - span }

    // MARK: Ring

    /// The place of the id that came `i` ids after the first.
    @inline(__always)
    private func at(_ i: Int) -> Int {
        let place = head + i
        return place < ring.count ? place : place - ring.count
    }

    private mutating func removeFirst() {
        removeBucket(of: head)
        head = head + 1 == ring.count ? 0 : head + 1
        count -= 1
    }

    /// Moves the last `capacity` ids into a ring of that size, and makes its index.
    private mutating func resize(to capacity: Int) {
        var moved: ContiguousArray<Entry> = []
        moved.reserveCapacity(capacity)
        for i in max(0, count - capacity)..<count { moved.append(ring[at(i)]) }
        count = moved.count
        head = 0
        let blank = Entry(digest: .none, time: .epoch)
        moved.append(contentsOf: repeatElement(blank, count: capacity - count))
        ring = moved
        buckets = []
        buckets = ContiguousArray(repeating: 0, count: capacity + capacity / 2 + 1)
        for place in 0..<count { addBucket(for: place) }
    }

    // MARK: Index

    private static let tagBits: UInt64 = 0xffff_ffff_0000_0000

    @inline(__always)
    private static func tag(_ digest: IDDigest) -> UInt64 { digest.high & tagBits }

    @inline(__always)
    private static func place(_ bucket: UInt64) -> Int { Int(bucket & 0xffff_ffff) - 1 }

    /// Where a bucket belongs: its tag as a fraction of the index.
    @inline(__always)
    private func home(_ bucket: UInt64) -> Int { Int(((bucket >> 32) * UInt64(buckets.count)) >> 32) }

    @inline(__always)
    private func next(_ i: Int) -> Int { i + 1 == buckets.count ? 0 : i + 1 }

    /// Steps from `a` to `b`, around the end.
    @inline(__always)
    private func distance(_ a: Int, _ b: Int) -> Int { b >= a ? b - a : b - a + buckets.count }

    private mutating func addBucket(for place: Int) {
        let tag = Self.tag(ring[place].digest)
        var i = home(tag)
        while buckets[i] != 0 { i = next(i) }
        buckets[i] = tag | UInt64(place + 1)
    }

    private mutating func removeBucket(of place: Int) {
        let bucket = Self.tag(ring[place].digest) | UInt64(place + 1)
        var hole = home(bucket)
        while buckets[hole] != bucket { hole = next(hole) }
        var i = next(hole)
        while buckets[i] != 0 {
            // What lies behind its home by no less than the hole does may move into it.
            if distance(home(buckets[i]), i) >= distance(hole, i) {
                buckets[hole] = buckets[i]
                hole = i
            }
            i = next(i)
        }
        buckets[hole] = 0
    }
}

// MARK: - State

extension SeenIDs {
    /// Writes the ids that are not too old at `now`, in the order in which they came.
    func encode(into writer: inout StateWriter, at now: Timestamp) {
        var first = 0
        while first < count, isExpired(ring[at(first)], at: now) { first += 1 }
        writer.write(count: count - first)
        for i in first..<count {
            let entry = ring[at(i)]
            writer.write(entry.digest.high)
            writer.write(entry.digest.low)
            writer.write(entry.time)
        }
    }

    /// Reads what ``encode(into:at:)`` wrote; of more ids than the limit the last.
    init(
        decoding reader: inout StateReader, limit: Int, span: Interval, through now: Timestamp
    ) throws(StateFault) {
        self.init(limit: limit, span: span)
        var last = Timestamp.epoch
        for _ in 0..<(try reader.readCount(bytesEach: 24)) {
            let digest = IDDigest(high: try reader.read(), low: try reader.read())
            let time = try reader.readTimestamp()
            guard time >= last, time <= now else { throw .invalid("the time of an id") }
            last = time
            insert(digest, at: time)
        }
    }
}
