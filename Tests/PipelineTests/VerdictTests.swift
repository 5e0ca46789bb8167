import Assembly
import Foundation
import Ordering
import Pipeline
import RiskModel
import Settings
import Testing

/// Verdicts, ties to banned accounts and campaigns, through all stages: they hang on no one key.
@Suite struct VerdictTests {
    private static let rules: RuleSet = {
        func rule(
            _ id: String, _ family: Family, _ kind: RuleKind, _ condition: Condition = Condition(), weight: Double,
            ties: Bool = false
        ) -> Rule {
            Rule(
                id: id, heuristic: "test", family: family, kind: kind, condition: condition, weight: weight,
                halfLife: Interval(seconds: 5 * 86_400), reason: "A test.", tiesAccounts: ties, attributes: ["plan"])
        }
        let day = Interval(seconds: 86_400)
        let devices = DistinctParameters(key: .device, member: .account, window: day, ramp: Ramp(allow: 2, saturate: 6))
        let takeover = TakeoverParameters(key: .ip, window: day, ramp: Ramp(allow: 2, saturate: 5), minimumShare: 0.5)
        let likeness = LikenessParameters(key: .prefix, window: day, minimumBits: 1, ramp: Ramp(allow: 0, saturate: 5))
        let association = AssociationParameters(ties: [.card, .device], window: day, ramp: Ramp(allow: 0, saturate: 1))
        let plan = DistinctParameters(
            key: .attribute0, member: .account, window: day, ramp: Ramp(allow: 3, saturate: 20))
        var policy = ScorePolicy(
            prior: -4, caps: Family.allCases.map { _ in 6 }, basisCaps: Basis.allCases.map { _ in 6 },
            thresholds: [30, 60, 90], hysteresis: 5, cooldown: day, independentEvidence: 1)
        policy.campaignSize = 4
        return RuleSet(
            rules: [
                rule("devices", .device, .distinct(devices), weight: 5, ties: true),
                rule("takeover", .behaviour, .takeover(takeover), Condition(types: [.login]), weight: 1),
                rule("alike", .identity, .likeness(likeness), Condition(types: [.registration]), weight: 2),
                rule("tie", .payment, .association(association), weight: 4.5, ties: true),
                rule("plan", .network, .distinct(plan), weight: 1),
            ], policy: policy, attributes: ["plan"])
    }()

    private struct Line: Sendable {
        var text: String
        var source = Source.file
    }

    private static let start: Int64 = 1_772_000_000

    private static func event(_ seconds: Int64, _ type: String, _ account: String, _ more: String) -> Line {
        Line(text: #"{"ts":\#(start + seconds),"type":"\#(type)","account":"\#(account)","ip":"192.0.2.1",\#(more)}"#)
    }

    private static func verdict(_ seconds: Int64, _ kind: String, _ account: String) -> Line {
        let text =
            #"{"ts":\#(start + seconds),"type":"verdict","account":"\#(account)","verdict":"\#(kind)","why":"w","by":"b"}"#
        return Line(text: text, source: .verdict)
    }

    /// A farm on one device; a ban, and who evades it; a ban that is taken back; an innocent who is cleared; and many others.
    private static let lines: [Line] = {
        var lines: [Line] = []
        for i in 0..<12 {
            lines.append(
                event(
                    Int64(i) * 10, "registration", "farm\(i)",
                    #""device":"phone","card":"card\#(i)","email":"farm\#(i)@f.example","attributes":{"plan":"trial"}"#)
            )
        }
        lines.append(verdict(200, "banned", "farm0"))
        lines.append(event(210, "payment", "evader", #""device":"new","card":"card0""#))
        lines.append(verdict(220, "withdrawn", "farm0"))
        lines.append(event(230, "payment", "neighbour", #""device":"other","card":"card0""#))
        lines.append(verdict(240, "cleared", "farm1"))
        // The same evidence, while he is cleared.
        lines.append(event(20_000, "login", "farm1", #""outcome":"success","device":"phone""#))
        for i in 0..<900 {
            let outcome = i % 3 == 0 ? "failure" : "success"
            lines.append(
                event(
                    20_000 + Int64(i) * 40, i % 9 == 0 ? "registration" : "login", "user\(i % 71)",
                    #""outcome":"\#(outcome)","device":"d\#(i % 37)","email":"u\#(i % 71)@mail.example""#))
            if i % 120 == 60 { lines.append(verdict(20_000 + Int64(i) * 40, "banned", "user\(i % 71)")) }
            if i % 200 == 150 { lines.append(verdict(20_000 + Int64(i) * 40, "compromised", "user\(i % 71)")) }
        }
        // A shipper has no say.
        var forged = verdict(60_000, "banned", "user1")
        forged.source = .stream
        return lines + [forged]
    }()

    private static func frames(_ range: Range<Int>) -> FrameBatch {
        var batch = FrameBatch()
        for i in range {
            batch.append(Array(lines[i].text.utf8).span, seq: UInt64(i + 1), source: lines[i].source, flags: [])
        }
        return batch
    }

    private static func assembly() throws -> Assembly { try Assembly(try Configuration.load(path: nil)) }

    private static func options(shards: Int) -> Pipeline.Options {
        Pipeline.Options(shards: shards, accountLimit: 10_000, entityLimit: 10_000)
    }

    /// What all lines change, in batches of this size; `between` gives the pipeline for the next batch.
    private static func run(
        shards: Int = 1, size: Int = 10_000,
        between: (Pipeline, Assembly) throws -> Pipeline = { pipeline, _ in pipeline }
    ) throws -> Changes {
        let assembly = try assembly()
        var pipeline = Pipeline(rules: rules, sources: assembly.sources, options: options(shards: shards))
        var changes = Changes()
        for start in stride(from: 0, to: lines.count, by: size) {
            changes.append(pipeline.process(frames(start..<min(lines.count, start + size))))
            pipeline = try between(pipeline, assembly)
        }
        changes.append(pipeline.finish())
        return changes
    }

    private static let reference = Result { try run() }

    private static func expectSame(_ found: Changes, _ expected: Changes) {
        #expect(found.scores == expected.scores && found.alerts == expected.alerts)
        #expect(found.signals == expected.signals && found.entities == expected.entities)
        #expect(found.campaigns == expected.campaigns && found.campaignMembers == expected.campaignMembers)
        #expect(found.verdicts == expected.verdicts && found.newAccounts == expected.newAccounts)
        #expect(found.rejections == expected.rejections && found.watermark == expected.watermark)
    }

    @Test func `a farm is one campaign, and who evades a ban is tied to it`() throws {
        let changes = try Self.reference.get()
        let first = try #require(changes.campaigns[1])
        #expect(first.cause == "devices" && first.entity == EntityKey(kind: .device, text: "phone"))
        #expect(first.members == 12 && first.mergedInto == nil)
        let members = changes.campaignMembers.filter { $0.campaign == 1 }.map(\.account)
        #expect(Set(members) == Set((0..<12).map { "farm\($0)" }))
        // Once it is born, its members alert no more by themselves.
        let farm = changes.alerts.filter { $0.campaign?.id == 1 || $0.score.account.hasPrefix("farm") }
        let birth = try #require(farm.firstIndex { $0.campaign?.id == 1 })
        #expect(farm[birth...].allSatisfy { $0.campaign != nil } && farm[..<birth].allSatisfy { $0.level == .watch })
    }

    @Test func `a verdict changes its account at once, and what its ties mean to others`() throws {
        let changes = try Self.reference.get()
        func score(_ account: String) throws -> Score { try #require(changes.scores[ExactText(account)]) }
        let evader = try score("evader")
        #expect(evader.contributions.map { Self.rules.rules[$0.rule].id } == ["tie"])
        #expect(changes.scores[ExactText("neighbour")] == nil)
        let cleared = try score("farm1")
        #expect(cleared.verdict == .cleared && cleared.level == .normal && cleared.peak.level > .normal)
        #expect(cleared.contributions.reduce(cleared.basePoints) { $0 + $1.points } == cleared.points)
        #expect(try score("farm0").verdict == nil)
        for score in changes.scores.values {
            #expect(score.contributions.reduce(score.basePoints) { $0 + $1.points } == score.points)
            if score.verdict == .compromised { #expect(score.compromised && score.level <= .watch) }
        }
        #expect(changes.scores.values.contains { $0.verdict == .compromised })
        let verdicts = Self.lines.count { $0.source == .verdict }
        #expect(changes.verdicts.count == verdicts && changes.verdicts[0].verdict.kind == .banned)
        #expect(changes.rejections.map(\.reason) == [.unknownType])
        #expect(
            changes.entities.keys.contains { $0.entity == EntityKey(kind: .attribute, text: "attributes.plan=trial") })
    }

    @Test(arguments: [(1, 1), (3, 7), (64, 100)]) func `shards and batches make no difference to them`(
        shards: Int, size: Int
    ) throws {
        Self.expectSame(try Self.run(shards: shards, size: size), try Self.reference.get())
    }

    @Test(arguments: [13, 14, 97]) func `a pipeline that is restored after each batch goes on with them`(size: Int)
        throws
    {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("banrisk-\(UUID()).snapshot").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let found = try Self.run(shards: 2, size: size) { pipeline, assembly in
            try? FileManager.default.removeItem(atPath: path)
            try pipeline.writeSnapshot(to: path)
            let options = Self.options(shards: 1)
            let next = Pipeline(rules: Self.rules, sources: assembly.sources, options: options)
            let restored = try next.restore(from: path, rules: Self.rules, sources: assembly.sources, options: options)
            #expect(restored.rescored == nil)
            return next
        }
        Self.expectSame(found, try Self.reference.get())
    }
}
