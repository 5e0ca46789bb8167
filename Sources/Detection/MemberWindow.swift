import RiskModel

/// Someone or something in a window, and when it was last seen there.
struct Member: Sendable {
    var id: UInt64
    /// Microseconds of the latest sight, shifted by one; the lowest bit is set for a new account.
    private(set) var packed: Int64

    @inline(__always)
    init(id: UInt64, seen: Timestamp, isFresh: Bool) {
        self.id = id
        packed = seen.microseconds << 1 | (isFresh ? 1 : 0)
    }

    @inline(__always)
    var seen: Timestamp { Timestamp(microseconds: packed >> 1) }
    @inline(__always)
    var isFresh: Bool { packed & 1 != 0 }

    private init(id: UInt64, packed: Int64) {
        self.id = id
        self.packed = packed
    }

    static let none = Member(id: .max, packed: 0)
    @inline(__always)
    var isNone: Bool { id == .max }

    /// Whether it is one, and was seen after `time`.
    @inline(__always)
    func counts(after time: Timestamp) -> Bool { !isNone && seen > time }

    /// The order in which members are told: earliest sight first.
    static func precedes(_ a: Member, _ b: Member) -> Bool { (a.seen, a.id) < (b.seen, b.id) }
}

/// What an observation found in a window.
struct Sighting {
    /// The member's latest sight before this one; `nil` if it was not in the window.
    var previous: Timestamp?
    /// The event lies before the window: it changed nothing.
    var isTooOld = false
    /// Members in the window now. Of no meaning where the event was too old.
    var count = 0
    /// Those of them that are new accounts.
    var freshCount = 0
}

/// Distinct members in a sliding window of event time.
///
/// Up to three members are forgotten exactly when they leave the window; of more, those that left are swept whenever a
/// sixteenth of its span has gone by, so a member may count that much longer. Both depend only on the events observed, in
/// their order. At ``limit`` members no more are taken in; a ramp never asks for so many.
///
/// Layout: a list of up to eight members, and beyond an open-addressing table, at most half full.
struct MemberWindow: Sendable {
    /// The most members that are told apart.
    static let limit = 4096
    /// Up to so many members are forgotten exactly.
    private static let exactLimit = 3
    private static let listLimit = 8

    private var table: [Member] = []
    /// The latest event time observed.
    private(set) var newest = Timestamp.epoch
    private(set) var nextSweep = Timestamp.epoch
    // Small, since there are many windows; `limit` fits.
    private var storedCount: UInt16 = 0
    private var storedFreshCount: UInt16 = 0

    init() {}

    /// A window in which these members were seen, at most eight, and nothing later.
    init(_ members: some Sequence<Member>) {
        for member in members { insert(member) }
        newest = table.lazy.map(\.seen).max() ?? .epoch
    }

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

    /// Reads the window ahead of its use; the number has no meaning.
    @inline(__always)
    var warm: UInt64 { UInt64(truncatingIfNeeded: table.count) }

    private var isList: Bool { table.count <= Self.listLimit }

    /// Notes that `member` was seen at `time`. `member` must not be `UInt64.max`.
    mutating func observe(_ member: UInt64, at time: Timestamp, isFresh: Bool, window: Interval) -> Sighting {
        newest = max(newest, time)
        slide(window)
        guard time > newest - window else { return Sighting(previous: nil, isTooOld: true) }
        let previous = note(Member(id: member, seen: time, isFresh: isFresh))
        return Sighting(previous: previous, count: count, freshCount: freshCount)
    }

    /// Moves the window on to `time` without a sight.
    mutating func advance(to time: Timestamp, window: Interval) {
        guard count > 0, time > newest else { return }
        newest = time
        slide(window)
        if count == 0 { self = MemberWindow() }
    }

    /// Forgets who has left the window that ends with the latest time, as far as that is due.
    @inline(__always)
    private mutating func slide(_ window: Interval) {
        if count <= Self.exactLimit {
            forget(through: newest - window)
        } else if newest >= nextSweep {
            nextSweep = newest + Interval(microseconds: window.microseconds / 16)
            forget(through: newest - window)
        }
    }

    /// Puts the member in its place, with the later of its sights, and returns its sight before.
    private mutating func note(_ member: Member) -> Timestamp? {
        if let i = find(member.id) {
            let previous = table[i]
            table[i] = Member(id: member.id, seen: max(previous.seen, member.seen), isFresh: member.isFresh)
            if previous.isFresh != member.isFresh { freshCount += member.isFresh ? 1 : -1 }
            return previous.seen
        }
        // Who finds no room is nobody new, and is not signalled for each event.
        guard count < Self.limit else { return member.seen }
        insert(member)
        return nil
    }

    private func find(_ id: UInt64) -> Int? {
        if isList {
            for i in table.indices where table[i].id == id { return i }
            return nil
        }
        let i = place(of: id)
        return table[i].isNone ? nil : i
    }

    /// Where `id` stands in the table, or the free place for it.
    private func place(of id: UInt64) -> Int {
        let mask = table.count - 1
        // Members are references, codes and hashes: multiply (Knuth) so that low bits differ.
        var i = Int(truncatingIfNeeded: (id &* 0x9e37_79b9_7f4a_7c15) >> 40) & mask
        while !table[i].isNone, table[i].id != id { i = (i + 1) & mask }
        return i
    }

    /// Takes in a member that is not in the window.
    private mutating func insert(_ member: Member) {
        count += 1
        if member.isFresh { freshCount += 1 }
        if table.count < Self.listLimit {
            table.append(member)
        } else {
            if count * 2 > table.count { makeTable(of: table.filter { !$0.isNone }, for: count) }
            table[place(of: member.id)] = member
        }
    }

    /// Forgets who was last seen at `horizon` or before.
    private mutating func forget(through horizon: Timestamp) {
        guard table.contains(where: { !$0.isNone && $0.seen <= horizon }) else { return }
        let kept = table.filter { $0.counts(after: horizon) }
        count = kept.count
        freshCount = kept.count { $0.isFresh }
        if count <= Self.listLimit { table = kept } else { makeTable(of: kept, for: count) }
    }

    private mutating func makeTable(of members: [Member], for count: Int) {
        var size = 32
        while size < count * 2 { size *= 2 }
        table = Array(repeating: .none, count: size)
        for member in members { table[place(of: member.id)] = member }
    }

    /// How many members were seen after `time`.
    func count(after time: Timestamp) -> Int { table.count { $0.counts(after: time) } }

    /// The members in the window, earliest sight first.
    var members: [Member] { table.filter { !$0.isNone }.sorted(by: Member.precedes) }
}

// MARK: - State

// How many members, each with its sight, in their order; then, where it does not follow from them, the latest time and how
// long after it the next sweep is due.
extension MemberWindow {
    func encode(into writer: inout StateWriter) {
        let members = self.members
        writer.write(UInt16(members.count))
        for member in members { member.encode(into: &writer) }
        let sweepIn = max(0, nextSweep.microseconds - newest.microseconds)
        let follows = sweepIn == 0 && newest == members.last?.seen ?? .epoch
        writer.write(!follows)
        if follows { return }
        writer.write(newest)
        writer.write(sweepIn)
    }

    /// Reads what stands behind the count of the members.
    ///
    /// - Parameter isMember: Whether a number can be a member's.
    init(
        count members: Int, from reader: inout StateReader, window: Interval, where isMember: (UInt64) -> Bool
    ) throws(StateFault) {
        guard members <= Self.limit else { throw .invalid("the members of a window") }
        guard reader.remaining >= members * 16 else { throw .truncated }
        var last: Member?
        for _ in 0..<members {
            let member = try Member(from: &reader, where: isMember)
            guard find(member.id) == nil, last.map({ Member.precedes($0, member) }) ?? true else {
                throw .invalid("the members of a window")
            }
            insert(member)
            last = member
        }
        newest = last?.seen ?? .epoch
        if try reader.readBool() { try readTimes(from: &reader, window: window) }
    }

    /// Reads a window of anything.
    init(from reader: inout StateReader, window: Interval) throws(StateFault) {
        let count = Int(try reader.read(UInt16.self))
        try self.init(count: count, from: &reader, window: window) { _ in true }
    }

    /// Reads the times that do not follow from the members.
    mutating func readTimes(from reader: inout StateReader, window: Interval) throws(StateFault) {
        let latest = try reader.readTimestamp()
        let sweepIn = try reader.read(Int64.self)
        guard count > 0, latest >= newest, sweepIn >= 0, sweepIn <= window.microseconds / 16,
            latest > newest || sweepIn > 0
        else { throw .invalid("the time of a window") }
        newest = latest
        nextSweep = newest + Interval(microseconds: sweepIn)
    }
}

extension Member {
    @inline(__always)
    func encode(into writer: inout StateWriter) {
        writer.write(id)
        writer.write(packed)
    }

    init(from reader: inout StateReader, where isMember: (UInt64) -> Bool) throws(StateFault) {
        id = try reader.read()
        packed = try reader.read()
        guard !isNone, isMember(id), seen.isEventTime else { throw .invalid("a member") }
    }
}
