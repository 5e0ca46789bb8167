import RiskModel
import TestSupport
import Testing

@testable import Scoring

/// What an analyst's word, and a takeover, do to an account.
@Suite struct VerdictTests {
    /// Review takes 4.41 in log-odds, ban 6.2 from two families.
    private static let rules = RuleSet(
        rules: [
            rule(.device, weight: 4.5, halfLife: 86_400, id: "device"),
            rule(.geography, weight: 3.5, halfLife: 86_400, id: "travel"),
            takeover(halfLife: 86_400), takeover(halfLife: 86_400, id: "trial", isShadow: true),
        ], policy: .test)
    private static let day: Int64 = 86_400

    private static func verdict(_ kind: Verdict.Kind, until: Int64? = nil) -> Verdict {
        Verdict(
            kind: kind, until: until.map { Timestamp(seconds: $0) } ?? .latest, by: "an analyst", why: "A test.")
    }

    /// An account at `ban`, first seen at 0, of which the first two rules have spoken at the end of day 10.
    private static func banned() -> RiskRecord {
        var record = RiskRecord.forTests()
        let alert = record.take([signal(rule: 0, at: 10 * day), signal(rule: 1, at: 10 * day)], rules: rules)
        #expect(alert?.level == .ban)
        return record
    }

    private static func decide(_ record: inout RiskRecord, _ verdict: Verdict, at seconds: Int64) -> Score {
        record.decide(verdict, at: Timestamp(seconds: seconds), seq: 77, order: 78, rules: rules)
        return record.score(rules: rules)
    }

    @Test func `a verdict of innocence removes the evidence, and keeps the peak`() {
        var record = Self.banned()
        let before = record.score(rules: Self.rules)
        let score = Self.decide(&record, Self.verdict(.cleared), at: 10 * Self.day + 60)
        #expect(score.level == .normal && score.points == score.basePoints && score.contributions.isEmpty)
        #expect(score.verdict == .cleared && score.seq == 77 && score.order == 78)
        #expect(score.peak == before.peak && score.peak.level == .ban && score.peak.points == before.points)
        #expect(record.due == .latest)
    }

    @Test
    func `the same evidence counts little while the account is cleared, other evidence in full, and all after it`() {
        let until = 12 * Self.day
        func strength(_ rule: Int, at seconds: Int64) -> Double? {
            var record = RiskRecord.forTests()
            _ = record.take([signal(rule: 0, at: 10 * Self.day)], rules: Self.rules)
            _ = Self.decide(&record, Self.verdict(.cleared, until: until), at: 11 * Self.day)
            _ = record.take([signal(rule: rule, seq: 3, at: seconds)], rules: Self.rules)
            return record.score(rules: Self.rules).contributions.first?.strength
        }
        #expect(strength(0, at: until - 1) == Verdict.damping)
        #expect(strength(1, at: until - 1) == 1)
        #expect(strength(0, at: until) == 1)
    }

    @Test(arguments: Verdict.Kind.allCases) func `a verdict holds until its time, and is taken back by another`(
        kind: Verdict.Kind
    ) {
        var record = Self.banned()
        let until = 20 * Self.day
        let score = Self.decide(&record, Self.verdict(kind, until: until), at: 10 * Self.day)
        #expect(score.verdict == (kind == .withdrawn ? nil : kind))
        #expect(!record.isSpent(at: Timestamp(seconds: until - 1), rules: Self.rules) || kind == .withdrawn)
        _ = record.fall(through: Timestamp(seconds: until - 1), rules: Self.rules)
        _ = record.settle(at: Timestamp(seconds: until - 1), rules: Self.rules)
        #expect(record.score(rules: Self.rules).verdict == (kind == .withdrawn ? nil : kind))
        var other = record
        _ = record.settle(at: Timestamp(seconds: until), rules: Self.rules)
        #expect(record.score(rules: Self.rules).verdict == nil && record.cleared.isEmpty)
        #expect(Self.decide(&other, Self.verdict(.withdrawn), at: until - 1).verdict == nil)
    }

    @Test func `a verdict of a ban changes no score`() {
        var record = Self.banned()
        let before = record.score(rules: Self.rules)
        let score = Self.decide(&record, Self.verdict(.banned), at: 10 * Self.day)
        #expect(score.points == before.points && score.level == before.level)
        #expect(score.contributions == before.contributions && score.verdict == .banned)
    }

    @Test func `an account that an analyst calls compromised is not above watch while that holds`() {
        var record = Self.banned()
        let score = Self.decide(&record, Self.verdict(.compromised), at: 10 * Self.day)
        #expect(score.compromised && score.level == .watch && score.points > 9_000)
        #expect(record.take([signal(rule: 0, seq: 9, at: 11 * Self.day)], rules: Self.rules) == nil)
        #expect(record.level == .watch)
        let after = Self.decide(&record, Self.verdict(.withdrawn), at: 11 * Self.day)
        #expect(!after.compromised && after.level == .ban)
    }

    @Test func `verdicts on accounts that have given way say nothing`() {
        let fold = RiskFold(rules: Self.rules)
        let score = fold.decide(
            Self.verdict(.banned), on: AccountRef(partition: 3, generation: 0, slot: 1), at: .epoch, seq: 1, order: 1,
            find: { _ in nil })
        #expect(score == nil && fold.recordCount == 0)
    }

    @Test func `an account without evidence can be given a verdict, and it is kept for as long as that holds`() {
        let fold = RiskFold(rules: Self.rules)
        let ref = AccountRef(partition: 3, generation: 0, slot: 1)
        let score = fold.decide(
            Self.verdict(.cleared, until: 2_000), on: ref, at: Timestamp(seconds: 1_000), seq: 1, order: 1,
            find: { _ in NewAccount(account: "a", firstSeen: .epoch) })
        #expect(score?.verdict == .cleared && score?.points == score?.basePoints && fold.recordCount == 1)
        #expect(fold.maintain(turn: 3, watermark: Timestamp(seconds: 1_999)).isEmpty)
        let last = fold.maintain(turn: 3, watermark: Timestamp(seconds: 2_000))
        #expect(last.map(\.verdict) == [nil] && fold.recordCount == 0)
    }

    @Test func `texts with any characters come back from a packed verdict`() {
        for why in ["", "two\nlines", "a\u{1f}b", "é"] {
            let verdict = Verdict(kind: .cleared, until: Timestamp(seconds: 5), by: "an analyst", why: why)
            #expect(Verdict(packed: verdict.packed) == verdict)
        }
        #expect(Verdict(packed: "") == nil && Verdict(packed: "hanged\u{1f}1\u{1f}b\u{1f}w") == nil)
        #expect(Verdict(packed: "cleared\u{1f}-1\u{1f}b\u{1f}w") == nil)
        #expect(Verdict(packed: "cleared\u{1f}\(Int64.max)\u{1f}b\u{1f}w") == nil)
    }

    // MARK: - Taken over

    /// What an account is worth of which these rules spoke just before day 3, and these with the takeover on day 10: evidence of the last week before
    /// may be the thief's, too.
    private static func taken(before: [Int] = [], by rule: Int = 2, strength: Double = 1) -> Score {
        var record = RiskRecord.forTests()
        if !before.isEmpty { _ = record.take(before.map { signal(rule: $0, at: 3 * day - 3_600) }, rules: rules) }
        let told = [signal(rule: rule, seq: 2, at: 10 * day, strength: strength)]
        _ = record.take(told + [0, 1].map { signal(rule: $0, seq: 2, at: 10 * day) }, rules: rules)
        return record.score(rules: rules)
    }

    @Test func `an account that was taken over is flagged, and not above watch by what came with it`() {
        let score = Self.taken()
        #expect(score.compromised && score.level == .watch && score.points > 9_000)
    }

    @Test func `what was held against an account long before it was taken over is its own`() {
        #expect(Self.taken(before: [1]).level == .watch)
        let both = Self.taken(before: [0, 1])
        #expect(both.compromised && both.level == .ban)
    }

    @Test func `a takeover that is too weak or has faded is a suspicion: nobody is banned for what came after`() {
        let weak = Self.taken(strength: 0.09)
        #expect(!weak.compromised && weak.level == .review)
        // A tenth is left after 3.32 half-lives.
        var record = RiskRecord.forTests()
        _ = record.take([signal(rule: 2, at: 10 * Self.day)], rules: Self.rules)
        let later = Int64(13.4 * Double(Self.day))
        _ = record.fall(through: Timestamp(seconds: later), rules: Self.rules)
        _ = record.take([signal(rule: 0, seq: 2, at: later), signal(rule: 1, seq: 2, at: later)], rules: Self.rules)
        #expect(!record.isCompromised(rules: Self.rules) && record.level == .review)
    }

    @Test func `a takeover that is only watched for changes nothing`() {
        let trial = Self.taken(by: 3)
        #expect(!trial.compromised && trial.level == .ban && trial.shadowPoints != nil)
    }

    @Test(arguments: [
        (1.0, 0.39, Level.watch), (1.0, 0.4, .review), (1.0, 1.0, .review), (0.05, 0.79, .review), (0.05, 0.8, .ban),
    ])
    func `an account that many use at once is sold rather than stolen`(takeover: Double, sharing: Double, level: Level)
    {
        let overlap = OverlapParameters(
            key: .account, member: .country, concurrent: 2, slot: Interval(seconds: 60), window: Interval(seconds: 600),
            ramp: Ramp(allow: 0, saturate: 1))
        let shared = Rule(
            id: "shared", heuristic: "test", family: .network, kind: .overlap(overlap), condition: Condition(),
            weight: 0,
            halfLife: Interval(seconds: 86_400), reason: "A test.")
        let rules = RuleSet(rules: Self.rules.rules + [shared], policy: .test)
        var record = RiskRecord.forTests()
        let strengths = [1, 1, takeover, 0, sharing]
        _ = record.take(
            [0, 1, 2, 4].map { signal(rule: $0, at: 10 * Self.day, strength: strengths[$0]) }, rules: rules)
        #expect(record.level == level)
    }

    @Test(arguments: 1...10) func `a compromised account is above watch only by its own`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var rules = RiskFoldTests.rules(&random)
        rules.rules[5] = takeover(halfLife: 86_400, id: "rule_5")
        var record = RiskRecord.forTests()
        var now = 4 * Self.day
        var spared = 0
        for seq in 1...300 as ClosedRange<UInt64> {
            now += Int64.random(in: 0...20_000, using: &random)
            _ = record.fall(through: Timestamp(seconds: now), rules: rules)
            let said = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                signal(
                    rule: .random(in: 0..<12, using: &random), seq: seq, at: now,
                    strength: .random(in: 0.001...1, using: &random))
            }
            let before = (record.time, record.seq)
            let alert = record.take(said, rules: rules)
            let score = record.score(rules: rules)
            if score.compromised, before != (record.time, record.seq) {
                let since = record.entries.filter {
                    rules.rules[$0.rule].tellsTakeover && !rules.rules[$0.rule].isShadow
                }
                .filter { $0.strength(at: record.time, halfLife: rules.rules[$0.rule].halfLife) >= 0.1 }
                .map(\.since).min()!
                let own = Formula(record.entries.filter { $0.since < since }, at: record.time, rules: rules)
                let limit = max(.watch, own.level(holding: .normal, policy: rules.policy))
                #expect(score.level <= limit && alert?.level ?? .normal <= limit)
                if Formula(record.entries, at: record.time, rules: rules).score >= 40 { spared += 1 }
            }
            #expect(score.peak.level >= score.level)
            #expect(score.contributions.reduce(score.basePoints) { $0 + $1.points } == score.points)
        }
        #expect(spared > 0)
    }
}
