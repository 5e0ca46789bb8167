import RiskModel

/// `match`: repeated events that a list or a flag names.
///
/// A match closer than `gap` to an attempt is part of it; a stream of them is an attempt each `gap`. One attempt weighs little; what counts is how many there are in the
/// window.
struct MatchState: Sendable {
    /// Times of the attempts in the window, the latest, at most as many as the ramp asks for; in no order.
    private var attempts: [Timestamp] = []
    private var newest = Timestamp.epoch

    /// Observes one match; the strength and the attempts in the window, or `nil` if this was no new attempt.
    mutating func observe(at time: Timestamp, parameters: MatchParameters) -> (strength: Double, count: Int)? {
        newest = max(newest, time)
        let horizon = newest - parameters.window
        guard time > horizon else { return nil }
        attempts.removeAll { $0 <= horizon }
        let isNew = attempts.allSatisfy { abs((time - $0).microseconds) >= parameters.gap.microseconds }
        guard isNew else { return nil }
        attempts.append(time)
        if attempts.count > Int(parameters.ramp.saturate.rounded(.up)),
            let earliest = attempts.indices.min(by: { attempts[$0] < attempts[$1] })
        {
            attempts.remove(at: earliest)
        }
        let strength = parameters.ramp.strength(Double(attempts.count))
        return strength > 0 ? (strength, attempts.count) : nil
    }
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
