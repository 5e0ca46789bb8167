import RiskModel

/// `match`: repeated events that a list or a flag names.
///
/// A match closer than `gap` to an attempt is part of it; a stream of them is an attempt each `gap`. One attempt weighs little; what counts is how many there are in the
/// window.
struct MatchColumn: StateColumn {
    let match: CompiledRules.BoundMatch
    /// By slot; few accounts match anything.
    private var states: [UInt32: MatchState] = [:]

    init(_ match: CompiledRules.BoundMatch) { self.match = match }

    var shape: UInt64 { match.rule.shape }

    /// Observes one match; the strength and the attempts in the window, or `nil` if this was no new attempt.
    mutating func observe(_ slot: Int, at time: Timestamp) -> (strength: Double, count: Int)? {
        states[UInt32(slot), default: MatchState()].observe(at: time, parameters: match.rule.parameters)
    }

    mutating func append() {}

    mutating func clear(_ slot: Int) { states[UInt32(slot)] = nil }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        writer.write(count: states.count)
        for (slot, state) in states.sorted(by: { $0.key < $1.key }) {
            writer.write(slot)
            state.encode(into: &writer)
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        for _ in 0..<(try reader.readCount(bytesEach: 16)) {
            let slot = try reader.read(UInt32.self)
            guard index.isLive(Int(slot)), states[slot] == nil else { throw .invalid("an account with matches") }
            states[slot] = try MatchState(from: &reader, parameters: match.rule.parameters)
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

extension CompiledRules.BoundMatch {
    /// Whether the event is one that the rule names.
    @inline(__always)
    func names(_ event: borrowing Event) -> Bool {
        switch rule.parameters.test {
        case .flags(let flags): !event.place.flags.isDisjoint(with: flags)
        case .list:
            if let list { event.listed & 1 << UInt64(list.bit) != 0 } else { false }
        }
    }

    /// What was named, for the evidence. Of a mailbox only the domain, of a telephone number only its beginning.
    func label(_ event: Event, in batch: EventBatch) -> String {
        switch rule.parameters.test {
        case .flags(let flags):
            return event.place.flags.intersection(flags).labels.map { $0.replacing("_", with: " ") }
                .joined(separator: ", ")
        case .list:
            guard let list else { return "" }
            let text = list.field.label(of: event, in: batch)
            switch list.field {
            case .email: return String(text.drop { $0 != "@" }.dropFirst())
            case .phone: return String(text.prefix(6)) + "…"
            default: return text
            }
        }
    }
}

extension String {
    fileprivate func replacing(_ old: Character, with new: Character) -> String {
        String(map { $0 == old ? new : $0 })
    }
}
