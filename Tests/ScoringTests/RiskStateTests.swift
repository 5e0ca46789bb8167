import RiskModel
import TestSupport
import Testing

@testable import Scoring

@Suite struct RiskStateTests {
    private static func bytes(of fold: RiskFold) -> [[UInt8]] {
        (0..<Partition.count).map { partition in
            var writer = StateWriter()
            fold.encode(partition, into: &writer)
            return writer.bytes
        }
    }

    private static func bytes(of campaigns: Campaigns) -> [UInt8] {
        var writer = StateWriter()
        campaigns.encode(into: &writer)
        return writer.bytes
    }

    private static func decode(_ bytes: [UInt8]) throws(StateFault) -> Campaigns {
        var reader = StateReader(bytes)
        let campaigns = try Campaigns(from: &reader)
        try reader.finish()
        return campaigns
    }

    private static func decode(_ bytes: [[UInt8]], rules: RuleSet) throws(StateFault) -> RiskFold {
        let fold = RiskFold(rules: rules)
        for (partition, bytes) in bytes.enumerated() {
            var reader = StateReader(bytes)
            try fold.decode(partition, from: &reader)
            try reader.finish()
        }
        return fold
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a fold that is read back goes on as the one that was written`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rules = RiskFoldTests.rules(&random)
        let steps = RiskFoldTests.stream(800, &random)
        let whole = RiskFoldTests.run(steps, rules: rules, shards: 1) { 1_000 }
        let cut = RiskFoldTests.run(steps, rules: rules, shards: 2) {
            .random(in: 1...60, using: &random)
        } between: { fold, campaigns in
            let bytes = Self.bytes(of: fold)
            let written = Self.bytes(of: campaigns)
            guard let back = try? Self.decode(bytes, rules: rules), let group = try? Self.decode(written) else {
                Issue.record("what was written cannot be read")
                return (fold, campaigns)
            }
            #expect(Self.bytes(of: back) == bytes && back.recordCount == fold.recordCount)
            #expect(Self.bytes(of: group) == written)
            return (back, group)
        }
        #expect(cut == whole)
    }

    @Test func `a level that falls after the year 9999 is written and read`() throws {
        let rules = RuleSet(rules: [rule(.device, weight: 4.5, halfLife: 86_400 * 3_650, id: "a")], policy: .test)
        let fold = RiskFold(rules: rules)
        var last = signal(rule: 0, at: 0)
        last.time = .latest
        last.watermark = .latest
        let up = fold.run([last], watermark: .latest, shards: 1) { _ in NewAccount(account: "a", firstSeen: .latest) }
        #expect(up.alerts.count == 1)
        let bytes = Self.bytes(of: fold)
        #expect(Self.bytes(of: try Self.decode(bytes, rules: rules)) == bytes)
    }

    @Test func `every kind of evidence is kept`() throws {
        let waypoint = Waypoint(
            time: .latest, address: IPAddress(high: .max, low: 5), country: CountryCode("AT")!,
            subdivision: SubdivisionCode("9")!, device: "téléphone")
        let all: [Evidence] = [
            .count(entity: nil, count: 0, fresh: 0, names: []),
            .count(
                entity: EntityKey(kind: .apiKey, text: "kéy"), count: .init(Int32.max), fresh: 3,
                names: ["AT", "", "DE"]),
            .journey(
                from: waypoint, to: Waypoint(time: .epoch, address: .none, country: .unknown),
                distanceKilometres: 12_345.678, count: 7),
            .match(value: "🏴", count: 9), .pattern(entity: nil, count: 0, traits: []),
            .pattern(entity: EntityKey(kind: .attribute, text: "plan=é"), count: 4, traits: ["", "the same client"]),
        ]
        for evidence in all {
            var writer = StateWriter()
            evidence.encode(into: &writer)
            var reader = StateReader(writer.bytes)
            #expect(try Evidence(from: &reader) == evidence && reader.remaining == 0)
        }
    }

    @Test(arguments: [-1, .nan, .infinity, 1e18] as [Double])
    func `a distance that nobody can travel is no evidence`(distance: Double) {
        let waypoint = Waypoint(time: .epoch, address: .none, country: .unknown)
        var writer = StateWriter()
        Evidence.journey(from: waypoint, to: waypoint, distanceKilometres: distance, count: 1).encode(into: &writer)
        var reader = StateReader(writer.bytes)
        #expect(throws: StateFault.invalid("a distance")) { try Evidence(from: &reader) }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `damaged bytes are refused, or are another state; they never crash`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rules = randomRules(&random)
        let steps = RiskFoldTests.stream(300, &random)
        let fold = RiskFold(rules: rules)
        let now = steps[299].watermark
        _ = fold.run(steps.flatMap(\.signals), watermark: now, shards: 1, account: RiskFoldTests.name)
        let written = Self.bytes(of: fold)
        let partition = written.indices.max { written[$0].count < written[$1].count }!
        let bytes = written[partition]
        func read(_ bytes: [UInt8]) throws(StateFault) -> RiskFold {
            let fold = RiskFold(rules: rules)
            var reader = StateReader(bytes)
            try fold.decode(partition, from: &reader)
            try reader.finish()
            return fold
        }
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: StateFault.self) { try read(Array(bytes.prefix(count))) }
        }
        var refused = 0
        var readable = 0
        for _ in 0..<500 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let i = Int.random(in: damaged.indices, using: &random)
                damaged[i] = random.pick([0, 1, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &random)])
            }
            guard let fold = try? read(damaged) else {
                refused += 1
                continue
            }
            readable += 1
            _ = fold.run(
                steps.suffix(50).flatMap(\.signals), watermark: .latest, shards: 1, account: RiskFoldTests.name)
            _ = fold.maintain(turn: partition, watermark: .latest)
            _ = fold.rescore(at: .latest)
            _ = Self.bytes(of: fold)
        }
        #expect(refused > 20 && readable > 20)
    }

    // MARK: - Other rules

    private static let account = AccountRef(partition: 3, generation: 0, slot: 1)
    private static let device = rule(.device, weight: 4.5, halfLife: 86_400, id: "device")
    private static let travel = rule(.geography, weight: 3.5, halfLife: 86_400, id: "travel")

    /// An account of which both rules have spoken, at 10,000 seconds, and what becomes of it under other rules.
    private func reload(to rules: [Rule], policy: ScorePolicy = .test) throws -> (fold: RiskFold, output: RiskOutput) {
        let fold = RiskFold(rules: RuleSet(rules: [Self.device, Self.travel], policy: .test))
        let before = fold.run(
            [signal(Self.account, rule: 0, seq: 3, at: 10_000), signal(Self.account, rule: 1, seq: 3, at: 10_000)],
            watermark: Timestamp(seconds: 10_000), shards: 1, account: RiskFoldTests.name)
        #expect(before.alerts.map(\.level) == [.ban])
        let next = try Self.decode(Self.bytes(of: fold), rules: RuleSet(rules: rules, policy: policy))
        return (next, next.rescore(at: Timestamp(seconds: 10_000)))
    }

    @Test func `evidence of a rule that is gone is dropped, and the level falls at once, without an alert`() throws {
        let (fold, output) = try reload(to: [Self.travel])
        #expect(output.alerts.isEmpty && output.scores.map(\.level) == [.watch])
        #expect(output.scores[0].contributions.map(\.rule) == [0])
        let score = output.scores[0]
        #expect(score.contributions.reduce(score.basePoints) { $0 + $1.points } == score.points)
        let (empty, none) = try reload(to: [rule(.payment, weight: 1, halfLife: 60, id: "another")])
        #expect(none.scores.map(\.level) == [.normal] && none.scores[0].contributions.isEmpty)
        #expect(none.scores[0].points == none.scores[0].basePoints && none.scores[0].seq == 3)
        // And it falls further by itself.
        let later = Timestamp(seconds: 10_000 + 30 * 86_400)
        for fold in [fold, empty] {
            let fall = fold.run([], watermark: later, shards: 1, account: RiskFoldTests.name)
            #expect(fall.scores.map(\.level) == (fold === empty ? [] : [.normal]))
        }
    }

    @Test func `a smaller weight lets the level fall, a greater one lets it rise with an alert`() throws {
        var weak = Self.device
        weak.weight = 0.5
        let (_, down) = try reload(to: [weak, Self.travel])
        #expect(down.scores.map(\.level) == [.watch] && down.alerts.isEmpty)

        let fold = RiskFold(rules: RuleSet(rules: [weak], policy: .test))
        let quiet = fold.run(
            [signal(Self.account, rule: 0, seq: 3, at: 10_000)], watermark: Timestamp(seconds: 10_000), shards: 1,
            account: RiskFoldTests.name)
        #expect(quiet.scores.map(\.level) == [.normal])
        let strong = try Self.decode(Self.bytes(of: fold), rules: RuleSet(rules: [Self.device], policy: .test))
        let up = strong.rescore(at: Timestamp(seconds: 10_060))
        #expect(up.alerts.map(\.level) == [.review] && up.alerts[0].previousLevel == .normal)
        #expect(up.alerts[0].score == up.scores[0] && up.scores[0].time == Timestamp(seconds: 10_060))
        // The new level falls by itself when its time has come.
        let fall = strong.run(
            [], watermark: Timestamp(seconds: 10_000 + 10 * 86_400), shards: 1, account: RiskFoldTests.name)
        #expect(fall.scores.map(\.level) == [.normal])
    }

    @Test func `rules in another order, with others between them, keep their evidence`() throws {
        let (fold, output) = try reload(to: [
            rule(.payment, weight: 1, halfLife: 60, id: "new"), Self.travel, Self.device,
        ])
        #expect(output.scores[0].contributions.map(\.rule) == [1, 2] && output.alerts.isEmpty)
        #expect(output.scores[0].level == .ban)
        let bytes = Self.bytes(of: fold)
        let back = try Self.decode(bytes, rules: RuleSet(rules: [Self.device, Self.travel], policy: .test))
        #expect(back.rescore(at: Timestamp(seconds: 10_000)).scores[0].contributions.map(\.rule) == [0, 1])
    }

    @Test func `another policy moves levels too`() throws {
        var policy = ScorePolicy.test
        policy.prior = -10
        let (_, output) = try reload(to: [Self.device, Self.travel], policy: policy)
        #expect(output.scores.map(\.level) == [.normal] && output.alerts.isEmpty)
    }
}
