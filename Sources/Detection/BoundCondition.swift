import RiskModel

/// A condition with its lists found and its texts as bytes.
struct BoundCondition: Sendable {
    let condition: Condition
    /// The kinds of events whose type and outcome count: see ``RiskModel/Event/kind``.
    let kinds: UInt32
    /// What is asked for beside type and outcome, if anything.
    let clauses: BoundClauses?
    /// Whether the rule asks for certain kinds of networks by itself.
    let asksForFlags: Bool

    init(_ condition: Condition, list: (String) -> ListBinding?) {
        self.condition = condition
        kinds = condition.kinds
        clauses = condition.clauses.isEmpty ? nil : BoundClauses(condition.clauses, list: list)
        asksForFlags = condition.clauses.contains { if case .flags = $0.test { !$0.isNegated } else { false } }
    }

    /// Whether an event of a batch counts.
    @inline(__always)
    func holds(for event: Int, of batch: borrowing EventBatch, standing: Standing) -> Bool {
        batch.events[event].kind & kinds != 0
            && clauses?.hold(for: event, of: batch, standing: standing) ?? true
    }
}

/// The clauses of a condition. By reference, and each plain data: they are looked at for every event, and whatever is
/// counted by reference in a copy would be counted each time.
final class BoundClauses: Sendable {
    private enum Test: Sendable {
        /// One of the values in this range of `texts`.
        case text(Field, Range<Int>)
        case present(Field)
        /// One of the codes in this range of `countries`.
        case country(Range<Int>)
        case flags(NetworkFlags)
        case listed(UInt64)
        case newAccount(Interval)
        case captive, oneDevice, noOtherDevice
        case first(Sights)
    }

    private let tests: [(test: Test, isNegated: Bool)]
    private let texts: [[UInt8]]
    private let countries: [CountryCode]

    init(_ clauses: [Clause], list: (String) -> ListBinding?) {
        var texts: [[UInt8]] = []
        var countries: [CountryCode] = []
        tests = clauses.map { clause in
            let test: Test =
                switch clause.test {
                case .text(let field, let values): .text(field, Self.append(values.map { Array($0.utf8) }, to: &texts))
                case .present(let field): .present(field)
                case .country(let codes): .country(Self.append(codes, to: &countries))
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
        self.texts = texts
        self.countries = countries
    }

    /// Where the values stand that were appended.
    private static func append<Value>(_ values: [Value], to all: inout [Value]) -> Range<Int> {
        all += values
        return all.count - values.count..<all.count
    }

    /// Whether an event of a batch counts whose type and outcome do.
    // An event is named by its place in the batch: passed by value it would be copied, 300 bytes for each rule.
    func hold(for event: Int, of batch: borrowing EventBatch, standing: Standing) -> Bool {
        for i in tests.indices where holds(tests[i].test, event, batch, standing) == tests[i].isNegated { return false }
        return true
    }

    private func holds(
        _ test: Test, _ event: Int, _ batch: borrowing EventBatch, _ standing: Standing
    ) -> Bool {
        switch test {
        case .text(let field, let values):
            let text = batch.text.span
            let value = text.extracting(field.text(of: batch.events[event], in: text).range)
            return !value.isEmpty && values.contains { value.equals(texts[$0]) }
        case .present(let field):
            return field.isText
                ? !field.text(of: batch.events[event], in: batch.text.span).isEmpty
                : field.words(of: batch.events[event]) != nil
        case .country(let codes): return countries[codes].contains(batch.events[event].place.country)
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
