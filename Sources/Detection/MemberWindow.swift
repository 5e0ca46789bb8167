import RiskModel

/// Distinct members in a sliding window of event time.
///
/// Layout: up to three members inline, and the rest of life in an open-addressing table once there are more, which only a
/// few hot keys need. A small window forgets members exactly when they leave it; a large one sweeps whenever a sixteenth of
/// its span has gone by, so a member may count that much longer. Both depend only on the events observed, in their order.
/// At ``limit`` members no more are taken in; a ramp never asks for so many.
struct MemberWindow: Sendable {
    /// The most members that are told apart.
    static let limit = 4096

    struct Member {
        var id: UInt64
        /// Microseconds of the latest sight, shifted by one; the lowest bit is set for a new account.
        private var packed: Int64

        init(id: UInt64, seen: Timestamp, isFresh: Bool) {
            self.id = id
            packed = seen.microseconds << 1 | (isFresh ? 1 : 0)
        }

        var seen: Timestamp { Timestamp(microseconds: packed >> 1) }
        var isFresh: Bool { packed & 1 != 0 }

        static let none = Member(id: .max, seen: .epoch, isFresh: false)
        var isNone: Bool { id == .max }
    }

    /// What an observation found.
    struct Sighting {
        /// The member's latest sight before this one; `nil` if it was not in the window.
        var previous: Timestamp?
        /// The event lies before the window: it changed nothing.
        var isTooOld = false
    }

    private static let inlineCapacity = 3
    private var small = InlineArray<3, Member>(repeating: .none)
    private var large: [Member] = []
    /// The latest event time observed.
    private var newest = Timestamp.epoch
    private var nextSweep = Timestamp.epoch
    // Small, since there are millions of windows; `limit` fits.
    private var storedCount: UInt16 = 0
    private var storedFreshCount: UInt16 = 0

    /// Members in the window.
    private(set) var count: Int {
        get { Int(storedCount) }
        set { storedCount = UInt16(newValue) }
    }
    /// Those of them that are new accounts.
    private(set) var freshCount: Int {
        get { Int(storedFreshCount) }
        set { storedFreshCount = UInt16(newValue) }
    }

    /// Reads the window's first and last lines ahead of their use; the number has no meaning.
    @inline(__always)
    var warm: UInt64 { small[0].id &+ UInt64(storedCount) }

    /// Notes that `member` was seen at `time`. `member` must not be `UInt64.max`.
    mutating func observe(_ member: UInt64, at time: Timestamp, isFresh: Bool, window: Interval) -> Sighting {
        advance(to: time, window: window)
        guard time > newest - window else { return Sighting(previous: nil, isTooOld: true) }
        return large.isEmpty ? observeSmall(member, time, isFresh) : observeLarge(member, time, isFresh)
    }

    /// Moves the window on to `time` and forgets who has left it.
    mutating func advance(to time: Timestamp, window: Interval) {
        newest = max(newest, time)
        let horizon = newest - window
        if large.isEmpty {
            var kept = 0
            for i in 0..<count where small[i].seen > horizon {
                if kept != i { small[kept] = small[i] }
                kept += 1
            }
            if kept < count {
                count = kept
                recount()
            }
        } else if newest >= nextSweep {
            nextSweep = newest + Interval(microseconds: window.microseconds / 16)
            sweep(horizon)
        }
    }

    private mutating func recount() {
        freshCount = 0
        for i in 0..<count where small[i].isFresh { freshCount += 1 }
    }

    private mutating func observeSmall(_ id: UInt64, _ time: Timestamp, _ isFresh: Bool) -> Sighting {
        for i in 0..<count where small[i].id == id {
            let previous = small[i].seen
            small[i] = Member(id: id, seen: max(previous, time), isFresh: isFresh)
            recount()
            return Sighting(previous: previous)
        }
        guard count < Self.inlineCapacity else {
            large = Array(repeating: .none, count: 16)
            for i in 0..<count { insertLarge(small[i]) }
            return observeLarge(id, time, isFresh)
        }
        small[count] = Member(id: id, seen: time, isFresh: isFresh)
        count += 1
        if isFresh { freshCount += 1 }
        return Sighting(previous: nil)
    }

    private mutating func observeLarge(_ id: UInt64, _ time: Timestamp, _ isFresh: Bool) -> Sighting {
        let i = position(of: id)
        if !large[i].isNone {
            let previous = large[i]
            large[i] = Member(id: id, seen: max(previous.seen, time), isFresh: isFresh)
            if previous.isFresh != isFresh { freshCount += isFresh ? 1 : -1 }
            return Sighting(previous: previous.seen)
        }
        // Who finds no room is nobody new, and is not signalled for each event.
        guard count < Self.limit else { return Sighting(previous: time) }
        large[i] = Member(id: id, seen: time, isFresh: isFresh)
        count += 1
        if isFresh { freshCount += 1 }
        if count * 2 > large.count { rebuild(capacity: large.count * 2) { _ in true } }
        return Sighting(previous: nil)
    }

    /// Where `id` stands in the large table, or the free place for it.
    private func position(of id: UInt64) -> Int {
        let mask = large.count - 1
        // Members are references, codes and hashes: multiply (Knuth) so that low bits differ.
        var i = Int(truncatingIfNeeded: (id &* 0x9e37_79b9_7f4a_7c15) >> 40) & mask
        while !large[i].isNone, large[i].id != id { i = (i + 1) & mask }
        return i
    }

    private mutating func insertLarge(_ member: Member) { large[position(of: member.id)] = member }

    private mutating func sweep(_ horizon: Timestamp) { rebuild(capacity: large.count) { $0.seen > horizon } }

    private mutating func rebuild(capacity: Int, keeping isKept: (Member) -> Bool) {
        let kept = large.filter { !$0.isNone && isKept($0) }
        count = kept.count
        freshCount = 0
        for member in kept where member.isFresh { freshCount += 1 }
        if kept.count <= Self.inlineCapacity {
            large = []
            for (i, member) in kept.enumerated() { small[i] = member }
            return
        }
        var size = 16
        while size < kept.count * 2 + 2 { size *= 2 }
        large = Array(repeating: .none, count: min(size, max(capacity, 16)))
        for member in kept { insertLarge(member) }
    }

    /// The members in the window, earliest sight first.
    var members: [Member] {
        var all: [Member] = []
        if large.isEmpty {
            for i in 0..<count { all.append(small[i]) }
        } else {
            all = large.filter { !$0.isNone }
        }
        return all.sorted { ($0.seen, $0.id) < ($1.seen, $1.id) }
    }
}
