/// A database as release 0.1.0 left it: what its `sqlite3 .dump` printed, with rows of each kind.
enum SchemaVersion1 {
    static let dump = """
        PRAGMA foreign_keys = OFF;
        PRAGMA application_id = 1650552434;
        PRAGMA user_version = 1;
        PRAGMA journal_mode = WAL;
        BEGIN TRANSACTION;
        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
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
        CREATE INDEX accounts_at_risk ON accounts (score DESC, level) WHERE level <> 'normal';
        CREATE INDEX alerts_by_account ON alerts (account);
        CREATE INDEX alerts_by_time ON alerts (event_time);
        CREATE INDEX quarantine_by_reason ON quarantine (reason);
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
        INSERT INTO grdb_migrations VALUES ('1');
        INSERT INTO accounts VALUES
            ('alice', 57.8, 'review', 0, '2026-03-02T08:00:00.000000Z', '2026-03-02T16:20:00.000000Z', 1098),
            ('bob', 1.8, 'normal', 0, '2026-03-02T08:01:30.000000Z', '2026-03-02T08:01:30.000000Z', NULL);
        INSERT INTO contributions VALUES
            ('alice', 'prior', 'prior', NULL, 1.8, -4.0, NULL, NULL, NULL, NULL, 'before any evidence'),
            ('alice', 'impossible_travel', 'geography', 'travel', 56.0, 4.3, 0.9, '2026-03-02T08:01:30.000000Z',
                '2026-03-02T08:06:30.000000Z', '{"distance_km":8912,"count":2}', 'DE to JP');
        INSERT INTO signals VALUES
            (1, 210, 'impossible_travel', 'alice', '2026-03-02T08:01:30.000000Z', 0.5, '{"count":1}'),
            (2, 214, 'impossible_travel', 'alice', '2026-03-02T08:06:30.000000Z', 0.9, '{"count":2}');
        INSERT INTO alerts VALUES (1, 'alice', 'review', 'normal', 57.8, '2026-03-02T08:06:30.000000Z', 214,
            'impossible_travel +56.00: DE to JP', '{"score":57.80}');
        INSERT INTO entities VALUES (
            'device', 'd-1', 'accounts_per_device', 1.0, 20, NULL, '2026-03-02T13:56:00.000000Z', 866);
        INSERT INTO rules VALUES ('impossible_travel', 'travel', 'travel', 'geography', 3.0, 'account', NULL, 86400.0, 2.0,
            604800.0, 'accounts', 'Nobody flies so fast.', 1, NULL, 2, 1);
        INSERT INTO quarantine VALUES
            (3, 'stream', 'invalid_json', NULL, 1, CAST('{ oops' AS BLOB)),
            (4, 'stream', 'invalid_value', 'card', 9, CAST('{"card":"****"}' AS BLOB)),
            (5, 'stream', 'frame_too_long', NULL, 65536, zeroblob(4096));
        INSERT INTO sources VALUES ('stream', 1200, 400000, 1197, 3, '2026-03-03T22:19:56.838000Z');
        INSERT INTO meta VALUES ('accounts', 2), ('applied_seq', 1200), ('base_score', 1.8),
            ('rules_fingerprint', '28c82d31baad9780'), ('schema', 1), ('watermark', '2026-03-03T22:19:56.838000Z');
        COMMIT;
        """
}
