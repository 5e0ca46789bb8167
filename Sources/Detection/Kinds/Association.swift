import RiskModel

/// `association`: strong ties to accounts that got the verdict `banned`.
///
/// Of each account the latest few values of the fields that tie are kept, as seeded hashes; a verdict of `banned` notes those
/// of its account for the others to be compared with: ``Taints``. Who shares one is told when he comes again: those who were
/// there before the verdict, too.
struct TieColumn: StateColumn {
    private struct State: Sendable {
        var ties = InlineArray<4, UInt64>(repeating: 0)
    }

    /// How many values are kept of an account, over all fields.
    static let limit = 4

    private let rules: [Bound<AssociationParameters>]
    /// What is kept: the fields of all rules.
    private let fields: [Field]
    private let salt: UInt64
    private var states = SlotArray<State>()
    /// By slot: when ties were told last.
    private var told = SparseStates<Timestamp>()

    /// - Parameter salt: What the states depend on beside the fields.
    init(_ rules: [Bound<AssociationParameters>], salt: UInt64) {
        self.rules = rules
        self.salt = salt
        fields = Set(rules.flatMap(\.parameters.ties)).sorted { $0.rawValue < $1.rawValue }
    }

    var shape: UInt64 { KeyHash(seed: 0).hash(Array("ties \(fields)".utf8).span) ^ salt }

    mutating func pass(_ visit: AccountVisit, taints: Taints, to signals: inout [Signal]) {
        let text = visit.batch.text.span
        for (index, standing) in zip(visit.events, visit.standings) {
            let event = Int(index)
            guard visit.batch.events[event].type != .verdict, visit.batch.events[event].outcome != .failure else {
                continue
            }
            var found: [(field: Field, tie: UInt64)] = []
            for field in fields {
                let slice = field.text(of: visit.batch.events[event], in: text)
                guard !slice.isEmpty else { continue }
                let value = visit.hash.hash(text.extracting(slice.range))
                let tie = visit.hash.hash(UInt64(field.rawValue), value) | 1
                keep(tie, of: standing.account.slot)
                if !taints.isEmpty, taints[tie] != nil { found.append((field, tie)) }
            }
            if !found.isEmpty { judge(found, event, standing, visit, taints, &signals) }
        }
    }

    private mutating func judge(
        _ found: [(field: Field, tie: UInt64)], _ index: Int, _ standing: Standing, _ visit: AccountVisit,
        _ taints: Taints, _ signals: inout [Signal]
    ) {
        let text = visit.batch.text.span
        let event = visit.batch.events[index]
        let own = text.extracting(event.account.range)
        let slot = standing.account.slot
        if let last = told[slot], !last.isStale(at: event.time, window: Interval(seconds: 8 * 86_400)) { return }
        for rule in rules {
            let parameters = rule.parameters
            guard rule.condition.holds(for: index, of: visit.batch, standing: standing) else { continue }
            let ties = found.filter { tie in
                guard parameters.ties.contains(tie.field), let taint = taints[tie.tie] else { return false }
                return event.time <= taint.until && event.time <= taint.since + parameters.window
                    && !own.equals(Array(taint.account.utf8))
            }
            let strength = parameters.ramp.strength(Double(ties.count))
            guard strength > 0, let first = ties.first, let taint = taints[first.tie] else { continue }
            told[slot, default: event.time] = event.time
            let kind = first.field.entityKind ?? .device
            let entity = EntityKey(kind: kind, text: first.field.label(of: event, in: visit.batch))
            signals.append(
                Signal(
                    event, standing.account, rule.index, strength,
                    .pattern(
                        entity: entity, count: ties.count,
                        traits: ["\(taint.account)\(NameSearch.bannedMark)\(taint.since.description.prefix(10))"])))
        }
    }

    /// Keeps a value first of all, in place of the one that was used longest ago.
    private mutating func keep(_ tie: UInt64, of slot: Int) {
        if states[slot].ties[0] == tie { return }
        var place = Self.limit - 1
        for i in 0..<Self.limit where states[slot].ties[i] == tie { place = i }
        while place > 0 {
            states[slot].ties[place] = states[slot].ties[place - 1]
            place -= 1
        }
        states[slot].ties[0] = tie
    }

    /// What ties an account to others.
    func ties(of slot: Int) -> [UInt64] {
        states[slot].ties.indices.map { states[slot].ties[$0] }.filter { $0 != 0 }
    }

    func warm(_ slots: [UInt32]) -> UInt64 { slots.reduce(0) { $0 &+ states[Int($1)].ties[0] } }

    mutating func grow(to count: Int) { states.grow(to: count, with: State()) }

    mutating func clear(_ slot: Int) {
        states[slot] = State()
        told.clear(slot)
    }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        for slot in index.liveSlots {
            for i in 0..<Self.limit { writer.write(states[slot].ties[i]) }
        }
        told.encode(into: &writer) { $1.write($0) }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        for slot in index.liveSlots {
            for i in 0..<Self.limit { states[slot].ties[i] = try reader.read() }
        }
        try told.decode(slotsOf: index, from: &reader) { reader throws(StateFault) in try reader.readTimestamp() }
    }
}
