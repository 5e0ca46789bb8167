import GRDB
import RiskModel
import Testing

@testable import Store

@Suite struct ConfigurationTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static func record(built days: Int, entries: Int = 1) -> ConfigurationRecord {
        ConfigurationRecord(
            databases: [.init(kind: "city", type: "GeoLite2-City", built: Fixtures.time(days * 86_400))],
            lists: [.init(name: "a \"list\"", entries: entries, fingerprint: "\(entries)")])
    }

    /// One alert and one signal, caused by the event `seq`.
    private func changes(_ seq: UInt64, rule: Int = 0) -> Changes {
        var changes = Changes()
        changes.throughSeq = seq
        var points = [0, 0, 0]
        points[rule] = 4_000
        changes.alerts = [
            Alert(level: .watch, previousLevel: .normal, score: Fixtures.score("a", points, seq: seq))
        ]
        changes.signals = [Fixtures.signal("a", rule: rule, seq: seq)]
        return changes
    }

    private func configurationsOfRows() throws -> [String] {
        try ["alerts", "signals"].map { try scratch.sqlite3("SELECT group_concat(configuration) FROM \($0)") }
    }

    @Test func `a start with the same content goes on with its row, one with another makes one`() throws {
        var expected = ["1", "1", "2", "3", "4"]
        let starts = [
            Self.record(built: 1), Self.record(built: 1), Self.record(built: 2), Self.record(built: 2, entries: 2),
            Self.record(built: 1),
        ]
        for (seq, start) in zip(1..., starts) {
            let writer = try scratch.openWriter(configuration: start)
            try writer.write(changes(UInt64(seq)))
            writer.close()
        }
        #expect(try scratch.sqlite3("SELECT id, first_seq FROM configurations") == "1|1\n2|3\n3|4\n4|5")
        #expect(try configurationsOfRows() == Array(repeating: expected.joined(separator: ","), count: 2))
        var fewer = Fixtures.rules
        fewer.rules[0].weight = 1
        try scratch.openWriter(rules: fewer, configuration: Self.record(built: 1)).write(changes(6))
        expected.append("5")
        #expect(try configurationsOfRows() == Array(repeating: expected.joined(separator: ","), count: 2))
    }

    @Test func `a row says which builds and lists, as JSON`() throws {
        _ = try scratch.openWriter(configuration: Self.record(built: 1, entries: 7))
        #expect(
            try scratch.sqlite3(
                """
                SELECT databases ->> '$[0].kind', databases ->> '$[0].type', databases ->> '$[0].built',
                    lists ->> '$[0].name', lists ->> '$[0].entries', lists ->> '$[0].fingerprint',
                    rules = (SELECT value FROM meta WHERE key = 'rules_fingerprint')
                FROM configurations
                """) == "city|GeoLite2-City|2026-03-02T08:00:00Z|a \"list\"|7|7|1")
        let row = try #require(try StoreReader(path: scratch.database).configurations().first)
        #expect(row.id == 1 && row.firstSeq == 1)
    }

    @Test func `after a reload rows are written by the new rules and refer to them`() throws {
        let writer = try scratch.openWriter(configuration: Self.record(built: 1))
        try writer.write(changes(1))
        // The rule with index 0 is another one now.
        var rules = Fixtures.rules
        rules.rules.reverse()
        try writer.adopt(
            rules: rules, inactive: ["impossible_travel": "no City database"], configuration: Self.record(built: 2),
            changes: Changes())
        try writer.write(changes(2))
        #expect(
            try scratch.sqlite3("SELECT rule, configuration FROM signals") == "accounts_per_device|1\nlisted_mail|2")
        #expect(
            try scratch.sqlite3("SELECT rule, active, signals FROM rules ORDER BY rule")
                == "accounts_per_device|1|1\nimpossible_travel|0|0\nlisted_mail|1|1")
        #expect(try scratch.sqlite3("SELECT id, first_seq FROM configurations") == "1|1\n2|2")
        #expect(writer.appliedSeq == 2)
    }

    @Test func `under another policy the row of the prior says what every account has now`() throws {
        let writer = try scratch.openWriter(configuration: Self.record(built: 1))
        func write(_ basePoints: Int, seq: UInt64) throws {
            var changes = Changes()
            changes.throughSeq = seq
            var score = Fixtures.score("a", [1_000], seq: seq)
            score.basePoints = basePoints
            changes.scores = [ExactText("a"): score]
            try writer.write(changes)
        }
        let prior = "SELECT points, evidence_value FROM contributions WHERE rule = 'prior'"
        try write(180, seq: 1)
        #expect(try scratch.sqlite3(prior) == "1.8|\(Fixtures.rules.policy.prior)")
        var rules = Fixtures.rules
        rules.policy.prior = -3
        try writer.adopt(rules: rules, inactive: [:], configuration: Self.record(built: 2), changes: Changes())
        // The base score rounds: another prior can have the same.
        try write(180, seq: 2)
        #expect(try scratch.sqlite3(prior) == "1.8|-3.0")
        try write(474, seq: 3)
        #expect(try scratch.sqlite3(prior) == "4.74|-3.0")
    }

    @Test func `a reload that cannot be written down leaves the old rules in force`() throws {
        let writer = try scratch.openWriter(configuration: Self.record(built: 1))
        try writer.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA busy_timeout = 1") }
        let analyst = try Analyst(scratch)
        #expect(try analyst.ask("BEGIN IMMEDIATE; SELECT 'held'") == "held")
        var rules = Fixtures.rules
        rules.rules.reverse()
        #expect(throws: StoreError.busy(path: scratch.database)) {
            try writer.adopt(rules: rules, inactive: [:], configuration: Self.record(built: 2), changes: Changes())
        }
        try analyst.leave()
        try writer.write(changes(1))
        #expect(try scratch.sqlite3("SELECT rule, configuration FROM signals") == "accounts_per_device|1")
        #expect(try scratch.sqlite3("SELECT count(*) FROM configurations") == "1")
    }
}
