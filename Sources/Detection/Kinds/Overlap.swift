import RiskModel

/// `overlap`: several members of a key at work at once, kept up over time.
///
/// Event time is cut into slots. A slot in which `concurrent` different members were seen is an occasion; what counts is how
/// many occasions there are in the window. One occasion can be a journey, a second device, a hand-over; a shared account has
/// one after another. Where the member is a place, relays do not count: they move a person across the world in a second.
struct OverlapColumn: PatternColumn {
    /// Who was seen first in the slot at hand: most keys never have another.
    private struct Slot: Sendable {
        /// -1 before the first.
        var number: Int64 = -1
        var first: UInt64 = 0
    }

    /// The others of a slot, and how many slots were occasions.
    fileprivate struct Others: Sendable {
        /// Whose others they are; of an earlier slot they are nobody's.
        var number: Int64 = -1
        var members: [UInt64] = []
        var isCounted = false
        var occasions = RateWindow()
    }

    let rule: Bound<OverlapParameters>
    private var slots = SlotArray<Slot>()
    private var others = SparseStates<Others>()

    init(_ rule: Bound<OverlapParameters>) { self.rule = rule }

    var memory: Interval { rule.parameters.window }

    /// Observes an event; what there is to say when a slot has become an occasion.
    mutating func observe(
        _ slot: Int, _ event: Int, of batch: borrowing EventBatch, _ standing: Standing, _ hash: KeyHash
    ) -> (strength: Double, count: Int, traits: [String])? {
        let parameters = rule.parameters
        let field = parameters.member
        if field.isPlace, rule.skips(batch.events[event].place.flags) { return nil }
        let text = batch.text.span
        let member = field.member(of: batch.events[event], account: standing.account, text: text, hash: hash)
        guard let member else { return nil }
        let time = batch.events[event].time
        let number = time.microseconds / parameters.slot.microseconds
        guard number >= slots[slot].number else { return nil }
        let isFirst = number > slots[slot].number
        if isFirst { slots[slot] = Slot(number: number, first: member) }
        if isFirst ? parameters.concurrent > 1 : member == slots[slot].first { return nil }
        return others[slot, default: Others()].observe(
            isFirst ? nil : member, beside: slots[slot].first, number, time, parameters
        ).map { ($0.strength, $0.count, $0.members.compactMap { field.memberName($0) }) }
    }

    func warm(_ slots: [UInt32]) -> UInt64 { slots.reduce(0) { $0 &+ self.slots[Int($1)].first } }

    mutating func grow(to count: Int) { slots.grow(to: count, with: Slot()) }

    mutating func clear(_ slot: Int) {
        slots[slot] = Slot()
        others.clear(slot)
    }

    // The keys with a slot, in their order; of each the slot, whether it was counted, its members and the occasions.
    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        let live = index.liveSlots.filter { slots[$0].number >= 0 }
        writer.write(count: live.count)
        for slot in live {
            let others = others[slot] ?? Others()
            let isSame = others.number == slots[slot].number
            writer.write(UInt32(slot))
            writer.write(slots[slot].number)
            writer.write(isSame && others.isCounted)
            let members = [slots[slot].first] + (isSame ? others.members : [])
            writer.write(count: members.count)
            for member in members { writer.write(member) }
            others.occasions.encode(into: &writer)
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        let parameters = rule.parameters
        for _ in 0..<(try reader.readCount(bytesEach: 5)) {
            let slot = Int(try reader.read(UInt32.self))
            guard index.isLive(slot), slots[slot].number < 0 else { throw .invalid("a key with a slot") }
            let number = try reader.read(Int64.self)
            guard number >= 0 else { throw .invalid("a slot") }
            var decoded = Others(number: number)
            decoded.isCounted = try reader.readBool()
            for _ in 0..<(try reader.readCount(bytesEach: 8)) { decoded.members.append(try reader.read()) }
            guard !decoded.members.isEmpty, decoded.members.count <= parameters.concurrent else {
                throw .invalid("the members of a slot")
            }
            slots[slot] = Slot(number: number, first: decoded.members.removeFirst())
            decoded.occasions = try RateWindow(from: &reader, window: parameters.window)
            if decoded.isCounted || !decoded.members.isEmpty || !decoded.occasions.isEmpty {
                others[slot, default: Others()] = decoded
            }
        }
    }
}

extension OverlapColumn.Others {
    /// Notes another member of a slot, or none where the first is enough; the strength, how many occasions there were, and who
    /// was seen, where the slot has become an occasion.
    fileprivate mutating func observe(
        _ member: UInt64?, beside first: UInt64, _ number: Int64, _ time: Timestamp, _ parameters: OverlapParameters
    ) -> (strength: Double, count: Int, members: [UInt64])? {
        if number != self.number {
            self.number = number
            members.removeAll(keepingCapacity: true)
            isCounted = false
        }
        if isCounted { return nil }
        if let member {
            if members.contains(member) { return nil }
            members.append(member)
        }
        guard members.count + 1 >= parameters.concurrent else { return nil }
        isCounted = true
        let count = occasions.observe(at: time, window: parameters.window)
        let strength = parameters.ramp.strength(Double(count))
        return strength > 0 ? (strength, count, [first] + members) : nil
    }
}
