import GRDB
import RiskModel
import Testing

@testable import Store

@Suite struct MigrationTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        _ = try scratch.sqlite3(SchemaVersion1.dump, mode: nil)
    }

    /// The columns of version 1, of all rows.
    private func rows() throws -> [String] {
        try [
            "account, score, level, compromised, first_seen, scored_at, seq FROM accounts",
            "account, rule, family, heuristic, points, evidence_value, strength, since, updated, evidence, explanation "
                + "FROM contributions", "id, seq, rule, account, time, strength, evidence FROM signals",
            "id, account, level, previous_level, score, event_time, seq, reason, explanation FROM alerts",
            "* FROM entities", "seq, source, reason, field, position, bytes FROM quarantine",
            "source, frames, bytes, events, rejected, last_event FROM sources",
            "* FROM meta WHERE key IN ('accounts', 'applied_seq', 'base_score', 'watermark')",
            "rule, signals, alerts FROM rules WHERE rule = 'impossible_travel'",
        ].map { try scratch.sqlite3("SELECT \($0)", format: "-quote") }
    }

    @Test func `a database of version 1 keeps all rows`() throws {
        let before = try rows()
        try scratch.openWriter().close()
        #expect(try rows() == before)
        #expect(before.allSatisfy { !$0.isEmpty })
        #expect(try scratch.sqlite3("PRAGMA user_version; SELECT value FROM meta WHERE key = 'schema'") == "4\n4")
        #expect(try scratch.sqlite3("PRAGMA integrity_check; PRAGMA foreign_key_check") == "ok")
        for table in ["alerts", "signals"] {
            #expect(try scratch.sqlite3("SELECT count(configuration) FROM \(table)") == "0")
        }
    }

    @Test func `it has the tables of a new database afterwards`() throws {
        try scratch.openWriter().close()
        let new = try Scratch()
        try new.openWriter().close()
        let schema = "SELECT sql FROM sqlite_master ORDER BY name"
        #expect(try scratch.sqlite3(schema) == new.sqlite3(schema))
    }

    @Test func `the daemon goes on where it was`() throws {
        #expect(try StoreReader.appliedSeq(path: scratch.database) == 1_200)
        let writer = try scratch.openWriter()
        #expect(writer.appliedSeq == 1_200)
        var changes = Changes()
        changes.throughSeq = 1_201
        let score = Fixtures.score("alice", [0, 6_000, 0], level: .ban, seq: 1_201)
        changes.alerts = [Alert(level: .ban, previousLevel: .review, score: score)]
        changes.signals = [Fixtures.signal("alice", rule: 1, seq: 1_201)]
        changes.sources = [.stream: SourceCounts()]
        changes.sources[.stream]?.late = 2
        try writer.write(changes)
        #expect(
            try scratch.sqlite3("SELECT id, seq, configuration FROM alerts") == "1|214|\n2|1201|1")
        #expect(try scratch.sqlite3("SELECT max(id), max(configuration) FROM signals") == "3|1")
        #expect(try scratch.sqlite3("SELECT frames, late FROM sources") == "1200|2")
        #expect(try scratch.sqlite3("SELECT id, first_seq FROM configurations") == "1|1201")
    }

    @Test func `of old rows in quarantine only those that were surely kept whole can be tried again`() throws {
        try scratch.openWriter().close()
        #expect(
            try scratch.sqlite3("SELECT seq, length, complete FROM quarantine") == "3|6|1\n4|15|0\n5||0")
    }

    @Test func `accounts of version 2 get the highest that their alerts remember`() throws {
        let queue = try DatabaseQueue(path: scratch.database)
        try Schema.migrator.migrate(queue, upTo: "2")
        try queue.close()
        _ = try scratch.sqlite3(
            """
            INSERT INTO accounts VALUES
                ('carol', 12, 'normal', 0, NULL, '2026-03-03T00:00:00.000000Z', 9),
                ('dan', 91, 'ban', 0, NULL, '2026-03-03T00:00:00.000000Z', 9),
                ('erin', 95, 'ban', 0, NULL, '2026-03-04T00:00:00.000000Z', 9);
            INSERT INTO alerts (id, account, level, previous_level, score, event_time, seq, reason, explanation) VALUES
                (5, 'carol', 'watch', 'normal', 40, '2026-03-01T00:00:00.000000Z', 1, '', '{}'),
                (6, 'carol', 'ban', 'watch', 92, '2026-03-01T01:00:00.000000Z', 2, '', '{}'),
                (7, 'erin', 'review', 'normal', 71, '2026-03-01T02:00:00.000000Z', 3, '', '{}'),
                (8, 'carol', 'ban', 'watch', 99, '2026-03-02T00:00:00.000000Z', 4, '', '{}');
            """, mode: nil)
        try scratch.openWriter().close()
        #expect(
            try scratch.sqlite3("SELECT account, peak_level, peak_score, peak_at FROM accounts ORDER BY account") == """
                alice|review|57.8|2026-03-02T08:06:30.000000Z
                bob|normal||
                carol|ban|92.0|2026-03-01T01:00:00.000000Z
                dan|ban|91.0|2026-03-03T00:00:00.000000Z
                erin|ban|95.0|2026-03-04T00:00:00.000000Z
                """)
        #expect(
            try scratch.sqlite3("SELECT rule, basis FROM contributions WHERE account = 'alice' ORDER BY rule")
                == "impossible_travel|place\nprior|")
        #expect(
            try scratch.sqlite3("SELECT count(verdict), count(campaign), count(shadow_score) FROM accounts") == "0|0|0")
    }

    @Test func `a reader of this release says how to migrate, and changes nothing`() throws {
        let before = try rows()
        let expected = StoreError.olderSchema(path: scratch.database, found: 1, known: 4)
        #expect(throws: expected) { try StoreReader(path: scratch.database) }
        #expect(expected.description.contains("Start this release's banriskd once"))
        #expect(try rows() == before)
        #expect(try scratch.sqlite3("PRAGMA user_version") == "1")
    }
}
