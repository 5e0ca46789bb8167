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
        #expect(reference.count > 3_000)
        #expect(try Self.content(of: Self.demo(), Self.assembly(shards: shards, batch: batch)) == reference)
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
