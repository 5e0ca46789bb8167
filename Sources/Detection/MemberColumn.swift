import RiskModel

/// The member windows of one rule, by slot of their keys; each with room for its key's escalation.
///
/// Most keys have one member or two. These stand in the column itself, in 40 bytes a key without references; a window of its
/// own is made for a key that has more, and given back when it has two again. The results are those of a
/// ``MemberWindow`` for each key.
struct MemberColumn: Sendable {
    /// A key's members, while there are at most two.
    fileprivate struct Few: Sendable {
        // `second` is none where `first` is.
        var first = Member.none
        var second = Member.none
        /// Where the key's window stands in `many`, plus one; 0 while it has none.
        var place: UInt32 = 0
        var escalation = Escalation()
    }

    private var few = SlotArray<Few>()
    private var many: [MemberWindow] = []
    /// Places in `many` that are nobody's.
    private var free: [UInt32] = []

    /// Reads slots ahead of their use, in loops whose loads do not wait for each other. The number has no meaning.
    func warm(_ slots: [UInt32]) -> UInt64 {
        var sum: UInt64 = 0
        for slot in slots { sum &+= few[Int(slot)].first.id &+ UInt64(few[Int(slot)].place) }
        for slot in slots where few[Int(slot)].place != 0 { sum &+= many[Int(few[Int(slot)].place) - 1].warm }
        return sum
    }

    /// Makes the slots below `count`, as for new keys, where they are not there yet.
    mutating func grow(to count: Int) { few.grow(to: count, with: Few()) }

    /// Leaves the slot as for a new key.
    mutating func clear(_ slot: Int) {
        giveBack(few[slot].place)
        few[slot] = Few()
    }

    /// Notes the strength of a key, and returns whether it has risen by a step.
    @inline(__always)
    mutating func rises(_ slot: Int, to strength: Double) -> Bool { few[slot].escalation.rises(to: strength) }

    /// Notes that nothing is wrong with a key.
    @inline(__always)
    mutating func calm(_ slot: Int) { few[slot].escalation = Escalation() }

    /// The members in a key's window, earliest sight first.
    func members(of slot: Int) -> [Member] {
        let few = few[slot]
        return few.place == 0 ? few.members : many[Int(few.place) - 1].members
    }

    /// How many members were seen after `time`.
    func count(of slot: Int, after time: Timestamp) -> Int {
        let few = few[slot]
        if few.place != 0 { return many[Int(few.place) - 1].count(after: time) }
        return (few.first.counts(after: time) ? 1 : 0) + (few.second.counts(after: time) ? 1 : 0)
    }

    /// Notes that `member` was seen at `time`. `member` must not be `UInt64.max`.
    @inline(__always)
    mutating func observe(
        _ slot: Int, _ member: UInt64, at time: Timestamp, isFresh: Bool, window: Interval
    ) -> Sighting {
        if few[slot].place == 0,
            let sighting = few[slot].observe(member, at: time, isFresh: isFresh, window: window)
        {
            return sighting
        }
        return observeMany(slot, member, time, isFresh, window)
    }

    @inline(never)
    private mutating func observeMany(
        _ slot: Int, _ member: UInt64, _ time: Timestamp, _ isFresh: Bool, _ window: Interval
    ) -> Sighting {
        if few[slot].place == 0 { store(MemberWindow(few[slot].members), slot) }
        let place = Int(few[slot].place) - 1
        let sighting = many[place].observe(member, at: time, isFresh: isFresh, window: window)
        if many[place].followsFromTwo { settle(slot) }
        return sighting
    }

    private mutating func store(_ window: MemberWindow, _ slot: Int) {
        if let place = free.popLast() {
            many[Int(place)] = window
            few[slot].place = place + 1
        } else {
            many.makeRoom()
            many.append(window)
            few[slot].place = UInt32(many.count)
        }
    }

    /// Takes the members of a window that follows from them, and gives it back.
    private mutating func settle(_ slot: Int) {
        let members = many[Int(few[slot].place) - 1].members
        few[slot].first = members.first ?? .none
        few[slot].second = members.count == 2 ? members[1] : .none
        giveBack(few[slot].place)
        few[slot].place = 0
    }

    private mutating func giveBack(_ place: UInt32) {
        guard place > 0 else { return }
        many[Int(place) - 1] = MemberWindow()
        free.append(place - 1)
    }
}

extension MemberWindow {
    /// Whether at most two members say all that there is to say of the window: the latest time is theirs, and no sweep is
    /// put off.
    fileprivate var followsFromTwo: Bool {
        count <= 2 && nextSweep <= newest && newest == members.last?.seen ?? .epoch
    }
}

extension MemberColumn.Few {
    fileprivate var members: [Member] {
        if second.isNone { return first.isNone ? [] : [first] }
        return Member.precedes(first, second) ? [first, second] : [second, first]
    }

    /// As ``MemberWindow/observe(_:at:isFresh:window:)``; `nil` where there is no room for another member.
    @inline(__always)
    fileprivate mutating func observe(
        _ id: UInt64, at time: Timestamp, isFresh: Bool, window: Interval
    ) -> Sighting? {
        // In plain numbers: this is the innermost of all loops.
        let now = time.microseconds
        let horizon = max(now, first.seen.microseconds, second.seen.microseconds) - window.microseconds
        if now <= horizon { return Sighting(isTooOld: true) }
        if second.seen.microseconds <= horizon { second = .none }
        if first.seen.microseconds <= horizon {
            first = second
            second = .none
        }
        var previous: Timestamp?
        if first.id == id {
            previous = first.seen
            first = Member(id: id, seen: max(first.seen, time), isFresh: isFresh)
        } else if second.id == id {
            previous = second.seen
            second = Member(id: id, seen: max(second.seen, time), isFresh: isFresh)
        } else if first.isNone {
            first = Member(id: id, seen: time, isFresh: isFresh)
        } else if second.isNone {
            second = Member(id: id, seen: time, isFresh: isFresh)
        } else {
            return nil
        }
        return Sighting(
            previous: previous, count: second.isNone ? 1 : 2,
            freshCount: (first.isFresh ? 1 : 0) + (second.isFresh ? 1 : 0))
    }
}

// MARK: - State

extension MemberColumn {
    /// Writes what there is of a slot.
    func encode(_ slot: Int, into writer: inout StateWriter) {
        let few = few[slot]
        few.escalation.encode(into: &writer)
        if few.place != 0 {
            many[Int(few.place) - 1].encode(into: &writer)
        } else {
            few.encode(into: &writer)
        }
    }

    /// Reads what there is of a slot, which must be as for a new key.
    mutating func decode(
        _ slot: Int, from reader: inout StateReader, window span: Interval, where isMember: (UInt64) -> Bool
    ) throws(StateFault) {
        few[slot].escalation = try Escalation(from: &reader)
        let count = Int(try reader.read(UInt16.self))
        guard count <= 2 else {
            store(try MemberWindow(count: count, from: &reader, window: span, where: isMember), slot)
            return
        }
        let first = count > 0 ? try Member(from: &reader, where: isMember) : .none
        let second = count > 1 ? try Member(from: &reader, where: isMember) : .none
        guard count < 2 || first.id != second.id && Member.precedes(first, second) else {
            throw .invalid("the members of a window")
        }
        few[slot].first = first
        few[slot].second = second
        if try reader.readBool() {
            var window = MemberWindow(few[slot].members)
            try window.readTimes(from: &reader, window: span)
            store(window, slot)
        }
    }
}

extension MemberColumn.Few {
    /// The bytes of a window with these members.
    fileprivate func encode(into writer: inout StateWriter) {
        let isInOrder = second.isNone || Member.precedes(first, second)
        writer.write(UInt16((first.isNone ? 0 : 1) + (second.isNone ? 0 : 1)))
        if !isInOrder { second.encode(into: &writer) }
        if !first.isNone { first.encode(into: &writer) }
        if isInOrder, !second.isNone { second.encode(into: &writer) }
        writer.write(false)
    }
}
