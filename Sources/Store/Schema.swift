internal import GRDB

/// The tables, indexes and views; docs/database.md explains each column.
enum Schema {
    /// `banr` in ASCII: tells the file from other applications' (<https://www.sqlite.org/pragma.html#pragma_application_id>).
    static let applicationID = 0x6261_6e72
    /// Stands in `PRAGMA user_version`.
    static let version = 4
    /// The rule of the row that holds what an account has without evidence.
    static let priorRule = "prior"

    /// A migration that was released is never changed: files in the field have it behind them.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(sql: tables + indexes + views)
            try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = 1")
        }
        // It breaks no reference, so the whole file need not be read to prove it.
        migrator.registerMigration("2", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: version2)
            try db.execute(sql: "UPDATE meta SET value = 2 WHERE key = 'schema'; PRAGMA user_version = 2")
        }
        migrator.registerMigration("3", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: version3 + version3Views)
            try db.execute(sql: "UPDATE meta SET value = 3 WHERE key = 'schema'; PRAGMA user_version = 3")
        }
        migrator.registerMigration("4", foreignKeyChecks: .immediate) { db in
            try db.execute(sql: version4)
            try db.execute(sql: "UPDATE meta SET value = 4 WHERE key = 'schema'; PRAGMA user_version = 4")
        }
        return migrator
    }

    /// Version 1. Alerts and signals carry ordinals: `max(id)` is their number, and the oldest are trimmed by it.
    private static let tables = """
        CREATE TABLE accounts (
            account TEXT NOT NULL PRIMARY KEY,
            score REAL NOT NULL,
            level TEXT NOT NULL,
            compromised INTEGER NOT NULL,
            first_seen TEXT,
            scored_at TEXT,
            seq INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE contributions (
            account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            rule TEXT NOT NULL,
            family TEXT NOT NULL,
            heuristic TEXT,
            points REAL NOT NULL,
            evidence_value REAL NOT NULL,
            strength REAL,
            since TEXT,
            updated TEXT,
            evidence TEXT,
            explanation TEXT NOT NULL,
            PRIMARY KEY (account, rule)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE signals (
            id INTEGER PRIMARY KEY,
            seq INTEGER NOT NULL,
            rule TEXT NOT NULL,
            account TEXT NOT NULL,
            time TEXT NOT NULL,
            strength REAL NOT NULL,
            evidence TEXT NOT NULL
        ) STRICT;

        CREATE TABLE alerts (
            id INTEGER PRIMARY KEY,
            account TEXT NOT NULL,
            level TEXT NOT NULL,
            previous_level TEXT NOT NULL,
            score REAL NOT NULL,
            event_time TEXT NOT NULL,
            seq INTEGER NOT NULL,
            reason TEXT NOT NULL,
            explanation TEXT NOT NULL
        ) STRICT;

        CREATE TABLE entities (
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            rule TEXT NOT NULL,
            strength REAL NOT NULL,
            count INTEGER NOT NULL,
            first_seen TEXT,
            updated TEXT NOT NULL,
            seq INTEGER NOT NULL,
            PRIMARY KEY (kind, key, rule)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE rules (
            rule TEXT NOT NULL PRIMARY KEY,
            heuristic TEXT NOT NULL,
            kind TEXT NOT NULL,
            family TEXT NOT NULL,
            family_cap REAL NOT NULL,
            key TEXT NOT NULL,
            member TEXT,
            window_seconds REAL NOT NULL,
            weight REAL NOT NULL,
            half_life_seconds REAL NOT NULL,
            blame TEXT NOT NULL,
            reason TEXT NOT NULL,
            active INTEGER NOT NULL,
            inactive_because TEXT,
            signals INTEGER NOT NULL DEFAULT 0,
            alerts INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE quarantine (
            seq INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            reason TEXT NOT NULL,
            field TEXT,
            position INTEGER NOT NULL,
            bytes BLOB NOT NULL
        ) STRICT;

        CREATE TABLE sources (
            source TEXT NOT NULL PRIMARY KEY,
            frames INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            events INTEGER NOT NULL,
            rejected INTEGER NOT NULL,
            last_event TEXT
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE meta (
            key TEXT NOT NULL PRIMARY KEY,
            value ANY
        ) STRICT, WITHOUT ROWID;

        INSERT INTO meta VALUES ('schema', 1), ('applied_seq', 0), ('watermark', NULL), ('accounts', 0);

        """

    /// Configurations that rows refer to; whether a row of the quarantine can be tried again; two more counts by source.
    private static let version2 = """
        CREATE TABLE configurations (
            id INTEGER PRIMARY KEY,
            first_seq INTEGER NOT NULL,
            rules TEXT NOT NULL,
            databases TEXT NOT NULL,
            lists TEXT NOT NULL
        ) STRICT;

        ALTER TABLE signals ADD COLUMN configuration INTEGER REFERENCES configurations;
        ALTER TABLE alerts ADD COLUMN configuration INTEGER REFERENCES configurations;

        ALTER TABLE sources ADD COLUMN duplicates INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE sources ADD COLUMN late INTEGER NOT NULL DEFAULT 0;

        ALTER TABLE quarantine ADD COLUMN length INTEGER;
        ALTER TABLE quarantine ADD COLUMN complete INTEGER NOT NULL DEFAULT 0;
        -- Version 1 did not note what it cut at 4096 bytes, nor where it put asterisks for a card's number.
        UPDATE quarantine SET length = length(bytes), complete = instr(bytes, CAST('*' AS BLOB)) = 0
        WHERE length(bytes) < 4096;

        INSERT INTO meta VALUES ('quarantine_evicted', 0);

        """

    /// Only what the documented queries need: an index on a table that every event can touch costs more than the table.
    private static let indexes = """
        CREATE INDEX accounts_at_risk ON accounts (score DESC, level) WHERE level <> 'normal';
        CREATE INDEX alerts_by_account ON alerts (account);
        CREATE INDEX alerts_by_time ON alerts (event_time);
        CREATE INDEX quarantine_by_reason ON quarantine (reason);

        """

    /// The views of version 1; version 3 made them anew.
    private static let views = """
        CREATE VIEW risky_accounts AS
        SELECT a.account, a.score, a.level, a.compromised, a.first_seen, a.scored_at,
            c.rule AS top_rule, c.points AS top_points, c.explanation AS top_explanation
        FROM accounts a LEFT JOIN contributions c ON c.account = a.account AND c.rule = (
            SELECT rule FROM contributions t WHERE t.account = a.account AND t.rule <> 'prior'
            ORDER BY t.points DESC, t.rule LIMIT 1)
        WHERE a.level <> 'normal'
        ORDER BY a.score DESC;

        CREATE VIEW alert_feed AS
        SELECT id, event_time, level, previous_level, score, account, reason FROM alerts ORDER BY id DESC;

        CREATE VIEW entity_risk AS
        SELECT e.kind, e.key, max(e.strength) AS strength, count(*) AS rules, max(e.count) AS count,
            max(CASE WHEN r.member = 'account' THEN e.count END) AS accounts,
            min(e.first_seen) AS first_seen, max(e.updated) AS updated
        FROM entities e LEFT JOIN rules r ON r.rule = e.rule
        GROUP BY e.kind, e.key;

        CREATE VIEW rule_health AS
        SELECT r.rule, r.heuristic, r.family, r.kind, r.active, r.inactive_because, r.signals, r.alerts,
            coalesce(c.accounts, 0) AS accounts, c.mean_points
        FROM rules r LEFT JOIN (
            SELECT rule, count(*) AS accounts, round(avg(points), 2) AS mean_points FROM contributions GROUP BY rule
        ) c ON c.rule = r.rule;

        """
}
