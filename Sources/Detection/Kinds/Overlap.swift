import RiskModel

/// `overlap`: several members of a key at work at once, kept up over time.
///
/// Event time is cut into slots. A slot in which `concurrent` different members were seen is an occasion; what counts is how
/// many occasions there are in the window. One occasion can be a journey, a second device, a hand-over; a shared account has
/// one after another. Where the member is a place, relays do not count: they move a person across the world in a second.
struct OverlapColumn: PatternColumn {
    /// Who was seen in the slot at hand.
    private struct Slot: Sendable {
        var number: Int64 = -1
        var members: [UInt64] = []
        var isCounted = false
        var occasions = RateWindow()
    }

    let rule: Bound<OverlapParameters>
    private var states = SparseStates<Slot>()

    init(_ rule: Bound<OverlapParameters>) { self.rule = rule }

    var memory: Interval { rule.parameters.window }

    /// Observes an event; what there is to say when a slot has become an occasion.
    mutating func observe(
        _ slot: Int, _ event: Event, _ standing: Standing, _ batch: EventBatch, _ hash: KeyHash
    ) -> (strength: Double, count: Int, traits: [String])? {
        let parameters = rule.parameters
        let field = parameters.member
        if field.isPlace, rule.skipsRelays(event) { return nil }
        let text = batch.text.span
        guard let member = field.member(of: event, account: standing.account, text: text, hash: hash) else {
            return nil
        }
        let number = event.time.microseconds / parameters.slot.microseconds
        return Self.observe(&states[slot, default: Slot()], member, number, event.time, parameters).map {
            ($0.strength, $0.count, $0.members.compactMap { field.memberName($0) })
        }
    }

    private static func observe(
        _ slot: inout Slot, _ member: UInt64, _ number: Int64, _ time: Timestamp, _ parameters: OverlapParameters
    ) -> (strength: Double, count: Int, members: [UInt64])? {
        guard number >= slot.number else { return nil }
        if number > slot.number {
            slot.number = number
            slot.members.removeAll(keepingCapacity: true)
            slot.isCounted = false
        }
        guard !slot.isCounted, !slot.members.contains(member) else { return nil }
        slot.members.append(member)
        guard slot.members.count >= parameters.concurrent else { return nil }
        slot.isCounted = true
        let count = slot.occasions.observe(at: time, window: parameters.window)
        let strength = parameters.ramp.strength(Double(count))
        return strength > 0 ? (strength, count, slot.members) : nil
    }

    mutating func append() {}

    mutating func clear(_ slot: Int) { states.clear(slot) }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        states.encode(into: &writer) { slot, writer in
            writer.write(slot.number)
            writer.write(slot.isCounted)
            writer.write(count: slot.members.count)
            for member in slot.members { writer.write(member) }
            slot.occasions.encode(into: &writer)
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        let parameters = rule.parameters
        try states.decode(slotsOf: index, from: &reader) { reader throws(StateFault) in
            var slot = Slot()
            slot.number = try reader.read()
            slot.isCounted = try reader.readBool()
            for _ in 0..<(try reader.readCount(bytesEach: 8)) { slot.members.append(try reader.read()) }
            guard slot.members.count <= parameters.concurrent else { throw .invalid("the members of a slot") }
            slot.occasions = try RateWindow(from: &reader, window: parameters.window)
            return slot
        }
    }
}
