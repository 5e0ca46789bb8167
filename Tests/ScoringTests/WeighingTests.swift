import Glibc
import RiskModel
import TestSupport
import Testing

@testable import Scoring

@Suite struct WeighingTests {
    private static func randomEntries(_ rules: RuleSet, _ random: inout SeededGenerator) -> [RiskRecord.Entry] {
        rules.rules.indices.filter { _ in Bool.random(using: &random) }.map { rule in
            let updated = Timestamp(seconds: Int64.random(in: 90_000...100_100, using: &random))
            return RiskRecord.Entry(
                rule: rule, strength: Double.random(in: 0.01...1, using: &random), since: updated, updated: updated,
                evidence: .match(value: "", count: 1))
        }
    }

    @Test func `the score is what the formula says, cap by cap`() {
        var random = SeededGenerator(seed: 1)
        let now = Timestamp(seconds: 100_000)
        var capped = 0
        var cut = 0
        for _ in 0..<1_000 {
            let rules = randomRules(&random)
            let entries = Self.randomEntries(rules, &random)
            let weighing = Weighing(entries, at: now, rules: rules)
            let formula = Formula(entries, at: now, rules: rules)
            #expect(abs(weighing.score - formula.score) < 1e-9)
            let values = entries.map { entry in
                let rule = rules.rules[entry.rule]
                return weighing.value(strength: entry.strength(at: now, halfLife: rule.halfLife), rule: rule)
            }
            for family in Family.allCases {
                let own = zip(entries, values).filter { entry, _ in
                    let rule = rules.rules[entry.rule]
                    return rule.family == family && !rule.isModifier
                }
                #expect(abs(own.reduce(0) { $0 + $1.1 } - formula.byFamily[family]!) < 1e-9)
            }
            #expect(values.allSatisfy { $0 >= 0 })
            let shadow = Weighing(entries, at: now, rules: rules, countsShadow: true)
            let told = Formula(entries, at: now, rules: rules, countsShadow: true)
            #expect(abs(shadow.score - told.score) < 1e-9)
            capped += formula.capped.count
            cut += Basis.allCases.count { formula.byBasis[$0] == rules.policy.basisCaps[Int($0.rawValue)] }
            for level in Level.allCases {
                #expect(
                    weighing.level(holding: level, policy: rules.policy)
                        == formula.level(holding: level, policy: rules.policy))
            }
        }
        #expect(capped > 100 && cut > 100)
    }

    private static func entries(_ strengths: [Double]) -> [RiskRecord.Entry] {
        strengths.enumerated().map {
            RiskRecord.Entry(
                rule: $0, strength: $1, since: .epoch, updated: .epoch, evidence: .match(value: "", count: 1))
        }
    }

    @Test func `two families that say one fact twice are worth that fact once`() {
        var policy = ScorePolicy.test.uncapped
        policy.basisCaps[Int(Basis.address.rawValue)] = 3
        let rules = RuleSet(
            rules: [
                rule(.network, weight: 2, halfLife: 60, key: .ip), rule(.behaviour, weight: 4, halfLife: 60, key: .asn),
                rule(.device, weight: 1, halfLife: 60),
            ], policy: policy)
        let weighing = Weighing(Self.entries([1, 1, 1]), at: .epoch, rules: rules)
        #expect(abs(weighing.score - 100 / (1 + exp(4.0 - 3 - 1))) < 1e-9)
        // They share the cap in proportion.
        let values = rules.rules.map { weighing.value(strength: 1, rule: $0) }
        #expect(zip(values, [1, 2, 1]).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test func `a modifier makes no evidence, and raises what there is by half at most`() {
        let rules = RuleSet(
            rules: [
                rule(.device, weight: 2, halfLife: 60), modifier(weight: 0.2, halfLife: 60),
                modifier(weight: 0.4, halfLife: 60),
            ], policy: .test)
        func score(_ strengths: [Double]) -> Double {
            Weighing(Self.entries(strengths).filter { $0.strength > 0 }, at: .epoch, rules: rules).score
        }
        let base = ScorePolicy.score(logOdds: -4)
        #expect(score([0, 1, 1]) == base)
        #expect(abs(score([1, 0.5, 0]) - ScorePolicy.score(logOdds: -4 + 2 * 1.1)) < 1e-12)
        #expect(abs(score([1, 1, 1]) - ScorePolicy.score(logOdds: -4 + 2 * 1.5)) < 1e-12)
        // Alone it has no part in the score; with others, the part that it adds.
        let alone = Weighing(Array(Self.entries([0, 1, 0])[1...1]), at: .epoch, rules: rules)
        #expect(alone.value(strength: 1, rule: rules.rules[1]) == 0)
        let both = Weighing(Self.entries([1, 1]), at: .epoch, rules: rules)
        #expect(abs(both.value(strength: 1, rule: rules.rules[1]) - 0.4) < 1e-12)
    }

    @Test func `a rule in shadow counts nothing, and says what it would`() {
        let rules = RuleSet(
            rules: [
                rule(.device, weight: 2, halfLife: 60), rule(.geography, weight: 3, halfLife: 60, isShadow: true),
            ], policy: .test)
        let entries = Self.entries([1, 1])
        let weighing = Weighing(entries, at: .epoch, rules: rules)
        #expect(weighing.score == Weighing(Array(entries[..<1]), at: .epoch, rules: rules).score)
        #expect(weighing.value(strength: 1, rule: rules.rules[1]) == 0)
        let would = Weighing(entries, at: .epoch, rules: rules, countsShadow: true)
        #expect(abs(would.score - ScorePolicy.score(logOdds: 1)) < 1e-12)
        // It does not corroborate either.
        let heavy = RuleSet(
            rules: [
                rule(.device, weight: 50, halfLife: 60), rule(.geography, weight: 50, halfLife: 60, isShadow: true),
            ], policy: ScorePolicy.test.uncapped)
        #expect(Weighing(entries, at: .epoch, rules: heavy).level(holding: .ban, policy: .test) == .review)
    }

    @Test func `one family alone never reaches ban, whatever its rules weigh`() {
        var random = SeededGenerator(seed: 2)
        let policy = ScorePolicy.test.uncapped
        for family in Family.allCases {
            for _ in 0..<20 {
                let weights = (0..<5).map { _ in Double.random(in: 0...300, using: &random) }
                // The second family's evidence falls just short of independence.
                let other = Family.allCases.first { $0 != family }!
                let rules = RuleSet(
                    rules: weights.map { rule(family, weight: $0 + 10, halfLife: 60) }
                        + [rule(other, weight: 0.999, halfLife: 60)], policy: policy)
                let entries = rules.rules.indices.map {
                    RiskRecord.Entry(
                        rule: $0, strength: 1, since: .epoch, updated: .epoch, evidence: .match(value: "", count: 1))
                }
                let weighing = Weighing(entries, at: .epoch, rules: rules)
                #expect(weighing.score > 99 && !weighing.isCorroborated)
                for level in Level.allCases { #expect(weighing.level(holding: level, policy: policy) == .review) }
            }
        }
    }

    @Test func `two families may reach ban`() {
        let rules = RuleSet(
            rules: [rule(.device, weight: 4.5, halfLife: 60), rule(.geography, weight: 3.5, halfLife: 60)],
            policy: .test)
        let entries = [0, 1].map {
            RiskRecord.Entry(
                rule: $0, strength: 1, since: .epoch, updated: .epoch, evidence: .match(value: "", count: 1))
        }
        #expect(Weighing(entries, at: .epoch, rules: rules).level(holding: .normal, policy: .test) == .ban)
    }

    @Test func `two families that rest on the same thing do not reach ban`() {
        func level(_ first: Field, _ second: Field) -> Level {
            let rules = RuleSet(
                rules: [
                    rule(.network, weight: 50, halfLife: 60, key: first),
                    rule(.behaviour, weight: 50, halfLife: 60, key: second),
                ], policy: ScorePolicy.test.uncapped)
            let entries = [0, 1].map {
                RiskRecord.Entry(
                    rule: $0, strength: 1, since: .epoch, updated: .epoch, evidence: .match(value: "", count: 1))
            }
            return Weighing(entries, at: .epoch, rules: rules).level(holding: .ban, policy: rules.policy)
        }
        #expect(level(.ip, .ip) == .review)
        #expect(level(.ip, .prefix) == .review)
        #expect(level(.asn, .prefix48) == .review)
        #expect(level(.email, .phone) == .review)
        #expect(level(.ip, .device) == .ban)
        #expect(level(.account, .card) == .ban)
    }

    @Test(arguments: [
        (29.9, Level.normal, Level.normal), (30, .normal, .watch), (25, .normal, .normal), (25, .watch, .watch),
        (24.9, .watch, .normal), (25, .ban, .watch), (59.9, .watch, .watch), (55, .review, .review),
        (54.9, .review, .watch),
        (55, .watch, .watch), (90, .normal, .ban), (85, .ban, .ban), (84.9, .ban, .review), (89.9, .review, .review),
    ])
    func `a level that is held is lost only below its slack`(score: Double, held: Level, expected: Level) {
        #expect(Weighing.level(score: score, isCorroborated: true, holding: held, policy: .test) == expected)
        let alone = Weighing.level(score: score, isCorroborated: false, holding: held, policy: .test)
        #expect(alone == min(expected, .review))
    }

    @Test func `shares are whole, add up, and are within one of the exact`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            let total = Int.random(in: 0...10_000, using: &random)
            let values = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                [0, 1, 1e-12, 3.0, Double.random(in: 0...10, using: &random)].randomElement(using: &random)!
            }
            let sum = values.reduce(0, +)
            let shares = Weighing.shares(of: total, in: values)
            guard sum > 0 else {
                #expect(shares == values.map { _ in 0 })
                continue
            }
            #expect(shares.reduce(0, +) == total)
            for (share, value) in zip(shares, values) {
                #expect(share >= 0 && abs(Double(share) - Double(total) * value / sum) < 1 + 1e-6)
            }
        }
        #expect(Weighing.shares(of: 5, in: [1, 1, 1]) == [2, 2, 1])
        #expect(Weighing.shares(of: 5, in: []) == [])
    }
}
