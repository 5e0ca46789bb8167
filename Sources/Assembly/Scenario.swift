package import Foundation
import Pipeline
import RiskModel
package import Settings
import Store

/// Rules, events, and what must come of them: a folder with `events.ndjson` and `expected.txt`.
///
/// Beside these may be `rules.yaml`, a folder `lists` with operator lists, and MaxMind databases, each in place of what the
/// configuration names.
package struct Scenario: Sendable {
    package let folder: URL

    package init(folder: URL) { self.folder = folder }

    /// The folder itself where it is a scenario, else those in the folders below it, in order of their paths.
    package static func all(in folder: URL) -> [Scenario] {
        let scenario = Scenario(folder: folder)
        if scenario.has("events.ndjson") { return [scenario] }
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).sorted().flatMap { all(in: folder.appendingPathComponent($0, isDirectory: true)) }
    }

    /// What of `expected.txt` is not as found, and what was found that it does not name; empty where all is as expected.
    ///
    /// - Parameter configuration: stands in for whatever the folder does not have.
    /// - Throws: faults of the folder's files, and of the database that the events are run into.
    package func differences(_ configuration: Configuration) throws -> [Difference] {
        let expected = try ExpectedOutcome.parse(
            try String(contentsOf: file("expected.txt"), encoding: .utf8), file: file("expected.txt").path)
        return expected.differences(from: try run(configuration))
    }

    /// Runs the events through the daemon's pipeline into a database of their own, and reads that.
    package func run(_ configuration: Configuration) throws -> Outcome {
        let assembly = try Assembly(try adapted(configuration))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("banrisk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("banrisk.db").path
        let writer = try StoreWriter(
            path: path, rules: assembly.configuration.ruleSet, inactive: assembly.inactive,
            configuration: assembly.record)
        let runner = PipelineRunner(
            pipeline: assembly.makePipeline(), queue: StoreQueue(writer: writer, mode: .replay),
            batchFrames: assembly.configuration.batchFrames, appliedSeq: writer.appliedSeq)
        var frames = LineFrames(try Data(contentsOf: file("events.ndjson")))
        try runner.run(&frames, isEnd: true)
        return try Outcome(try StoreReader(path: path))
    }

    private func adapted(_ configuration: Configuration) throws(ConfigurationFaults) -> Configuration {
        var configuration = configuration
        if has("rules.yaml") { configuration.rulesFile = try RulesFile.load(path: file("rules.yaml").path) }
        if has("lists") { configuration.lists = [file("lists").path] }
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        if names?.contains(where: { $0.hasSuffix(".mmdb") }) == true { configuration.geoip = [folder.path] }
        return configuration
    }

    private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
    private func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name).path) }
}

extension Scenario {
    /// What became of accounts and entities.
    package struct Outcome: Sendable {
        /// By account: its level, then in order of their names the rules that contribute, and `compromised` where it is.
        var accounts: [String: String] = [:]
        /// `kind key rule` of each risky entity.
        var entities: Set<String> = []
        /// Lines that are no events: the number of each, and why.
        var rejected: [String] = []

        init(_ reader: StoreReader) throws {
            var filter = AccountFilter()
            filter.limit = .max
            for account in try reader.accounts(filter) {
                var words = try reader.explanation(of: account.account)?.contributions.map(\.rule) ?? []
                words.removeAll { $0 == "prior" }
                if account.compromised { words.append("compromised") }
                accounts[account.account] = ([account.level] + words.sorted()).joined(separator: " ")
            }
            var every = EntityFilter()
            every.limit = .max
            entities = Set(try reader.entities(every).map { "\($0.kind) \($0.key) \($0.rule)" })
            var oldestFirst = QuarantineFilter(QuarantineSelection(.all))
            oldestFirst.newestFirst = false
            rejected = try reader.quarantine(oldestFirst).map { row in
                "line \(row.seq) of events.ndjson is no event: \(row.reason)" + (row.field.map { " \($0)" } ?? "")
            }
        }
    }

    /// One thing that is not as expected.
    package struct Difference: Sendable {
        /// The line of `expected.txt`; `nil` where no line is about it.
        package var line: Int?
        /// What `expected.txt` says; `nil` where it says nothing.
        package var expected: String?
        /// What was found; `nil` where nothing was.
        package var found: String?
    }
}

/// Lines as frames, numbered from 1; those of type `verdict` as what an analyst said.
private struct LineFrames: FrameSource {
    private let lines: [Data.SubSequence]
    private var next = 0

    init(_ data: Data) { lines = data.split(separator: UInt8(ascii: "\n")) }

    mutating func next(into batch: inout FrameBatch, maximumFrames: Int, notAfter: UInt64?) throws -> Bool {
        guard next < lines.count else { return false }
        for line in lines[next...].prefix(maximumFrames) {
            if let notAfter, next >= notAfter { break }
            next += 1
            batch.append(Array(line).span, seq: UInt64(next), source: source(of: line), flags: [])
        }
        return true
    }

    private func source(of line: Data) -> Source {
        struct Kind: Decodable { var type: String }
        return (try? JSONDecoder().decode(Kind.self, from: line))?.type == EventType.verdict.name ? .verdict : .file
    }
}
