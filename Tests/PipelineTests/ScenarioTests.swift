import Assembly
import Foundation
import Pipeline
import RiskModel
import Settings
import Store
import Testing

/// Each folder of `Tests/Scenarios/<heuristic>/<scenario>` holds `events.ndjson` and `expected.txt`, and `rules.yaml` where the
/// shipped rules are not meant. The addresses are those of the demo's databases.
///
/// `expected.txt` says of every account and every risky entity what becomes of it; the first that matches counts:
///
///     # why this scenario exists
///     farm-* review batch_registration_ip batch_registration_pace
///     alice normal
///     entity ip 203.0.113.9 batch_registration_ip
@Suite struct ScenarioTests {
    @Test(arguments: Scenario.all)
    func `a scenario ends as expected`(scenario: Scenario) throws {
        let outcome = try scenario.run()
        let expected = try scenario.expected()
        for (account, found) in outcome.accounts {
            let line = expected.accounts.first { Scenario.matches(account, pattern: $0.pattern) }
            let wanted = try #require(line, "expected.txt has no line for \(account), which is \(found)").outcome
            #expect(found == wanted, "\(account)")
        }
        for line in expected.accounts {
            #expect(outcome.accounts.keys.contains { Scenario.matches($0, pattern: line.pattern) }, "\(line.pattern)")
        }
        #expect(outcome.entities == expected.entities)
    }

    @Test func `each shipped heuristic has an offence and an innocent`() throws {
        for heuristic in Set(RuleSet.embedded().rules.map(\.heuristic)) {
            let own = Scenario.all.filter { $0.heuristic == heuristic }
            let levels = try own.map { try $0.expected() }
            #expect(levels.contains { !$0.entities.isEmpty || $0.accounts.contains { $0.outcome.contains(" ") } })
            #expect(levels.contains { $0.accounts.contains { $0.outcome == "normal" } }, "\(heuristic)")
        }
    }
}

struct Scenario: Sendable, CustomTestStringConvertible {
    var heuristic: String
    var name: String
    var folder: URL

    var testDescription: String { "\(heuristic)/\(name)" }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let all: [Scenario] = {
        let top = root.appendingPathComponent("Tests/Scenarios")
        func folders(_ url: URL) -> [URL] {
            let found = try? FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: [])
            return (found ?? []).filter(\.hasDirectoryPath).sorted { $0.path < $1.path }
        }
        return folders(top).flatMap { heuristic in
            folders(heuristic).map {
                Scenario(heuristic: heuristic.lastPathComponent, name: $0.lastPathComponent, folder: $0)
            }
        }
    }()

    struct Outcome {
        /// By account: its level, and the rules that contribute, sorted.
        var accounts: [String: String] = [:]
        /// `kind key rule`, sorted.
        var entities: [String] = []
    }

    struct Expected {
        var accounts: [(pattern: String, outcome: String)] = []
        var entities: [String] = []
    }

    /// Runs the events through the pipeline into a database, and reads that.
    func run() throws -> Outcome {
        var configuration = try Configuration.load(path: nil)
        configuration.geoip = [Self.root.appendingPathComponent("Config/demo").path]
        let rules = folder.appendingPathComponent("rules.yaml").path
        if FileManager.default.fileExists(atPath: rules) { configuration.ruleSet = try RuleSet.load(path: rules) }
        let assembly = try Assembly(configuration)
        let database = try TemporaryDatabase(assembly)
        try database.replay(try Data(contentsOf: folder.appendingPathComponent("events.ndjson")), by: assembly)

        let reader = try StoreReader(path: database.path)
        var filter = AccountFilter()
        filter.limit = .max
        var outcome = Outcome()
        for account in try reader.accounts(filter) {
            let rules = try reader.explanation(of: account.account)?.contributions.map(\.rule) ?? []
            outcome.accounts[account.account] =
                ([account.level] + rules.filter { $0 != "prior" }.sorted()).joined(separator: " ")
        }
        outcome.entities = try reader.entities(EntityFilter()).map { "\($0.kind) \($0.key) \($0.rule)" }.sorted()
        return outcome
    }

    func expected() throws -> Expected {
        let text = try String(contentsOf: folder.appendingPathComponent("expected.txt"), encoding: .utf8)
        var expected = Expected()
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ").map(String.init)
            if words[0] == "entity" {
                expected.entities.append(words[1...].joined(separator: " "))
            } else {
                expected.accounts.append((words[0], ([words[1]] + words[2...].sorted()).joined(separator: " ")))
            }
        }
        expected.entities.sort()
        return expected
    }

    /// A trailing `*` stands for anything.
    static func matches(_ name: String, pattern: String) -> Bool {
        pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }
}
