import RiskModel
import Testing

@testable import Detection

@Suite struct ConditionTests {
    /// A clause with a fact of which it holds and one of which it does not.
    struct Example: Sendable, CustomTestStringConvertible {
        var test: Clause.Test
        var holds: Fact
        var fails: Fact
        var testDescription: String { "\(test)" }
    }

    private static func fact(_ change: (inout Fact) -> Void) -> Fact {
        var fact = Fact(seconds: 1_000_000, type: .message, account: "a")
        change(&fact)
        return fact
    }

    static let examples: [Example] = [
        Example(
            test: .text(.device, ["one", "two"]), holds: fact { $0.device = "two" }, fails: fact { $0.device = "tw" }),
        Example(test: .text(.attribute0, ["gold"]), holds: fact { $0.attribute = "gold" }, fails: fact { _ in }),
        Example(
            test: .text(.emailDomain, ["example.org"]), holds: fact { $0.mailbox = "a@example.org" },
            fails: fact { $0.mailbox = "a@sub.example.org" }),
        Example(test: .present(.phone), holds: fact { $0.phone = "+43" }, fails: fact { _ in }),
        Example(
            test: .present(.ip), holds: fact { $0.ip = "192.0.2.1" }, fails: fact { $0.device = "192.0.2.1" }),
        Example(
            test: .present(.cardCountry), holds: fact { $0.cardCountry = "AT" },
            fails: fact { $0.place = Place(.london) }
        ),
        Example(
            test: .country(["FR", "GB"].compactMap { CountryCode($0) }), holds: fact { $0.place = Place(.london) },
            fails: fact { $0.place = Place(.tokyo) }),
        Example(
            test: .flags([.vpn, .tor]), holds: fact { $0.place.flags = [.tor, .hosting] },
            fails: fact { $0.place.flags = .hosting }),
        Example(test: .list("listed"), holds: fact { $0.listed = 1 << 9 }, fails: fact { $0.listed = 1 << 8 }),
        Example(test: .list("unknown"), holds: fact { _ in }, fails: fact { $0.listed = .max }),
    ]

    private static func counts(_ clauses: [Clause], _ facts: [Fact]) -> Bool {
        let rule = Rule.of(
            .match(
                MatchParameters(
                    test: .any, window: Interval(seconds: 60), gap: .zero, ramp: Ramp(allow: 0, saturate: 1))),
            Condition(types: [.message], clauses: clauses))
        var folds = Folds(CompiledRules([rule]) { $0 == "listed" ? ListBinding(bit: 9, field: .ip) : nil })
        folds.run(facts)
        return folds.said().contains { $0.seq == facts.count }
    }

    @Test(arguments: examples) func `a clause holds or not, and negated the other way`(example: Example) {
        let isKnown = example.test != .list("unknown")
        #expect(Self.counts([Clause(example.test)], [example.holds]) == isKnown)
        #expect(Self.counts([Clause(example.test, isNegated: true)], [example.holds]) == !isKnown)
        #expect(!Self.counts([Clause(example.test)], [example.fails]))
        #expect(Self.counts([Clause(example.test, isNegated: true)], [example.fails]))
    }

    @Test func `all clauses must hold`() {
        let clauses = [Clause(.text(.device, ["one"])), Clause(.country([CountryCode("GB")!]), isNegated: true)]
        #expect(Self.counts(clauses, [Self.fact { $0.device = "one" }]))
        #expect(!Self.counts(clauses, [Self.fact { $0.device = "two" }]))
        let other = Self.fact {
            $0.device = "one"
            $0.place = Place(.london)
        }
        #expect(!Self.counts(clauses, [other]))
    }

    @Test(arguments: [false, true]) func `an account is new for as long as the clause says`(isNegated: Bool) {
        let registration = Self.fact {
            $0.type = .registration
            $0.seconds = 900_000
        }
        func isNew(for span: Int64) -> Bool {
            Self.counts(
                [Clause(.newAccount(Interval(seconds: span)), isNegated: isNegated)],
                [registration, Self.fact { _ in }])
        }
        #expect(isNew(for: 100_000) != isNegated && isNew(for: 99_999) == isNegated)
        let clause = Clause(.newAccount(Interval(seconds: 1_000_000)), isNegated: isNegated)
        #expect(Self.counts([clause], [Self.fact { _ in }]) == isNegated)
    }

    @Test(arguments: [false, true]) func `a first is what the account never used`(isNegated: Bool) {
        let known = Self.fact { $0.device = "one" }
        func isFirst(_ device: String) -> Bool {
            Self.counts([Clause(.first(.device), isNegated: isNegated)], [known, Self.fact { $0.device = device }])
        }
        #expect(isFirst("two") != isNegated && isFirst("one") == isNegated && isFirst("") == isNegated)
    }

    @Test(arguments: [false, true]) func `types and outcomes stand before all clauses`(isNegated: Bool) {
        let login = Self.fact { $0.type = .login }
        #expect(!Self.counts([Clause(.present(.device), isNegated: isNegated)], [login]))
        let verdict = Self.fact { $0.type = .verdict }
        let rule = Rule.of(
            .rate(RateParameters(key: .account, window: Interval(seconds: 60), ramp: Ramp(allow: 0, saturate: 1))))
        var folds = Folds(CompiledRules([rule]))
        folds.run([verdict])
        #expect(folds.signals.isEmpty)
    }
}
