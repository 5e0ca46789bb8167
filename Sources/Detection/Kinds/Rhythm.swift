import RiskModel

/// `rhythm`: events of a key that follow each other more regularly, or faster, than a person's.
///
/// Looked at are the latest events in the window, at most ``limit``. They are too regular where the standard deviation of the
/// intervals is below a share of their mean: people's intervals scatter about as widely as they are long. They are too fast
/// where the mean is below what a person needs. Everyone behind them is told.
struct RhythmColumn: EntityColumn {
    private struct Beat: Sendable {
        var time: Timestamp
        var account: UInt64
    }

    private struct State: Sendable {
        /// In order of time.
        var beats: [Beat] = []
        var escalation = Escalation()
    }

    /// How many events are kept for a key.
    private static let limit = 24

    let rule: Bound<RhythmParameters>
    private var states = SparseStates<State>()

    init(_ rule: Bound<RhythmParameters>) { self.rule = rule }

    var shape: UInt64 { rule.shape }
    var memory: Interval { rule.parameters.window }

    mutating func pass(_ visit: EntityVisit, to output: inout EntityOutput) {
        for (index, slot) in zip(visit.events, visit.slots) {
            let event = Int(index)
            let account = visit.passage.standings[event].account
            let place = states.place(of: Int(slot), making: State())
            var state = states.take(at: place, leaving: State())
            defer { states[at: place] = state }
            add(Beat(time: visit.passage.batch.events[event].time, account: account.rawValue), to: &state)
            guard let (strength, traits) = judge(state.beats) else {
                _ = state.escalation.rises(to: 0)
                continue
            }
            let hasRisen = state.escalation.rises(to: strength)
            let cause = visit.cause(rule.index, event, slot)
            output.entitySignals.append(cause.signal(strength: strength, count: state.beats.count))
            guard rule.blame == .accounts else { continue }
            let evidence = Evidence.pattern(entity: cause.entity, count: state.beats.count, traits: traits)
            let told = hasRisen ? Set(state.beats.map(\.account)).sorted() : [account.rawValue]
            for account in told {
                cause.tell(AccountRef(rawValue: account), strength, evidence, to: &output.signals)
            }
        }
    }

    private func add(_ beat: Beat, to state: inout State) {
        let place = state.beats.lastIndex { $0.time <= beat.time }.map { $0 + 1 } ?? 0
        state.beats.insert(beat, at: place)
        let horizon = (state.beats.last?.time ?? beat.time) - rule.parameters.window
        state.beats.removeAll { $0.time <= horizon }
        if state.beats.count > Self.limit { state.beats.removeFirst(state.beats.count - Self.limit) }
    }

    /// The strength, and what is the matter; `nil` where a person could have done it.
    private func judge(_ beats: [Beat]) -> (strength: Double, traits: [String])? {
        let parameters = rule.parameters
        let strength = parameters.ramp.strength(Double(beats.count))
        guard strength > 0, beats.count > 2 else { return nil }
        let intervals = zip(beats, beats.dropFirst()).map { ($1.time - $0.time).seconds }
        let mean = intervals.reduce(0, +) / Double(intervals.count)
        let variance = intervals.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(intervals.count)
        let variation = mean > 0 ? variance.squareRoot() / mean : 0
        var traits: [String] = []
        if mean < parameters.minimumInterval.seconds { traits.append("one every \(Self.words(mean)) on average") }
        if variation < parameters.maximumVariation {
            traits.append("every \(Self.words(mean)), give or take \(Int((variation * 100).rounded())) %")
        }
        return traits.isEmpty ? nil : (strength, traits)
    }

    private static func words(_ seconds: Double) -> String {
        Interval(microseconds: Int64(seconds * 1e6)).approximate
    }

    mutating func clear(_ slot: Int) { states.clear(slot) }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        states.encode(into: &writer) { state, writer in
            state.escalation.encode(into: &writer)
            writer.write(count: state.beats.count)
            for beat in state.beats {
                writer.write(beat.time)
                writer.write(beat.account)
            }
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        try states.decode(slotsOf: index, from: &reader) { reader throws(StateFault) in
            var state = State()
            state.escalation = try Escalation(from: &reader)
            for _ in 0..<(try reader.readCount(bytesEach: 16)) {
                let beat = Beat(time: try reader.readTimestamp(), account: try reader.read())
                guard state.beats.last.map({ $0.time <= beat.time }) ?? true, state.beats.count < Self.limit,
                    AccountRef(rawValue: beat.account).isAccountOrNone
                else { throw .invalid("an event of a rhythm") }
                state.beats.append(beat)
            }
            return state
        }
    }
}

extension AccountRef {
    var isAccountOrNone: Bool { self == .none || isInPartition }
}
