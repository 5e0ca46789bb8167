import RiskModel

/// `ladder`: strikes with memory. A first, light violation is a warning: what it is worth lies within `allow`. What comes
/// after it in the window, or is grave, counts.
struct LadderColumn: AccountColumn {
    struct Strike: Sendable {
        var time: Timestamp
        /// 0 unstated, 1 low to 4 critical.
        var severity: UInt8
    }

    /// The most strikes that are told apart.
    private static let limit = 32

    let rule: Bound<LadderParameters>
    private var states = SparseStates<[Strike]>()

    init(_ rule: Bound<LadderParameters>) { self.rule = rule }

    var shape: UInt64 { rule.shape }

    var condition: BoundCondition { rule.condition }

    mutating func pass(_ visit: AccountVisit, _ positions: [UInt32], to signals: inout [Signal]) {
        for position in positions {
            let event = visit.event(position)
            let strike = Strike(time: visit.batch.events[event].time, severity: visit.batch.events[event].severity)
            let strikes = take(strike, of: visit.standing(position).account.slot)
            let parameters = rule.parameters
            let worth = strikes.reduce(0) { $0 + parameters.worth[Int($1.severity)] }
            let strength = parameters.ramp.strength(worth)
            guard strength > 0 else { continue }
            signals.append(
                visit.signal(
                    position, rule.index, strength,
                    .pattern(entity: nil, count: strikes.count, traits: Self.words(strikes))))
        }
    }

    /// Adds a strike, and returns those in the window.
    private mutating func take(_ strike: Strike, of slot: Int) -> [Strike] {
        var strikes = states[slot] ?? []
        let newest = max(strike.time, strikes.last?.time ?? .epoch)
        let place = strikes.firstIndex { $0.time > strike.time } ?? strikes.endIndex
        strikes.insert(strike, at: place)
        strikes.removeAll { $0.time <= newest - rule.parameters.window }
        if strikes.count > Self.limit { strikes.removeFirst(strikes.count - Self.limit) }
        states[slot, default: []] = strikes
        return strikes
    }

    /// `2 low`, `1 high`.
    private static func words(_ strikes: [Strike]) -> [String] {
        let names = ["unstated", "low", "medium", "high", "critical"]
        return names.indices.compactMap { severity in
            let count = strikes.count { Int($0.severity) == severity }
            return count == 0 ? nil : "\(count) \(names[severity])"
        }
    }

    mutating func clear(_ slot: Int) { states.clear(slot) }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        states.encode(into: &writer) { strikes, writer in
            writer.write(count: strikes.count)
            for strike in strikes {
                writer.write(strike.time)
                writer.write(strike.severity)
            }
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        try states.decode(slotsOf: index, from: &reader) { reader throws(StateFault) in
            var strikes: [Strike] = []
            for _ in 0..<(try reader.readCount(bytesEach: 9)) {
                let strike = Strike(time: try reader.readTimestamp(), severity: try reader.read())
                guard strike.severity <= 4, strikes.last.map({ $0.time <= strike.time }) ?? true,
                    strikes.count < Self.limit
                else { throw .invalid("a strike") }
                strikes.append(strike)
            }
            return strikes
        }
    }
}
