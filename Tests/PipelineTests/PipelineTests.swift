import Assembly
import Foundation
import Pipeline
import RiskModel
import Settings
import Store
import Testing

@Suite struct PipelineTests {
    private static func assembly(
        shards: Int = 1, batch: Int = 8192, accounts: Int? = nil, entities: Int? = nil
    ) throws -> Assembly {
        var configuration = try Configuration.load(path: nil)
        configuration.geoip = [Scenario.root.appendingPathComponent("Config/demo").path]
        configuration.shards = shards
        configuration.batchFrames = batch
        if let accounts { configuration.accountLimit = accounts }
        if let entities { configuration.entityLimit = entities }
        return try Assembly(configuration)
    }

    private static func demo() throws -> Data {
        try Data(contentsOf: Scenario.root.appendingPathComponent("Config/demo/events.ndjson"))
    }

    private static func content(of events: Data, _ assembly: Assembly) throws -> [String] {
        let database = try TemporaryDatabase(assembly)
        try database.replay(events, by: assembly)
        return try database.content()
    }

    @Test(arguments: [(1, 1), (4, 1), (1, 7), (3, 100), (64, 10_000)])
    func `shards and batches make no difference`(shards: Int, batch: Int) throws {
        let reference = try Self.content(of: Self.demo(), Self.assembly())
        #expect(reference.count > 2_500)
        #expect(try Self.content(of: Self.demo(), Self.assembly(shards: shards, batch: batch)) == reference)
    }

    @Test func `a reload before every batch, each of which was decoded ahead, makes no difference`() throws {
        // Enough lines a batch for each worker to decode a run of them.
        let assembly = try Self.assembly(shards: 2, batch: 128)
        let database = try TemporaryDatabase(assembly)
        try database.replay(Self.demo(), by: assembly) { pipeline in
            _ = try pipeline.adopt(
                rules: assembly.configuration.ruleSet, sources: assembly.sources, options: assembly.pipelineOptions)
        }
        #expect(try database.content() == Self.content(of: Self.demo(), Self.assembly()))
    }

    @Test(arguments: [1, 100, 1_700, 3_391])
    func `a store that was stopped anywhere goes on as if it had not been`(lines: Int) throws {
        let assembly = try Self.assembly(shards: 2, batch: 64)
        let reference = try Self.content(of: Self.demo(), assembly)
        let database = try TemporaryDatabase(assembly)
        let part = try Self.demo().split(separator: UInt8(ascii: "\n")).prefix(lines).joined(separator: [
            UInt8(ascii: "\n")
        ])
        try database.replay(Data(part), by: assembly)
        try database.replay(Self.demo(), by: assembly)
        #expect(try database.content() == reference)
    }

    /// Accounts that come once, that come back in time, and that come back when they are over; above the limit of accounts.
    private static let comings: Data = {
        var lines = ""
        for i in 0..<70_000 {
            let account = i % 5 == 0 ? "once\(i)" : i % 5 == 1 ? "rare\(i % 11_003)" : "often\(i % 97)"
            lines +=
                #"{"ts":\#(1_772_000_000 + i * 120),"type":"\#(i % 3 == 0 ? "registration" : "login")","#
            lines += #""account":"\#(account)","outcome":"success","ip":"203.0.113.\#(i % 250)","#
            lines += #""device":"d\#(i % 13)"}"# + "\n"
        }
        return Data(lines.utf8)
    }()

    @Test func `who was not seen for the retention is in no table, and what stays does not depend on cuts`() throws {
        func assembly(shards: Int, batch: Int, _ days: Int64?) throws -> Assembly {
            var configuration = try Self.assembly(shards: shards, batch: batch, accounts: 64 * 60).configuration
            configuration.privacy.retention.accounts = days.map { Interval(seconds: $0 * 86_400) }
            return try Assembly(configuration)
        }
        func rows(_ database: TemporaryDatabase, _ sql: String) throws -> [String] {
            let queue = try database.content()
            return queue.filter { $0.hasPrefix(sql) }
        }
        let reference = try TemporaryDatabase(try assembly(shards: 1, batch: 8192, 20))
        try reference.replay(Self.comings, by: try assembly(shards: 1, batch: 8192, 20))
        let kept = try TemporaryDatabase(try assembly(shards: 1, batch: 8192, nil))
        try kept.replay(Self.comings, by: try assembly(shards: 1, batch: 8192, nil))
        let content = try reference.content()
        let accounts = content.filter { $0.hasPrefix("accounts|") }.map { $0.split(separator: "|")[1] }
        // The last 20 days of event time, and the day before, whose accounts go at the next one's beginning.
        let first = 70_000 - 21 * 720
        let once = Set(accounts.filter { $0.hasPrefix("once") }.compactMap { Int($0.dropFirst(4)) })
        #expect(once.allSatisfy { $0 >= first })
        #expect(Set((first + 1440..<70_000).filter { $0 % 5 == 0 }).isSubset(of: once))
        #expect(try rows(kept, "accounts|once").count == 14_000)
        let ghosts = Set(content.filter { $0.hasPrefix("contributions|") }.map { $0.split(separator: "|")[1] })
        #expect(ghosts.isSubset(of: Set(accounts)))
        for (shards, batch) in [(3, 100), (2, 5_000)] {
            let other = try assembly(shards: shards, batch: batch, 20)
            let database = try TemporaryDatabase(other)
            try database.replay(Self.comings, by: other, mode: .live)
            #expect(try database.content() == content)
        }
    }

    @Test func `nothing depends on the hash seed, over months and at the limits`() throws {
        // Each pipeline draws a seed of its own. Enough events for several housekeepings; evidence that is spent in between.
        var lines = ""
        for i in 0..<140_000 {
            let account = i % 7 == 0 ? "farm\(i % 41)-\(i / 20_000)" : "user\(i % 3_001)"
            let type = i % 7 == 0 ? "registration" : "login"
            lines +=
                #"{"ts":\#(1_772_000_000 + i * 180),"type":"\#(type)","account":"\#(account)","outcome":"success","#
            lines += #""ip":"203.0.113.\#(i % 7 == 0 ? 9 : i % 250)","device":"d\#(i % 997)"}"# + "\n"
        }
        let reference = try Self.content(of: Data(lines.utf8), Self.assembly(accounts: 1_000, entities: 1_000))
        #expect(reference.contains { $0.hasPrefix("alerts") })
        let again = try Self.content(
            of: Data(lines.utf8), Self.assembly(shards: 3, batch: 777, accounts: 1_000, entities: 1_000))
        #expect(again == reference)
    }

    @Test func `names that look alike are two accounts`() throws {
        let names = ["caf\u{e9}", "cafe\u{301}"]
        var lines = ""
        for i in 0..<12 {
            for name in names {
                lines += #"{"ts":\#(1_772_000_000 + i * 30),"type":"registration","account":"\#(name)\#(i)","#
                lines += #""ip":"203.0.113.9","device":"phone-\#(i % 2)"}"# + "\n"
            }
        }
        let assembly = try Self.assembly()
        let database = try TemporaryDatabase(assembly)
        try database.replay(Data(lines.utf8), by: assembly)
        let reader = try StoreReader(path: database.path)
        var filter = AccountFilter()
        filter.minimumLevel = .watch
        filter.limit = 100
        let found = try reader.accounts(filter).map { Array($0.account.utf8) }
        #expect(Set(found).count == 24)
    }

    @Test func `at the limits the pipeline goes on, and counts what gave way`() throws {
        let assembly = try Self.assembly(accounts: 1_000, entities: 1_000)
        let pipeline = assembly.makePipeline()
        var batch = FrameBatch()
        for i in 0..<140_000 {
            let line =
                #"{"ts":\#(1_772_000_000 + i / 10),"type":"login","account":"a\#(i)","outcome":"success","#
                + #""ip":"10.\#(i >> 16).\#(i >> 8 & 255).\#(i & 255)","device":"d\#(i)"}"#
            batch.append(Array(line.utf8).span, seq: UInt64(i + 1), source: .file, flags: [])
            if batch.frames.count == 5_000 {
                _ = pipeline.process(batch)
                batch.removeAll()
            }
        }
        let counts = pipeline.statistics
        #expect(counts.events == 140_000)
        #expect(counts.evictedAccounts > 100_000 && counts.evictedEntities > 200_000)
        #expect(counts.accounts == 140_000 - counts.evictedAccounts)
        // A table may pass its limit by what one round between two housekeepings brings.
        #expect(counts.accounts < 1_000 + Int(Pipeline.housekeepingInterval))
    }

    @Test func `without databases the rules that need them say so`() throws {
        let assembly = try Assembly(try Configuration.load(path: nil))
        #expect(assembly.inactive["region_hopping_travel"] == "needs a City database")
        #expect(assembly.inactive["anonymizer"] == "needs an Anonymous-IP database")
        #expect(assembly.inactive["batch_registration_ip"] == nil)
        #expect(try Self.assembly().inactive.isEmpty)
    }
}
