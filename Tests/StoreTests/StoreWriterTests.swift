import Foundation
import GRDB
import RiskModel
import TestSupport
import Testing

@testable import Store

@Suite struct StoreWriterTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `the content does not depend on where the changes are cut`(seed: UInt64) throws {
        let stream = Fixtures.stream(seed: seed, count: 300)
        let limits = StoreWriter.Limits(quarantine: 20, signals: 100)
        var random = SeededGenerator(seed: seed &* 77)
        var dumps: [String] = []
        for probability in [1.0, 0.3, 0.05, 0] {
            let scratch = try Scratch()
            let writer = try scratch.openWriter(limits: limits)
            var pending: Changes?
            for changes in stream {
                if pending == nil { pending = changes } else { pending?.append(changes) }
                if Double.random(in: 0..<1, using: &random) < probability {
                    try writer.write(pending!)
                    pending = nil
                }
            }
            if let pending { try writer.write(pending) }
            #expect(writer.appliedSeq == 300)
            writer.close()
            dumps.append(try scratch.dump())
            #expect(try scratch.sqlite3("SELECT count(*), max(id) - min(id) FROM signals") == "100|99")
            #expect(try scratch.sqlite3("SELECT count(*) FROM quarantine") == "20")
            #expect(
                try scratch.sqlite3("SELECT count(*) = (SELECT value FROM meta WHERE key = 'accounts') FROM accounts")
                    == "1")
        }
        for dump in dumps { #expect(dump == dumps[0]) }
        let refused = stream.flatMap(\.rejections).map(\.seq).sorted()
        #expect(dumps[0].contains("\n\(refused.suffix(20).min()!),"))
        #expect(dumps[0].contains("'quarantine_evicted',\(refused.count - 20)\n"))
        let alerts = stream.flatMap(\.alerts).sorted {
            ($0.score.order, $0.campaign?.id ?? 0, $0.score.account)
                < ($1.score.order, $1.campaign?.id ?? 0, $1.score.account)
        }
        for (id, alert) in zip(1..., alerts) { #expect(dumps[0].contains("\n\(id),'\(alert.score.account)',")) }
    }

    @Test func `the points of an account add up to its score`() throws {
        let writer = try scratch.openWriter()
        for changes in Fixtures.stream(seed: 9, count: 200) { try writer.write(changes) }
        let wrong = try scratch.sqlite3(
            """
            SELECT count(*) FROM accounts a JOIN (SELECT account, sum(points) AS total FROM contributions GROUP BY account) c
            ON c.account = a.account WHERE abs(a.score - c.total) > 0.000001
            """)
        #expect(wrong == "0")
        #expect(try scratch.sqlite3("SELECT count(*) > 20 FROM contributions WHERE rule = 'prior'") == "1")
    }

    @Test func `a new account has the base score and no rows else`() throws {
        let writer = try scratch.openWriter()
        var changes = Changes()
        changes.throughSeq = 1
        changes.newAccounts = [NewAccount(account: "a", firstSeen: Fixtures.time(5))]
        try writer.write(changes)
        #expect(
            try scratch.sqlite3("SELECT * FROM accounts")
                == "a|1.8|normal|0|2026-03-01T08:00:05.000000Z|2026-03-01T08:00:05.000000Z||normal|||||||")
        #expect(try scratch.sqlite3("SELECT count(*) FROM contributions") == "0")
        #expect(try scratch.sqlite3("SELECT value FROM meta WHERE key = 'base_score'") == "1.8")
    }

    @Test func `a later score replaces all contributions of the earlier`() throws {
        let writer = try scratch.openWriter()
        for (seq, points) in [[1_000, 2_000, 0], [0, 500, 700], [0, 0, 0]].enumerated() {
            var changes = Changes()
            changes.throughSeq = UInt64(seq + 1)
            changes.scores = [ExactText("a"): Fixtures.score("a", points, seq: changes.throughSeq)]
            try writer.write(changes)
            let expected = [
                "accounts_per_device,impossible_travel,prior", "impossible_travel,listed_mail,prior", "",
            ][seq]
            #expect(try scratch.sqlite3("SELECT group_concat(rule) FROM contributions") == expected)
        }
    }

    @Test func `alert ids go on from the last after the file was opened again`() throws {
        for seq in 1...3 as ClosedRange<UInt64> {
            let writer = try scratch.openWriter()
            #expect(writer.appliedSeq == seq - 1)
            var changes = Changes()
            changes.throughSeq = seq
            let score = Fixtures.score("a", [4_000, 100, 0], seq: seq)
            changes.alerts = [Alert(level: .watch, previousLevel: .normal, score: score)]
            try writer.write(changes)
            writer.close()
        }
        #expect(try scratch.sqlite3("SELECT group_concat(id) FROM alerts") == "1,2,3")
    }

    @Test func `an alert gives its reasons by points, in words and as JSON`() throws {
        let writer = try scratch.openWriter()
        var changes = Changes()
        changes.throughSeq = 1
        changes.alerts = [
            Alert(level: .watch, previousLevel: .normal, score: Fixtures.score("a", [1_005, 4_120, 0]))
        ]
        try writer.write(changes)
        #expect(
            try scratch.sqlite3("SELECT reason FROM alerts") == """
                impossible_travel +41.20: DE to JP, at least 8912 km in 60 s (1.2.3.4, then 5.6.7.8), 5 such journeys; \
                accounts_per_device +10.05: 5 accounts registered on device d-1 within 24h
                """)
        #expect(
            try scratch.sqlite3(
                """
                SELECT explanation ->> '$.base', explanation ->> '$.score',
                    explanation ->> '$.contributions[0].rule', explanation ->> '$.contributions[1].evidence.key'
                FROM alerts
                """) == "1.8|53.05|impossible_travel|d-1")
    }

    static let texts = [
        "'; DROP TABLE accounts; --", "\"quoted\" \\ back", "%_?1:a@b$c", "naïve 名前 🦊 אב", "e\u{301}", "\u{e9}",
        "line\nbreak\ttab\u{1b}[31m", "", " ",
    ]

    @Test(arguments: texts)
    func `every text arrives as it was sent`(text: String) throws {
        let writer = try scratch.openWriter()
        var changes = Changes()
        changes.throughSeq = 1
        let score = Fixtures.score(text, [1_000, 0, 500], evidence: text)
        changes.newAccounts = [NewAccount(account: text, firstSeen: Fixtures.start)]
        changes.scores = [ExactText(text): score]
        changes.alerts = [Alert(level: .watch, previousLevel: .normal, score: score)]
        changes.signals = [Fixtures.signal(text, rule: 0, seq: 1)]
        let entity = EntityKey(kind: .device, text: text)
        changes.entities[.init(entity: entity, rule: 0)] = EntitySignal(
            entity: entity, rule: 0, seq: 1, order: 1, time: Fixtures.start, strength: 1, count: 3, firstSeen: .epoch)
        changes.rejections = [
            Rejection(
                seq: 1, source: .file, reason: .invalidJSON, position: 0, field: text, bytes: Array(text.utf8))
        ]
        try writer.write(changes)
        let hex = text.utf8.map { String(format: "%02X", $0) }.joined()
        for column in [
            "account FROM accounts", "account FROM contributions WHERE rule = 'prior'", "account FROM alerts",
            "account FROM signals", "key FROM entities", "bytes FROM quarantine",
            "json_extract(evidence, '$.value') FROM contributions WHERE rule = 'listed_mail'",
        ] {
            let parts = column.components(separatedBy: " FROM ")
            #expect(try scratch.sqlite3("SELECT hex(\(parts[0])) FROM \(parts[1])") == hex)
        }
        #expect(try StoreReader(path: scratch.database).account(named: text)?.score == score.points.asPoints)
    }

    @Test func `a full disk leaves nothing behind, and the same write succeeds when there is room`() throws {
        let writer = try scratch.openWriter()
        let stream = Fixtures.stream(seed: 5, count: 400)
        try writer.write(stream[0])
        let before = try scratch.dump()
        let pages = try writer.queue.writeWithoutTransaction { db in
            let pages = try #require(try Int.fetchOne(db, sql: "PRAGMA page_count"))
            try db.execute(sql: "PRAGMA max_page_count = \(pages + 2)")
            return pages
        }
        var rest = stream[1]
        for changes in stream[2...] { rest.append(changes) }
        #expect(throws: StoreError.full(path: scratch.database)) { try writer.write(rest) }
        #expect(try scratch.dump() == before)
        #expect(writer.appliedSeq == 1)
        try writer.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages + 100_000)") }
        try writer.write(rest)
        #expect(writer.appliedSeq == 400)
    }

    @Test func `a rule that is gone stays in the table as inactive, with its counts`() throws {
        var writer = try scratch.openWriter()
        var changes = Changes()
        changes.throughSeq = 1
        changes.signals = [Fixtures.signal("a", rule: 2, seq: 1)]
        try writer.write(changes)
        writer.close()
        let fingerprint = try scratch.sqlite3("SELECT value FROM meta WHERE key = 'rules_fingerprint'")
        var fewer = Fixtures.rules
        fewer.rules.removeLast()
        writer = try scratch.openWriter(rules: fewer, inactive: ["impossible_travel": "no City database"])
        #expect(
            try scratch.sqlite3("SELECT rule, active, inactive_because, signals FROM rules ORDER BY rule") == """
                accounts_per_device|1||0
                impossible_travel|0|no City database|0
                listed_mail|0|no longer in the rules|1
                """)
        #expect(try scratch.sqlite3("SELECT value FROM meta WHERE key = 'rules_fingerprint'") != fingerprint)
        writer.close()
        #expect(try scratch.openWriter().appliedSeq == 1)
        #expect(try scratch.sqlite3("SELECT value FROM meta WHERE key = 'rules_fingerprint'") == fingerprint)
    }
}

extension Int {
    /// Hundredths as a number of points.
    var asPoints: Double { Double(self) / 100 }
}
