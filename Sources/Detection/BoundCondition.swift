import RiskModel

/// A condition with its lists found and its texts as bytes.
struct BoundCondition: Sendable {
    private enum Test: Sendable {
        case text(Field, [[UInt8]])
        case present(Field)
        case country([CountryCode])
        case flags(NetworkFlags)
        case listed(UInt64)
        case newAccount(Interval)
        case captive, oneDevice, noOtherDevice
        case first(Sights)
    }

    let condition: Condition
    /// The kinds of events whose type and outcome count: see ``RiskModel/Event/kind``.
    let kinds: UInt32
    private var tests: [(test: Test, isNegated: Bool)] = []

    init(_ condition: Condition, list: (String) -> ListBinding?) {
        self.condition = condition
        kinds = condition.kinds
        asksForFlags = condition.clauses.contains { if case .flags = $0.test { !$0.isNegated } else { false } }
        tests = condition.clauses.map { clause in
            let test: Test =
                switch clause.test {
                case .text(let field, let values): .text(field, values.map { Array($0.utf8) })
                case .present(let field): .present(field)
                case .country(let codes): .country(codes)
                case .flags(let flags): .flags(flags)
                case .list(let name): .listed(list(name).map { 1 << UInt64($0.bit) } ?? 0)
                case .newAccount(let span): .newAccount(span)
                case .captive: .captive
                case .oneDevice: .oneDevice
                case .noOtherDevice: .noOtherDevice
                case .first(let sights): .first(sights)
                }
            return (test, clause.isNegated)
        }
    }

    /// Whether the rule asks for certain kinds of networks by itself.
    let asksForFlags: Bool

    /// Whether more than type and outcome is asked for.
    var hasClauses: Bool { !tests.isEmpty }

    /// Whether an event of a batch counts.
    @inline(__always)
    func holds(for event: Int, of batch: borrowing EventBatch, standing: Standing) -> Bool {
        batch.events[event].kind & kinds != 0 && clausesHold(for: event, of: batch, standing: standing)
    }

    /// Whether an event of a batch counts whose type and outcome do.
    @inline(__always)
    func clausesHold(for event: Int, of batch: borrowing EventBatch, standing: Standing) -> Bool {
        tests.isEmpty || testsHold(event, batch, standing)
    }

    // An event is named by its place in the batch: passed by value it would be copied, 300 bytes for each rule.
    private func testsHold(_ event: Int, _ batch: borrowing EventBatch, _ standing: Standing) -> Bool {
        for (test, isNegated) in tests where Self.holds(test, event, batch, standing) == isNegated { return false }
        return true
    }

    private static func holds(
        _ test: Test, _ event: Int, _ batch: borrowing EventBatch, _ standing: Standing
    ) -> Bool {
        switch test {
        case .text(let field, let values):
            let text = batch.text.span
            let value = text.extracting(field.text(of: batch.events[event], in: text).range)
            return !value.isEmpty && values.contains { value.equals($0) }
        case .present(let field):
            return field.isText
                ? !field.text(of: batch.events[event], in: batch.text.span).isEmpty
                : field.words(of: batch.events[event]) != nil
        case .country(let codes): return codes.contains(batch.events[event].place.country)
        case .flags(let flags): return !batch.events[event].place.flags.isDisjoint(with: flags)
        case .listed(let bit): return batch.events[event].listed & bit != 0
        case .newAccount(let span): return standing.isFresh(at: batch.events[event].time, for: span)
        case .captive: return standing.life.isCaptive
        case .oneDevice: return standing.life.hasOneDevice
        case .noOtherDevice: return standing.life.hasNoOtherDevice
        case .first(let sights): return standing.firsts.isSuperset(of: sights)
        }
    }
}

extension Span<UInt8> {
    func equals(_ other: [UInt8]) -> Bool { equals(other.span) }
}
