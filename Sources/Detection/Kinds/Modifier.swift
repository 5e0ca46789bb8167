import RiskModel

/// `modifier`: raises evidence that there is, and makes none.
///
/// Speaks only of accounts all of whose events in the window have one of the values.
struct ModifierColumn: AccountColumn {
    private struct State: Sendable {
        var matching = RateWindow()
        var others = RateWindow()
    }

    let rule: Bound<ModifierParameters>
    private let values: [[UInt8]]
    private var states = SparseStates<State>()

    init(_ rule: Bound<ModifierParameters>) {
        self.rule = rule
        values = rule.parameters.values.map { Array($0.utf8) }
    }

    var shape: UInt64 { rule.shape }

    var condition: BoundCondition { rule.condition }

    mutating func pass(_ visit: AccountVisit, _ positions: [UInt32], to signals: inout [Signal]) {
        let text = visit.batch.text.span
        let parameters = rule.parameters
        for position in positions {
            let event = visit.event(position)
            let value = text.extracting(parameters.field.text(of: visit.batch.events[event], in: text).range)
            guard !value.isEmpty else { continue }
            let matches = values.contains { value.equals($0) }
            let time = visit.batch.events[event].time
            let place = states.place(of: visit.standing(position).account.slot, making: State())
            let matching = states[at: place].matching.count(at: time, window: parameters.window, adding: matches)
            let others = states[at: place].others.count(at: time, window: parameters.window, adding: !matches)
            let strength = others > 0 ? 0 : parameters.ramp.strength(Double(matching))
            guard strength > 0 else { continue }
            signals.append(
                visit.signal(
                    position, rule.index, strength,
                    .pattern(
                        entity: nil, count: matching,
                        traits: ["\(parameters.field.name) \(parameters.values.joined(separator: ", "))"])))
        }
    }

    mutating func clear(_ slot: Int) { states.clear(slot) }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        states.encode(into: &writer) { state, writer in
            state.matching.encode(into: &writer)
            state.others.encode(into: &writer)
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        let window = rule.parameters.window
        try states.decode(slotsOf: index, from: &reader) { reader throws(StateFault) in
            State(
                matching: try RateWindow(from: &reader, window: window),
                others: try RateWindow(from: &reader, window: window))
        }
    }
}
