import RiskModel
import TestSupport
import Testing

@testable import Scoring

@Suite struct RiskRecordTests {
    /// Watch takes 3.16 in log-odds, review 4.41, ban 6.2 from two families.
    private static let rules = RuleSet(
        rules: [
            rule(.device, weight: 4.5, halfLife: 3_600), rule(.geography, weight: 3.5, halfLife: 3_600),
            rule(.behaviour, weight: 3.5, halfLife: 86_400 * 30), rule(.policy, weight: 0, halfLife: 3_600),
        ], policy: .test)

    // MARK: - Evidence

    @Test func `a signal counts only if it is stronger than what is left of the last`() {
        var record = RiskRecord.forTests()
        #expect(record.add(signal(rule: 0, at: 10_000, strength: 0.5), rules: Self.rules) == true)
        #expect(record.add(signal(rule: 0, seq: 2, at: 10_000, strength: 0.5), rules: Self.rules) == false)
        #expect(record.add(signal(rule: 0, seq: 2, at: 10_000, strength: 0.509), rules: Self.rules) == false)
        #expect(record.add(signal(rule: 0, seq: 3, at: 10_000, strength: 0.52), rules: Self.rules) == true)
        // After half an hour 0.37 is left.
        #expect(record.add(signal(rule: 0, seq: 4, at: 11_800, strength: 0.37), rules: Self.rules) == false)
        #expect(record.add(signal(rule: 0, seq: 5, at: 11_800, strength: 0.4), rules: Self.rules) == true)
        #expect(record.seq == 5 && record.entries.count == 1)
        #expect(record.entries[0].since == Timestamp(seconds: 10_000))
        #expect(record.entries[0].updated == Timestamp(seconds: 11_800))
    }

    @Test func `a late signal is worth what is left of it by now`() {
        var record = RiskRecord.forTests()
        #expect(record.add(signal(rule: 0, at: 10_000, watermark: 10_000 + 8 * 3_600), rules: Self.rules) == false)
        #expect(record.add(signal(rule: 0, at: 10_000, watermark: 10_000 + 3_600), rules: Self.rules) == true)
        // It was 1 then and is a half now: less than 0.6 now.
        #expect(record.add(signal(rule: 0, at: 13_600, watermark: 13_600, strength: 0.6), rules: Self.rules) == true)
    }

    @Test func `evidence that had decayed to nothing begins anew`() {
        var record = RiskRecord.forTests()
        _ = record.take([signal(rule: 0, at: 10_000)], rules: Self.rules)
        let later = Int64(10_000 + 8 * 3_600)
        _ = record.take([signal(rule: 0, seq: 2, at: later, strength: 0.3)], rules: Self.rules)
        #expect(record.entries.map(\.since) == [Timestamp(seconds: later)])
    }

    @Test(arguments: 1...20) func `base and contributions add up to the score, always`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var record = RiskRecord.forTests()
        let rules = randomRules(&random)
        var now: Int64 = 100_000
        for seq in 1...100 as ClosedRange<UInt64> {
            now += Int64.random(in: 0...2_000, using: &random)
            _ = record.fall(through: Timestamp(seconds: now), rules: rules)
            let alert = record.take(
                (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    signal(
                        rule: .random(in: 0..<12, using: &random), seq: seq,
                        at: now - .random(in: 0...600, using: &random), watermark: now,
                        strength: .random(in: 0.001...1, using: &random))
                }, rules: rules)
            let score = record.score(rules: rules)
            #expect(score.basePoints == 180)
            #expect(score.contributions.reduce(score.basePoints) { $0 + $1.points } == score.points)
            #expect(score.contributions.allSatisfy { $0.points >= 0 && $0.strength > 0 && $0.strength <= 1 })
            #expect(zip(score.contributions, score.contributions.dropFirst()).allSatisfy { $0.rule < $1.rule })
            let formula = Formula(record.entries, at: record.time, rules: rules)
            #expect(abs(Double(score.points) / 100 - formula.score) <= 0.005 + 1e-9)
            #expect(score.level == record.level)
            if let alert { #expect(alert.score == score && alert.level == record.level) }
        }
    }

    // MARK: - Falls

    @Test(arguments: 1...4) func `the level falls in the first second in which it no longer holds`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let halfLives: [Int64] = [60, 120, 300]
        let rules = RuleSet(
            rules: (0..<6).map { _ in
                rule(
                    [.device, .geography, .network].randomElement(using: &random)!,
                    weight: .random(in: 1...5, using: &random), halfLife: halfLives.randomElement(using: &random)!)
            }, policy: .test)
        var record = RiskRecord.forTests()
        while record.level == .normal {
            _ = record.take(
                rules.rules.indices.map {
                    signal(
                        rule: $0, at: 10_000 - .random(in: 0...30, using: &random), watermark: 10_000,
                        strength: .random(in: 0.5...1, using: &random))
                }, rules: rules)
        }
        while record.level > .normal {
            var seconds: Int64 = 0
            var held = record.level
            while held >= record.level, seconds < 20_000 {
                seconds += 1
                let then = record.time + Interval(seconds: seconds)
                held = Formula(record.entries, at: then, rules: rules).level(
                    holding: record.level, policy: rules.policy)
            }
            let (before, due) = (record.level, record.time + Interval(seconds: seconds))
            #expect(record.due <= due)
            #expect(record.fall(through: due - Interval(microseconds: 1), rules: rules) == false)
            #expect(record.fall(through: due, rules: rules) == true)
            #expect(record.level < before && record.time == due)
        }
        #expect(record.due == .latest)
    }

    @Test func `all falls that are due happen at their own times`() {
        var slow = RiskRecord.forTests()
        var quick = RiskRecord.forTests()
        let signals = [signal(rule: 0, at: 10_000), signal(rule: 1, at: 10_000)]
        let alert = slow.take(signals, rules: Self.rules)
        #expect(alert?.level == .ban)
        _ = quick.take(signals, rules: Self.rules)
        var levels = [slow.level]
        for second in 10_001...40_000 as ClosedRange<Int64>
        where slow.fall(through: Timestamp(seconds: second), rules: Self.rules) {
            levels.append(slow.level)
        }
        #expect(levels == [.ban, .review, .watch, .normal])
        _ = quick.fall(through: Timestamp(seconds: 40_000), rules: Self.rules)
        #expect(quick.score(rules: Self.rules) == slow.score(rules: Self.rules))
    }

    // MARK: - Alerts

    @Test func `a rise is alerted once within the cooldown, a higher one at once`() {
        var record = RiskRecord.forTests()
        func rise(_ rules: [Int], at seconds: Int64) -> Level? {
            _ = record.fall(through: Timestamp(seconds: seconds), rules: Self.rules)
            return record.take(rules.map { signal(rule: $0, at: seconds) }, rules: Self.rules)?.level
        }
        #expect(rise([0], at: 10_000) == .review)
        #expect(rise([0], at: 10_000 + 20_000) == nil)
        #expect(record.level == .review)
        // A lower level is not repeated either, a higher one is new.
        #expect(rise([1], at: 10_000 + 40_000) == nil)
        #expect(record.level == .watch)
        #expect(rise([0, 1], at: 10_000 + 50_000) == .ban)
        #expect(rise([0, 1], at: 60_000 + 86_399) == nil)
        #expect(rise([0, 1], at: 60_000 + 2 * 86_400) == .ban)
        #expect(rise([0, 1], at: 60_000 + 3 * 86_400) == .ban)
    }

    @Test func `an alert tells the level before and the score of the rise`() {
        var record = RiskRecord.forTests()
        _ = record.take([signal(rule: 2, at: 10_000)], rules: Self.rules)
        #expect(record.level == .watch)
        let alert = record.take([signal(rule: 0, seq: 9, at: 10_000)], rules: Self.rules)
        #expect(alert?.previousLevel == .watch && alert?.level == .ban && alert?.score.seq == 9)
        #expect(alert?.score.contributions.map(\.rule) == [0, 2])
    }

    @Test func `a rule without weight is evidence without points`() {
        var record = RiskRecord.forTests()
        #expect(record.take([signal(rule: 3, at: 10_000)], rules: Self.rules) == nil)
        let score = record.score(rules: Self.rules)
        #expect(score.points == score.basePoints && score.contributions.map(\.points) == [0])
    }

    // MARK: - The end

    @Test func `a record is spent when its evidence is nothing and its alerts can come again`() {
        var record = RiskRecord.forTests()
        _ = record.take([signal(rule: 0, at: 0)], rules: Self.rules)
        func isSpent(_ seconds: Int64) -> Bool {
            _ = record.fall(through: Timestamp(seconds: seconds), rules: Self.rules)
            return record.isSpent(at: Timestamp(seconds: seconds), rules: Self.rules)
        }
        #expect(!isSpent(3_600))
        // 0.5 per cent is left after 7.65 half-lives; the alert stands for a day.
        #expect(!isSpent(7 * 3_600))
        #expect(!isSpent(8 * 3_600))
        #expect(!isSpent(86_399))
        #expect(isSpent(86_400))
    }
}
