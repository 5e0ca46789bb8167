import RiskModel
import Testing

@testable import Detection

@Suite struct RuleChangeTests {
    /// Without what a key's age decides: keys go on whatever becomes of a rule.
    private static let rules = Sample.rules.map { rule in
        guard case .distinct(var parameters) = rule.kind, parameters.baseline != nil else { return rule }
        parameters.baseline?.unknownCap = 1
        return Rule.of(.distinct(parameters), rule.condition, blame: rule.blame, id: rule.id)
    }

    private static let parts: (first: [EventBatch], second: [EventBatch]) = {
        let all = batches(Sample.stream(2_600, seed: 14), size: 200)
        return (Array(all[..<6]), Array(all[6...]))
    }()
    private static let firstState = state(rules)

    /// After the first half.
    private static func state(_ rules: [Rule]) -> [[UInt8]] {
        var folds = Folds(Sample.compile(rules))
        for batch in parts.first { folds.run(batch) }
        return folds.state
    }

    /// What each rule says of the second half, by the rule's id, without what a key's age says of its group.
    private struct Said {
        var signals: [String: [Folds.NamedSignal: Int]] = [:]
        var entitySignals: [String: [EntitySignal: Int]] = [:]

        /// Says it of one rule.
        func isSame(as other: Said, by id: String) -> Bool {
            signals[id] == other.signals[id] && entitySignals[id] == other.entitySignals[id]
        }

        init(_ folds: Folds, _ rules: [Rule]) {
            for (number, rule) in rules.enumerated() {
                for (var signal, count) in folds.signals where signal.rule == number {
                    signal.rule = 0
                    signals[rule.id, default: [:]][signal, default: 0] += count
                }
                for (var signal, count) in folds.entitySignals where signal.rule == number {
                    signal.rule = 0
                    signal.firstSeen = .epoch
                    entitySignals[rule.id, default: [:]][signal, default: 0] += count
                }
            }
        }
    }

    /// Runs the second half under these rules, from a state that other rules may have made.
    private static func run(_ rules: [Rule], from state: [[UInt8]]) throws -> Folds {
        var folds = Folds(Sample.compile(rules))
        try folds.restore(state)
        for batch in parts.second { folds.run(batch) }
        return folds
    }

    private static let reference = Result { Said(try run(rules, from: firstState), rules) }

    /// Each of them makes another shape.
    private static let changes: [@Sendable (inout Rule) -> Void] = [
        { $0.id += "_2" }, { $0.condition.types ^= 1 << EventType.payment.rawValue },
        { $0 = Rule.of($0.kind.withLongerWindow, $0.condition, blame: $0.blame, id: $0.id) },
    ]

    @Test func `rules that changed in weight and ramp alone, and moved, go on counting`() throws {
        let reference = try Self.reference.get()
        let new = Self.rules.reversed().map { rule in
            var rule = rule
            rule.weight = 9
            rule.halfLife = Interval(seconds: 1)
            rule.heuristic = "other"
            rule.reason = "Another."
            return rule
        }
        let moved = Said(try Self.run(new, from: Self.firstState), new)
        for rule in new { #expect(moved.isSame(as: reference, by: rule.id), "\(rule.id)") }
        #expect(Set(moved.signals.keys).union(moved.entitySignals.keys).count == new.count)
    }

    @Test(arguments: 0..<3, 0..<4) func `a changed rule starts empty, and the others go on`(
        change: Int, turn: Int
    ) throws {
        var new = Self.rules
        for number in new.indices where number % 4 == turn { Self.changes[change](&new[number]) }
        let reference = try Self.reference.get()
        // The accounts of the first half, and what hangs on no rule, and nothing that a rule counted.
        let empty = Said(try Self.run(new, from: Self.state([]).dropLast(2) + Self.firstState.suffix(2)), new)
        let said = Said(try Self.run(new, from: Self.firstState), new)
        for (number, rule) in new.enumerated() where !rule.isAssociation {
            let expected = number % 4 == turn ? empty : reference
            #expect(said.isSame(as: expected, by: rule.id), "\(rule.id)")
        }
    }

    @Test func `what ties accounts goes on whatever becomes of the rule`() throws {
        let new = Self.rules.map { rule in
            var rule = rule
            if rule.isAssociation { rule.id = "another" }
            return rule
        }
        let id = Self.rules.first { $0.isAssociation }?.id ?? ""
        let said = Said(try Self.run(new, from: Self.firstState), new)
        #expect(said.signals["another"] == (try Self.reference.get()).signals[id] && said.signals["another"] != nil)
    }

    @Test func `the first half matters`() throws {
        let reference = try Self.reference.get()
        let empty = Said(try Self.run(Self.rules, from: Self.state([])), Self.rules)
        for rule in Self.rules { #expect(!empty.isSame(as: reference, by: rule.id), "\(rule.id)") }
    }

    @Test func `keys that no rule asks for any more are dropped`() throws {
        let new = [Self.rules[0], Self.rules[5]]
        var folds = Folds(Sample.compile(new))
        try folds.restore(Self.firstState)
        #expect(folds.state.dropLast(2) == Self.state(new).dropLast(2))
    }

    @Test func `a ramp may change without the window being lost, but not how many attempts a match keeps`() {
        func distinct(_ saturate: Double, newFor: Int64 = 60, member: Field = .account) -> UInt64 {
            Rule.of(
                .distinct(
                    DistinctParameters(
                        key: .ip, member: member, window: Interval(seconds: 60),
                        ramp: Ramp(allow: 1, saturate: saturate), newFor: Interval(seconds: newFor)))
            ).shape
        }
        #expect(distinct(5) == distinct(50))
        // The members carry whether they are new; only accounts ever are.
        #expect(distinct(5) != distinct(5, newFor: 61))
        #expect(distinct(5, member: .device) == distinct(5, newFor: 61, member: .device))
        func match(_ saturate: Double, _ test: MatchParameters.Test = .list("a"), gap: Int64 = 1) -> UInt64 {
            Rule.of(
                .match(
                    MatchParameters(
                        test: test, window: Interval(seconds: 60), gap: Interval(seconds: gap),
                        ramp: Ramp(allow: 0, saturate: saturate)))
            ).shape
        }
        #expect(match(4.5) == match(5))
        #expect(Set([match(4), match(5), match(4, .list("b")), match(4, .flags(.vpn)), match(4, gap: 2)]).count == 5)
        func rate(_ blame: Blame, _ saturate: Double) -> UInt64 {
            Rule.of(
                .rate(
                    RateParameters(key: .ip, window: Interval(seconds: 60), ramp: Ramp(allow: 0, saturate: saturate))),
                blame: blame
            ).shape
        }
        #expect(rate(.accounts, 3) == rate(.accounts, 4) && rate(.accounts, 3) != rate(.entity, 3))
        func travel(_ speed: Double, _ distance: Double, _ saturate: Double) -> UInt64 {
            Rule.of(
                .travel(
                    TravelParameters(
                        maximumSpeed: speed, minimumDistance: distance, window: Interval(seconds: 60),
                        ramp: Ramp(allow: 0, saturate: saturate)))
            ).shape
        }
        #expect(travel(1, 2, 3) == travel(1, 2, 4))
        #expect(Set([travel(1, 2, 3), travel(2, 2, 3), travel(1, 3, 3)]).count == 3)
    }
}

extension Rule {
    fileprivate var isAssociation: Bool { if case .association = kind { true } else { false } }
}

extension RuleKind {
    /// The same with a window that is a second longer; of an association, with other ties.
    fileprivate var withLongerWindow: RuleKind {
        func longer(_ window: Interval) -> Interval { Interval(microseconds: window.microseconds + 1_000_000) }
        switch self {
        case .distinct(var parameters):
            parameters.window = longer(parameters.window)
            return .distinct(parameters)
        case .rate(var parameters):
            parameters.window = longer(parameters.window)
            return .rate(parameters)
        case .travel(var parameters):
            parameters.window = longer(parameters.window)
            return .travel(parameters)
        case .match(var parameters):
            parameters.window = longer(parameters.window)
            return .match(parameters)
        case .overlap(var parameters):
            parameters.window = longer(parameters.window)
            return .overlap(parameters)
        case .resale(var parameters):
            parameters.window = longer(parameters.window)
            return .resale(parameters)
        case .rhythm(var parameters):
            parameters.window = longer(parameters.window)
            return .rhythm(parameters)
        case .likeness(var parameters):
            parameters.window = longer(parameters.window)
            return .likeness(parameters)
        case .takeover(var parameters):
            parameters.window = longer(parameters.window)
            return .takeover(parameters)
        case .ladder(var parameters):
            parameters.window = longer(parameters.window)
            return .ladder(parameters)
        case .modifier(var parameters):
            parameters.window = longer(parameters.window)
            return .modifier(parameters)
        case .association(var parameters):
            parameters.ties = Array(parameters.ties.dropFirst())
            return .association(parameters)
        }
    }
}
