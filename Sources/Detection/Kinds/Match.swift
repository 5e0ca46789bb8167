import RiskModel

/// `match`: repeated events that a list or a flag names, or in which two fields disagree.
///
/// A match closer than `gap` to an attempt is part of it; a stream of them is an attempt each `gap`. One attempt weighs
/// little; what counts is how many there are in the window.
struct MatchColumn: AccountColumn {
    let rule: Bound<MatchParameters>
    private let list: ListBinding?
    /// Few accounts match anything.
    private var states = SparseStates<MatchState>()

    init(_ rule: Bound<MatchParameters>, list: ListBinding?) {
        self.rule = rule
        self.list = list
    }

    var shape: UInt64 { rule.shape }
    var condition: BoundCondition { rule.condition }

    mutating func pass(_ visit: AccountVisit, _ positions: [UInt32], to signals: inout [Signal]) {
        for position in positions {
            let event = visit.event(position)
            guard names(event, of: visit.batch),
                let finding = observe(visit.standing(position).account.slot, at: visit.batch.events[event].time)
            else { continue }
            let value = label(visit.batch.events[event], in: visit.batch)
            signals.append(
                visit.signal(
                    position, rule.index, finding.strength, .match(value: value, count: finding.count)))
        }
    }

    /// Observes one match; the strength and the attempts in the window, or `nil` if this was no new attempt.
    mutating func observe(_ slot: Int, at time: Timestamp) -> (strength: Double, count: Int)? {
        states[slot, default: MatchState()].observe(at: time, parameters: rule.parameters)
    }

    /// Whether the event is one that the rule names.
    @inline(__always)
    private func names(_ event: Int, of batch: borrowing EventBatch) -> Bool {
        switch rule.parameters.test {
        case .flags(let flags): !batch.events[event].place.flags.isDisjoint(with: flags)
        case .list:
            if let list { batch.events[event].listed & 1 << UInt64(list.bit) != 0 } else { false }
        case .differ(let one, let other): Self.differ(one, other, batch.events[event], batch.text.span)
        case .any: true
        }
    }

    /// Whether both fields are there and are not the same.
    private static func differ(_ one: Field, _ other: Field, _ event: Event, _ text: Span<UInt8>) -> Bool {
        guard one.isText == other.isText else { return false }
        if one.isText {
            let (a, b) = (one.text(of: event, in: text), other.text(of: event, in: text))
            guard !a.isEmpty, !b.isEmpty else { return false }
            let (first, second) = (text.extracting(a.range), text.extracting(b.range))
            guard first.count == second.count else { return true }
            return first.indices.contains { first[$0] != second[$0] }
        }
        guard let a = one.words(of: event), let b = other.words(of: event) else { return false }
        return a != b
    }

    /// What was named, for the evidence. Of a mailbox only the domain, of a telephone number only its beginning.
    private func label(_ event: Event, in batch: EventBatch) -> String {
        switch rule.parameters.test {
        case .flags(let flags):
            return event.place.flags.intersection(flags).labels.map { $0.replacing("_", with: " ") }
                .joined(separator: ", ")
        case .list:
            guard let list else { return "" }
            switch list.field {
            case .email: return Field.emailDomain.label(of: event, in: batch)
            case .phone: return String(Field.phonePrefix.label(of: event, in: batch).prefix(6)) + "…"
            default: return list.field.label(of: event, in: batch)
            }
        case .differ(let one, let other):
            return "\(one.noun) \(one.label(of: event, in: batch)), \(other.noun) \(other.label(of: event, in: batch))"
        case .any: return ""
        }
    }

    mutating func clear(_ slot: Int) { states.clear(slot) }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        states.encode(into: &writer) { $0.encode(into: &$1) }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        let parameters = rule.parameters
        try states.decode(slotsOf: index, from: &reader) { reader throws(StateFault) in
            try MatchState(from: &reader, parameters: parameters)
        }
    }
}

struct MatchState: Sendable {
    /// Times of the attempts in the window, the latest, at most as many as the ramp asks for; in no order.
    private var attempts: [Timestamp] = []
    private var newest = Timestamp.epoch

    init() {}

    /// Observes one match; the strength and the attempts in the window, or `nil` if this was no new attempt.
    mutating func observe(at time: Timestamp, parameters: MatchParameters) -> (strength: Double, count: Int)? {
        newest = max(newest, time)
        let horizon = newest - parameters.window
        guard time > horizon else { return nil }
        attempts.removeAll { $0 <= horizon }
        let isNew = attempts.allSatisfy { abs((time - $0).microseconds) >= parameters.gap.microseconds }
        guard isNew else { return nil }
        attempts.append(time)
        if attempts.count > parameters.attemptLimit,
            let earliest = attempts.indices.min(by: { attempts[$0] < attempts[$1] })
        {
            attempts.remove(at: earliest)
        }
        let strength = parameters.ramp.strength(Double(attempts.count))
        return strength > 0 ? (strength, attempts.count) : nil
    }

    // The latest match, and the attempts in their order.
    func encode(into writer: inout StateWriter) {
        writer.write(newest)
        writer.write(count: attempts.count)
        for attempt in attempts.sorted() { writer.write(attempt) }
    }

    init(from reader: inout StateReader, parameters: MatchParameters) throws(StateFault) {
        newest = try reader.readTimestamp()
        let count = try reader.readCount(bytesEach: 8)
        guard count <= parameters.attemptLimit else { throw .invalid("the attempts") }
        for _ in 0..<count {
            let attempt = try reader.readTimestamp()
            guard attempt <= newest, attempts.last.map({ $0 <= attempt }) ?? true else {
                throw .invalid("an attempt")
            }
            attempts.append(attempt)
        }
    }
}

extension MatchParameters {
    /// How many attempts are kept: as many as make the strength 1.
    var attemptLimit: Int { Int(ramp.saturate.rounded(.up)) }
}

extension Field {
    /// The field in a sentence about its value.
    fileprivate var noun: String {
        switch self {
        case .cardCountry: "card of"
        case .country: "used from"
        default: name.replacing("_", with: " ")
        }
    }
}

extension String {
    func replacing(_ old: Character, with new: Character) -> String {
        String(map { $0 == old ? new : $0 })
    }
}
