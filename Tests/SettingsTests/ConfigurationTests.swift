import Foundation
import RiskModel
import Settings
import Testing

@Suite struct ConfigurationTests {
    @Test func `the shipped file says what the code has as defaults`() throws {
        let shipped = try Configuration.load(path: nil)
        let empty = try Configuration.parse(yaml: "", file: "empty.yaml", baseDirectory: "/")
        #expect(shipped == empty)
        #expect(shipped.stateDirectory == "/var/lib/banrisk")
        #expect(shipped.runtimeDirectory == "/run/banrisk")
        #expect(shipped.databasePath == "/var/lib/banrisk/banrisk.db")
        #expect(shipped.geoip.isEmpty && shipped.lists.isEmpty)
        #expect(shipped.socketMode == 0o660)
        #expect((1...64).contains(shipped.shards))
        #expect(shipped.batchFrames == 8192)
        #expect(shipped.accountLimit == 10_000_000 && shipped.entityLimit == 10_000_000)
        #expect(shipped.spool.segmentBytes == 134_217_728)
        #expect(shipped.spool.retainedSeconds == nil)
        #expect(shipped.time.allowedLateness == .zero && shipped.time.futureTolerance == Interval(seconds: 600))
        #expect(shipped.time.duplicateIDs == 4_000_000 && shipped.time.duplicateSpan == Interval(seconds: 86_400))
        #expect(shipped.snapshotSeconds == 300 && shipped.quarantineRows == 100_000)
        #expect(shipped.ruleSet == .embedded())
    }

    @Test func `every key is read, and relative paths begin at the configuration's folder`() throws {
        let folder = try TemporaryFolder()
        try folder.write("City.mmdb", "")
        try folder.write("lists/b.txt", "")
        try folder.write("lists/a.txt", "")
        try folder.write("lists/notes.md", "")
        try folder.write("lists/.hidden.txt", "")
        try folder.write("one.txt", "")
        try folder.write("own.yaml", "rules: [{\(sampleRule)}]")
        let path = try folder.write(
            "banrisk.yaml",
            """
            state_directory: state
            runtime_directory: run
            database: data/risk.db
            geoip: [City.mmdb]
            lists: [one.txt, lists]
            rules: own.yaml
            socket_mode: 0600
            maximum_connections: 12
            spool: {segment_bytes: 1 MiB, pending_bytes: 2MiB, commit_delay: 7ms, retained_bytes: 1 TiB, retained_age: 90d}
            time: {allowed_lateness: 30s, future_tolerance: 1h, duplicate_ids: 0, duplicate_span: 7d}
            snapshot_interval: 90s
            quarantine_rows: 5k
            shards: 3
            batch_frames: 1k
            account_limit: 2M
            entity_limit: 1234
            """)
        let configuration = try Configuration.load(path: path)
        let base = folder.path
        #expect(configuration.stateDirectory == "\(base)/state")
        #expect(configuration.runtimeDirectory == "\(base)/run")
        #expect(configuration.databasePath == "\(base)/data/risk.db")
        #expect(configuration.geoip == ["\(base)/City.mmdb"])
        #expect(configuration.lists == ["\(base)/one.txt", "\(base)/lists/a.txt", "\(base)/lists/b.txt"])
        #expect(configuration.ruleSet.rules.map(\.id) == ["sample"])
        #expect(configuration.socketMode == 0o600)
        #expect(configuration.maximumConnections == 12)
        #expect(configuration.spool.segmentBytes == 1_048_576)
        #expect(configuration.spool.pendingBytes == 2_097_152)
        #expect(configuration.spool.commitDelayMilliseconds == 7)
        #expect(configuration.spool.retainedBytes == 1_099_511_627_776)
        #expect(configuration.spool.retainedSeconds == 7_776_000)
        #expect(configuration.time.allowedLateness == Interval(seconds: 30))
        #expect(configuration.time.futureTolerance == Interval(seconds: 3600))
        #expect(configuration.time.duplicateIDs == 0)
        #expect(configuration.time.duplicateSpan == Interval(seconds: 604_800))
        #expect(configuration.snapshotSeconds == 90)
        #expect(configuration.quarantineRows == 5000)
        #expect(configuration.shards == 3)
        #expect(configuration.batchFrames == 1000)
        #expect(configuration.accountLimit == 2_000_000)
        #expect(configuration.entityLimit == 1234)
    }

    @Test func `the database is in the state directory unless it is named`() throws {
        let configuration = try Configuration.parse(yaml: "state_directory: /srv/b", file: "b", baseDirectory: "/")
        #expect(configuration.databasePath == "/srv/b/banrisk.db")
    }

    @Test func `faults of both files are reported together, the configuration's first`() throws {
        let folder = try TemporaryFolder()
        let rules = try folder.write("rules.yaml", "rules: []\nscore: {prior: 5}\n")
        let path = try folder.write("banrisk.yaml", "shards: none\nrules: rules.yaml\nspool:\n  sharsd: 1\n")
        let error = #expect(throws: ConfigurationFaults.self) { try Configuration.load(path: path) }
        let faults = try #require(error).faults
        #expect(faults.map(\.file) == [path, path, rules, rules])
        #expect(faults.map(\.line) == [1, 4, 1, 2])
        #expect(faults.map(\.column) == [9, 3, 8, 16])
        #expect(faults[0].description.hasPrefix("\(path):1:9: \"shards\" must be auto or"))
    }

    @Test func `a file that is not there is a fault with a remedy`() throws {
        let error = #expect(throws: ConfigurationFaults.self) { try Configuration.load(path: "/nonexistent/b.yaml") }
        let faults = try #require(error).faults
        #expect(
            faults.first?.description
                == "/nonexistent/b.yaml: there is no such file; create it, or leave it out to use the defaults")
    }

    @Test func `a folder in place of a file is a fault`() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: ConfigurationFaults.self) { try Configuration.load(path: folder.path) }
        #expect(try #require(error).faults.map(\.message) == ["the file cannot be read; give a regular file"])
    }

    @Test func `a file that is not UTF-8 is a fault`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("latin1.yaml", Data([0x61, 0x3a, 0x20, 0xe9, 0x0a]))
        let error = #expect(throws: ConfigurationFaults.self) { try Configuration.load(path: path) }
        #expect(try #require(error).faults.map(\.message) == ["the file is not UTF-8 text; save it as UTF-8"])
    }

    @Test(arguments: [(0, true), (1, false)])
    func `a file of one mebibyte is read, a larger one is not`(excess: Int, isRead: Bool) throws {
        let folder = try TemporaryFolder()
        let text = "shards: 2\n#"
        let path = try folder.write(
            "b.yaml", text + String(repeating: "x", count: 1_048_576 + excess - text.utf8.count))
        #expect((try? Configuration.load(path: path))?.shards == (isRead ? 2 : nil))
    }

    @Test func `a list folder without lists is a fault`() throws {
        let folder = try TemporaryFolder()
        try folder.write("lists/readme.md", "")
        let error = #expect(throws: ConfigurationFaults.self) {
            try Configuration.parse(yaml: "lists: [lists]", file: "b", baseDirectory: folder.path)
        }
        #expect(try #require(error).faults.first?.message.hasSuffix("a list's name ends in .txt") == true)
    }

    @Test(arguments: ["spool:\n", "spool: ~\n", "geoip:\nlists: null\n", "# nothing\n", "---\n", "\u{feff}shards: 2\n"])
    func `a section with everything commented out has its defaults`(yaml: String) throws {
        let configuration = try Configuration.parse(yaml: yaml, file: "b", baseDirectory: "/")
        #expect(configuration.spool.segmentBytes == 134_217_728)
    }
}

let sampleRule = """
    id: sample, heuristic: custom, kind: distinct, family: network, reason: For the test., key: ip, member: account, \
    window: 1h, allow: 3, saturate: 15, weight: 1, half_life: 30d
    """

/// A folder that is gone when the test is over.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ data: Data) throws -> String {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
        return url.path
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }
}
