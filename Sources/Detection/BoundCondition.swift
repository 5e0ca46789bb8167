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
        case captive, oneDevice
        case first(Sights)
    }

    let condition: Condition
    private var tests: [(test: Test, isNegated: Bool)] = []

    init(_ condition: Condition, list: (String) -> ListBinding?) {
        self.condition = condition
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
                case .first(let sights): .first(sights)
                }
            return (test, clause.isNegated)
        }
    }

    /// Whether the rule asks for certain kinds of networks by itself.
    var asksForFlags: Bool {
        condition.clauses.contains { if case .flags = $0.test { !$0.isNegated } else { false } }
    }

    /// Whether the event counts.
    @inline(__always)
    func holds(for event: Event, standing: Standing, text: Span<UInt8>) -> Bool {
        guard condition.admits(event) else { return false }
        return tests.isEmpty || testsHold(event, standing, text)
    }

    private func testsHold(_ event: Event, _ standing: Standing, _ text: Span<UInt8>) -> Bool {
        for (test, isNegated) in tests where Self.holds(test, event, standing, text) == isNegated { return false }
        return true
    }

    private static func holds(_ test: Test, _ event: Event, _ standing: Standing, _ text: Span<UInt8>) -> Bool {
        switch test {
        case .text(let field, let values):
            let value = text.extracting(field.text(of: event, in: text).range)
            return !value.isEmpty && values.contains { value.equals($0) }
        case .present(let field):
            return field.isText ? !field.text(of: event, in: text).isEmpty : field.words(of: event) != nil
        case .country(let codes): return codes.contains(event.place.country)
        case .flags(let flags): return !event.place.flags.isDisjoint(with: flags)
        case .listed(let bit): return event.listed & bit != 0
        case .newAccount(let span): return standing.isFresh(at: event.time, for: span)
        case .captive: return standing.life.isCaptive
        case .oneDevice: return standing.life.hasOneDevice
        case .first(let sights): return standing.firsts.isSuperset(of: sights)
        }
    }
}

extension Span<UInt8> {
    func equals(_ other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        for i in indices where self[i] != other[i] { return false }
        return true
    }
}
