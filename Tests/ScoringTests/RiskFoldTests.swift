import RiskModel
import TestSupport
import Testing

@testable import Scoring

@Suite struct RiskFoldTests {
    /// An event as the risk fold sees it: when, and what the rules said.
    struct Step: Sendable {
        var watermark: Timestamp
        var signals: [Signal]
        /// An analyst's word in place of an event.
        var verdict: Verdict?
        var order: UInt64
    }

    private static func verdict(at watermark: Int64, _ random: inout SeededGenerator) -> Verdict {
        let span: Int64 = random.pick([1, 600, 20_000])
        return Verdict(
            kind: random.pick(Verdict.Kind.allCases), until: Timestamp(seconds: watermark + span), by: "an analyst",
            why: "A test.")
    }

    /// What is left when all is said.
    struct Result: Equatable {
        var scores: [String: Score] = [:]
        var alerts: [Alert] = []
        var signals: [RecordedSignal] = []
        var orphans = 0
        var records = 0
        var campaigns: [UInt64: Campaign] = [:]
        var members: [CampaignMember] = []
    }

    static func name(_ ref: AccountRef) -> NewAccount? {
        // Two of forty accounts have given way.
        ref.slot >= 38
            ? nil : NewAccount(account: "account-\(ref.slot)", firstSeen: Timestamp(seconds: Int64(ref.slot)))
    }

    static func stream(_ count: Int, _ random: inout SeededGenerator) -> [Step] {
        var watermark: Int64 = 1_000_000
        return (1...UInt64(count)).map { order in
            let leap = Int.random(in: 0..<100, using: &random) == 0
            watermark += .random(in: 0...(leap ? 20_000 : 60), using: &random)
            // Most events make no signal; some tell many accounts.
            let told = Int.random(in: 0..<3, using: &random) > 0 ? 0 : Int.random(in: 1...6, using: &random)
            var signals: [AccountRef: Signal] = [:]
            var more: [Signal] = []
            for _ in 0..<told {
                let slot = Int.random(in: 0..<40, using: &random)
                let ref = AccountRef(partition: slot * 7 % 64, generation: 0, slot: slot)
                let one = signal(
                    ref, rule: .random(in: 0..<12, using: &random), seq: 10_000 - order, order: order,
                    at: watermark - (Bool.random(using: &random) ? 0 : .random(in: 0...500, using: &random)),
                    watermark: watermark, strength: .random(in: 0.005...1, using: &random),
                    device: Bool.random(using: &random) ? "device-\(slot / 9)" : nil)
                if let other = signals[ref], other.rule != one.rule, !more.contains(where: { $0.account == ref }) {
                    more.append(one)
                } else if signals[ref] == nil {
                    signals[ref] = one
                }
            }
            let isVerdict = Int.random(in: 0..<25, using: &random) == 0
            return Step(
                watermark: Timestamp(seconds: watermark),
                signals: isVerdict ? [] : (signals.values + more).sorted { $0.rule < $1.rule }.shuffled(using: &random),
                verdict: isVerdict ? verdict(at: watermark, &random) : nil, order: order)
        }
    }

    /// Runs the stream in pieces, and the folds that `between` makes of those before; housekeeping is at the same places
    /// always, and a verdict passes alone.
    static func run(
        _ steps: [Step], rules: RuleSet, shards: Int, pieceSize: () -> Int,
        between: (RiskFold, Campaigns) -> (RiskFold, Campaigns) = { ($0, $1) }
    ) -> Result {
        var fold = RiskFold(rules: rules)
        var campaigns = Campaigns()
        var result = Result()
        let interval = 250
        var next = 0
        while next < steps.count {
            if next > 0, next % interval == 0 {
                campaigns.maintain(watermark: steps[next - 1].watermark)
                for turn in 0..<64 {
                    for score in fold.maintain(turn: turn, watermark: steps[next - 1].watermark) {
                        result.scores[score.account] = score
                    }
                }
            }
            if let verdict = steps[next].verdict {
                let order = steps[next].order
                let slot = Int(order % 40)
                let score = fold.decide(
                    verdict, on: AccountRef(partition: slot * 7 % 64, generation: 0, slot: slot),
                    at: steps[next].watermark, seq: 10_000 - order, order: order, find: name)
                #expect((score == nil) == (slot >= 38))
                if let score { result.scores[score.account] = score }
                next += 1
                continue
            }
            let verdict = steps[next...].firstIndex { $0.verdict != nil } ?? steps.count
            let end = min(next + max(1, pieceSize()), (next / interval + 1) * interval, verdict)
            let output = fold.run(
                steps[next..<end].flatMap(\.signals), watermark: steps[end - 1].watermark, shards: shards, account: name
            )
            #expect(Set(output.scores.map(\.account)).count == output.scores.count)
            let grouped = campaigns.run(output.ties, alerts: output.alerts, rules: rules)
            for score in output.scores { result.scores[score.account] = score }
            result.alerts += grouped.alerts
            result.signals += output.signals
            result.orphans += output.orphans
            result.campaigns.merge(grouped.campaigns) { $1 }
            result.members += grouped.members
            next = end
            (fold, campaigns) = between(fold, campaigns)
        }
        result.records = fold.recordCount
        return result
    }

    @Test(arguments: 1...5) func `neither batches nor shards change alerts, signals or final scores`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rules = Self.rules(&random)
        let steps = Self.stream(800, &random)
        let whole = Self.run(steps, rules: rules, shards: 1) { 1_000 }
        #expect(whole.signals.count > 100 && whole.orphans > 0 && !whole.alerts.isEmpty)
        for shards in [1, 4, 64] {
            #expect(Self.run(steps, rules: rules, shards: shards) { 1 } == whole)
            #expect(Self.run(steps, rules: rules, shards: shards) { 7 } == whole)
            #expect(Self.run(steps, rules: rules, shards: shards) { .random(in: 1...300, using: &random) } == whole)
        }
        #expect(
            whole.scores.values.allSatisfy { $0.contributions.reduce($0.basePoints) { $0 + $1.points } == $0.points })
        #expect(whole.alerts.map(\.score.order) == whole.alerts.map(\.score.order).sorted())
    }

    /// Such rules that accounts rise, and hang together.
    static func rules(_ random: inout SeededGenerator) -> RuleSet {
        var policy = ScorePolicy.test
        policy.campaignSize = 3
        policy.thresholds = [20, 40, 90]
        var rules = randomRules(&random, policy: policy)
        rules.rules[3] = rule(.device, weight: 8, halfLife: 86_400, id: "rule_3", ties: true)
        rules.rules[7] = rule(.payment, weight: 3.5, halfLife: 86_400, id: "rule_7", ties: true)
        rules.policy.basisCaps[Int(Basis.device.rawValue)] = 1_000
        return rules
    }

    @Test func `the streams have campaigns`() {
        let counts = (1...5 as ClosedRange<UInt64>).map { seed in
            var random = SeededGenerator(seed: seed)
            let rules = Self.rules(&random)
            let steps = Self.stream(800, &random)
            return Self.run(steps, rules: rules, shards: 1) { 1_000 }.campaigns.count
        }
        #expect(counts.allSatisfy { $0 > 0 })
    }

    // MARK: - One account

    private static let rules = RuleSet(
        rules: [rule(.device, weight: 4.5, halfLife: 86_400), rule(.geography, weight: 1, halfLife: 600)], policy: .test
    )
    private static let account = AccountRef(partition: 3, generation: 0, slot: 1)

    private func run(_ fold: RiskFold, _ signals: [Signal], at seconds: Int64) -> RiskOutput {
        fold.run(signals, watermark: Timestamp(seconds: seconds), shards: 1, account: Self.name)
    }

    @Test func `levels fall by themselves when time has passed for others`() {
        let fold = RiskFold(rules: Self.rules)
        let up = run(fold, [signal(Self.account, rule: 0, at: 10_000)], at: 10_000)
        #expect(up.scores.map(\.level) == [.review] && up.alerts.map(\.level) == [.review])
        var levels: [Level] = []
        for hour in 1...60 as ClosedRange<Int64> {
            let output = run(fold, [], at: 10_000 + hour * 3_600)
            levels += output.scores.map(\.level)
            #expect(output.alerts.isEmpty && output.signals.isEmpty)
        }
        #expect(levels == [.watch, .normal])
    }

    @Test func `signals of accounts that have given way are counted, and leave nothing`() {
        let fold = RiskFold(rules: Self.rules)
        let gone = AccountRef(partition: 3, generation: 0, slot: 38)
        let output = run(fold, [signal(gone, rule: 0, at: 10), signal(gone, rule: 1, at: 10)], at: 10)
        #expect(output.orphans == 2 && output.scores.isEmpty && output.signals.isEmpty && fold.recordCount == 0)
        #expect(fold.rank(gone) == 0)
    }

    @Test func `a signal too weak to count leaves nothing`() {
        let fold = RiskFold(rules: Self.rules)
        let output = run(fold, [signal(Self.account, rule: 0, at: 10, strength: 0.01)], at: 10)
        #expect(output.scores.isEmpty && output.signals.isEmpty && fold.recordCount == 0)
    }

    @Test func `spent accounts are forgotten with a last score that has nothing in it`() {
        let fold = RiskFold(rules: Self.rules)
        _ = run(fold, [signal(Self.account, rule: 1, seq: 7, at: 10_000)], at: 10_000)
        #expect(fold.rank(Self.account) == 1)
        let early = Timestamp(seconds: 10_000 + 7 * 600)
        let late = Timestamp(seconds: 10_000 + 8 * 600)
        for turn in 0..<64 { #expect(fold.maintain(turn: turn, watermark: early).isEmpty) }
        for turn in 0..<64 where turn != 3 { #expect(fold.maintain(turn: turn, watermark: late).isEmpty) }
        let last = fold.maintain(turn: 64 + 3, watermark: late)
        #expect(last.map(\.account) == ["account-1"] && last[0].points == last[0].basePoints)
        #expect(last[0].contributions.isEmpty && last[0].seq == 7 && last[0].time == late)
        #expect(fold.rank(Self.account) == 0 && fold.recordCount == 0)
    }

    @Test func `an account that goes up and down has few timers`() {
        // The first rule holds the level watch for years; the second lifts it to review for minutes, again and again.
        let rules = RuleSet(
            rules: [rule(.device, weight: 4, halfLife: 86_400 * 1_000), rule(.geography, weight: 1, halfLife: 600)],
            policy: .test)
        var partition = RiskPartition()
        var rises = 0
        for round in 0..<300 as Range<Int64> {
            let now = 10_000 + round * 20_000
            let output = partition.process(
                [signal(Self.account, rule: round == 0 ? 0 : 1, seq: UInt64(round + 1), at: now)],
                watermark: Timestamp(seconds: now), rules: rules, account: Self.name)
            rises += output.scores.count { $0.level == .review }
        }
        #expect(rises > 200)
        #expect(partition.timerCount <= 4)
    }

    @Test func `an account's rank tells what would be lost with it`() {
        let rules = RuleSet(
            rules: [
                rule(.device, weight: 4.5, halfLife: 3_600), rule(.geography, weight: 3.5, halfLife: 3_600),
                rule(.network, weight: 0.1, halfLife: 3_600), rule(.behaviour, weight: 3.5, halfLife: 3_600),
            ], policy: .test)
        let fold = RiskFold(rules: rules)
        let refs = (0..<5).map { AccountRef(partition: $0 * 9, generation: 0, slot: $0) }
        _ = run(
            fold,
            [
                signal(refs[1], rule: 2, at: 10), signal(refs[2], rule: 3, at: 10), signal(refs[3], rule: 0, at: 10),
                signal(refs[4], rule: 0, at: 10), signal(refs[4], rule: 1, at: 10),
            ], at: 10)
        #expect(refs.map { fold.rank($0) } == [0, 1, 2, 3, 4])
    }

    @Test func `accounts that gave way leave no record, and their timers nothing`() {
        let fold = RiskFold(rules: Self.rules)
        let others = (2..<30).map { AccountRef(partition: $0 % 5, generation: 0, slot: $0) }
        _ = run(fold, ([Self.account] + others).map { signal($0, rule: 0, at: 10_000) }, at: 10_000)
        #expect(fold.recordCount == 29)
        #expect(fold.remove(others + [AccountRef(partition: 9, generation: 0, slot: 31)]) == 28)
        #expect(fold.recordCount == 1 && fold.remove(others) == 0)
        let later = run(fold, [], at: 10_000 + 100 * 86_400)
        #expect(later.scores.map(\.account) == ["account-1"] && later.alerts.isEmpty)
    }

    @Test func `timers of accounts that gave way do not pile up`() {
        var partition = RiskPartition()
        for slot in 0..<20_000 {
            let account = AccountRef(partition: 0, generation: 0, slot: slot)
            _ = partition.process(
                [signal(account, rule: 0, seq: UInt64(slot + 1), at: 10_000)], watermark: Timestamp(seconds: 10_000),
                rules: Self.rules, account: { _ in NewAccount(account: "a", firstSeen: .epoch) })
            if slot >= 10 {
                #expect(partition.remove([AccountRef(partition: 0, generation: 0, slot: slot - 10)]) == 1)
            }
        }
        #expect(partition.count == 10 && partition.timerCount < 100)
    }
}
