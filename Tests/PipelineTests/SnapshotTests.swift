import Assembly
import Foundation
import Ordering
import Pipeline
import RiskModel
import Settings
import Testing

@Suite struct SnapshotTests {
    private static func assembly(_ change: (inout Configuration) -> Void = { _ in }) throws -> Assembly {
        var configuration = try Configuration.load(path: nil)
        configuration.geoip = [Scenario.root.appendingPathComponent("Config/demo").path]
        configuration.shards = 2
        configuration.time.allowedLateness = Interval(seconds: 3600)
        change(&configuration)
        return try Assembly(configuration)
    }

    private static func demo() throws -> LineFrames {
        LineFrames(try Data(contentsOf: Scenario.root.appendingPathComponent("Config/demo/events.ndjson")))
    }

    /// What the frames from here on, and the end, change: everything but the numbers of batches.
    private static func run(_ frames: inout LineFrames, through pipeline: Pipeline) throws -> [Changes] {
        var all: [Changes] = []
        var batch = FrameBatch()
        while try frames.next(into: &batch, maximumFrames: 100, notAfter: nil) {
            all.append(pipeline.process(batch))
            batch.removeAll()
        }
        all.append(pipeline.finish())
        return all
    }

    private static func path() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("banrisk-\(UUID()).snapshot").path
    }

    @Test(arguments: [1, 500, 900, 3_391])
    func `a pipeline that was restored goes on as the one that was written`(lines: Int) throws {
        let assembly = try Self.assembly()
        var frames = try Self.demo()
        let first = assembly.makePipeline()
        var batch = FrameBatch()
        _ = try frames.next(into: &batch, maximumFrames: lines, notAfter: nil)
        _ = first.process(batch)
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try first.writeSnapshot(to: path)

        let second = assembly.makePipeline()
        let restored = try second.restore(
            from: path, rules: assembly.configuration.ruleSet, sources: assembly.sources,
            options: assembly.pipelineOptions)
        #expect(restored.seq == UInt64(lines))
        #expect(restored.rescored == nil)
        #expect(second.statistics.accounts == first.statistics.accounts)
        #expect(second.statistics.entities == first.statistics.entities)
        #expect(second.statistics.ordering.held == first.statistics.ordering.held)
        var rest = frames
        let expected = try Self.run(&frames, through: first)
        let found = try Self.run(&rest, through: second)
        #expect(expected.count == found.count)
        for (one, other) in zip(expected, found) {
            #expect(one.scores == other.scores && one.alerts == other.alerts && one.entities == other.entities)
            #expect(one.signals == other.signals && one.newAccounts == other.newAccounts)
            #expect(one.sources == other.sources && one.rejections == other.rejections)
        }
        #expect(expected.contains { !$0.alerts.isEmpty } || lines > 3_000)
    }

    @Test func `damage anywhere is noticed, and changes nothing`() throws {
        let assembly = try Self.assembly()
        var frames = try Self.demo()
        let pipeline = assembly.makePipeline()
        var batch = FrameBatch()
        _ = try frames.next(into: &batch, maximumFrames: 2_000, notAfter: nil)
        _ = pipeline.process(batch)
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try pipeline.writeSnapshot(to: path)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let other = assembly.makePipeline()
        func attempt() throws {
            _ = try other.restore(
                from: path, rules: assembly.configuration.ruleSet, sources: assembly.sources,
                options: assembly.pipelineOptions)
        }
        for place in stride(from: 0, to: whole.count, by: max(1, whole.count / 200)) {
            var damaged = whole
            damaged[place] ^= 0x10
            try damaged.write(to: URL(fileURLWithPath: path))
            #expect(throws: SnapshotError.self, "byte \(place)") { try attempt() }
            try whole.prefix(place).write(to: URL(fileURLWithPath: path))
            #expect(throws: SnapshotError.self, "cut at \(place)") { try attempt() }
        }
        #expect(other.statistics.throughSeq == 0 && other.statistics.accounts == 0)
        try whole.write(to: URL(fileURLWithPath: path))
        try attempt()
        #expect(other.statistics.throughSeq == 2_000)
    }

    @Test func `rules that are the same keep their state, and scores follow the others at once`() throws {
        let assembly = try Self.assembly()
        var frames = try Self.demo()
        let pipeline = assembly.makePipeline()
        let before = try Self.run(&frames, through: pipeline)
        let scores = before.reduce(into: [:]) { $0.merge($1.scores) { $1 } }
        let top = try #require(scores.values.max { $0.points < $1.points })
        try #require(!top.contributions.isEmpty)

        let same = try pipeline.adopt(
            rules: assembly.configuration.ruleSet, sources: assembly.sources, options: assembly.pipelineOptions)
        #expect(same.scores.isEmpty && same.alerts.isEmpty)

        let milder = try Self.assembly { configuration in
            for i in configuration.ruleSet.rules.indices { configuration.ruleSet.rules[i].weight /= 2 }
        }
        let after = try pipeline.adopt(
            rules: milder.configuration.ruleSet, sources: milder.sources, options: milder.pipelineOptions)
        let lower = try #require(after.scores[ExactText(top.account)])
        #expect(lower.points < top.points)
        #expect(lower.contributions.map(\.rule) == top.contributions.map(\.rule))
        #expect(after.throughSeq == pipeline.statistics.throughSeq)
    }
}
