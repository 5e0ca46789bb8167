extension Schema {
    /// Peaks, verdicts and campaigns; what evidence rests on; which rules only watch, and which tie accounts.
    static let version3 = """
        DROP VIEW risky_accounts;
        DROP VIEW alert_feed;
        DROP VIEW entity_risk;
        DROP VIEW rule_health;

        ALTER TABLE rules ADD COLUMN basis TEXT;
        ALTER TABLE rules ADD COLUMN shadow INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE rules ADD COLUMN ties INTEGER NOT NULL DEFAULT 0;
        -- The kinds of version 2 are distinct, rate, travel and match.
        UPDATE rules SET basis = CASE
            WHEN key IN ('ip', 'prefix', 'prefix48', 'asn') THEN 'address'
            WHEN key IN ('email', 'phone') THEN 'contact'
            WHEN key IN ('device', 'card', 'api_key') THEN key
            WHEN key IN ('username', 'user_agent') THEN 'pattern'
            WHEN family = 'network' THEN 'address'
            WHEN family = 'geography' THEN 'place'
            WHEN family = 'device' THEN 'device'
            WHEN family = 'identity' THEN 'contact'
            WHEN family = 'payment' THEN 'card'
            ELSE 'conduct' END;

        ALTER TABLE contributions ADD COLUMN basis TEXT;
        UPDATE contributions SET basis = (SELECT r.basis FROM rules r WHERE r.rule = contributions.rule);

        ALTER TABLE alerts ADD COLUMN campaign INTEGER;
        ALTER TABLE alerts ADD COLUMN members INTEGER;

        ALTER TABLE accounts ADD COLUMN peak_level TEXT NOT NULL DEFAULT 'normal';
        ALTER TABLE accounts ADD COLUMN peak_score REAL;
        ALTER TABLE accounts ADD COLUMN peak_at TEXT;
        ALTER TABLE accounts ADD COLUMN verdict TEXT;
        ALTER TABLE accounts ADD COLUMN shadow_score REAL;
        ALTER TABLE accounts ADD COLUMN campaign INTEGER;
        -- What is known of the past is in the alerts; an account without one was never higher than it is.
        UPDATE accounts SET peak_level = level, peak_score = score, peak_at = scored_at WHERE seq IS NOT NULL;
        WITH levels (level, rank) AS (VALUES ('normal', 0), ('watch', 1), ('review', 2), ('ban', 3)),
        rises AS (
            SELECT l.account, l.level, l.score, l.event_time, v.rank,
                row_number() OVER (PARTITION BY l.account ORDER BY v.rank DESC, l.id) AS place
            FROM alerts l JOIN levels v ON v.level = l.level)
        UPDATE accounts SET peak_level = rises.level, peak_score = rises.score, peak_at = rises.event_time
        FROM rises WHERE rises.place = 1 AND rises.account = accounts.account
            AND rises.rank >= (SELECT rank FROM levels WHERE levels.level = accounts.level);

        CREATE TABLE campaigns (
            id INTEGER PRIMARY KEY,
            cause TEXT NOT NULL,
            entity_kind TEXT NOT NULL,
            entity_key TEXT NOT NULL,
            entities INTEGER NOT NULL,
            members INTEGER NOT NULL,
            level TEXT NOT NULL,
            first_seen TEXT NOT NULL,
            last_seen TEXT NOT NULL,
            born TEXT NOT NULL,
            merged_into INTEGER,
            seq INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE campaign_members (
            account TEXT NOT NULL PRIMARY KEY,
            campaign INTEGER NOT NULL,
            entity_kind TEXT NOT NULL,
            entity_key TEXT NOT NULL,
            rule TEXT NOT NULL,
            joined TEXT NOT NULL,
            seq INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE verdicts (
            id INTEGER PRIMARY KEY,
            account TEXT NOT NULL,
            verdict TEXT NOT NULL,
            until TEXT,
            by TEXT NOT NULL,
            why TEXT NOT NULL,
            event_time TEXT NOT NULL,
            seq INTEGER NOT NULL
        ) STRICT;

        CREATE INDEX campaign_members_by_campaign ON campaign_members (campaign, joined);
        CREATE INDEX verdicts_by_account ON verdicts (account);

        """

    /// The views as of version 3.
    static let version3Views = """
        CREATE VIEW risky_accounts AS
        SELECT a.account, a.score, a.level, a.compromised, a.first_seen, a.scored_at,
            c.rule AS top_rule, c.points AS top_points, c.explanation AS top_explanation,
            a.campaign, a.verdict, a.peak_level, a.peak_score, a.peak_at
        FROM accounts a LEFT JOIN contributions c ON c.account = a.account AND c.rule = (
            SELECT rule FROM contributions t WHERE t.account = a.account AND t.rule <> 'prior'
            ORDER BY t.points DESC, t.rule LIMIT 1)
        WHERE a.level <> 'normal'
        ORDER BY a.score DESC;

        CREATE VIEW alert_feed AS
        SELECT id, event_time, level, previous_level, score, account, reason, campaign, members
        FROM alerts ORDER BY id DESC;

        CREATE VIEW entity_risk AS
        SELECT e.kind, e.key, max(e.strength) AS strength, count(*) AS rules, max(e.count) AS count,
            max(CASE WHEN r.kind = 'distinct' AND r.member = 'account' THEN e.count END) AS accounts,
            min(e.first_seen) AS first_seen, max(e.updated) AS updated
        FROM entities e LEFT JOIN rules r ON r.rule = e.rule
        GROUP BY e.kind, e.key;

        CREATE VIEW rule_health AS
        SELECT r.rule, r.heuristic, r.family, r.kind, r.active, r.inactive_because, r.signals, r.alerts,
            coalesce(c.accounts, 0) AS accounts, c.mean_points, r.basis, r.shadow, r.ties
        FROM rules r LEFT JOIN (
            SELECT rule, count(*) AS accounts, round(avg(points), 2) AS mean_points FROM contributions GROUP BY rule
        ) c ON c.rule = r.rule;

        CREATE VIEW campaign_feed AS
        SELECT c.id, c.level, c.cause, c.entity_kind, c.entity_key, c.entities, c.members,
            (SELECT count(*) FROM campaign_members m WHERE m.campaign = c.id AND m.joined > (
                SELECT strftime('%Y-%m-%dT%H:%M:%S.000000Z', value, '-1 day') FROM meta WHERE key = 'watermark')
            ) AS recent, c.first_seen, c.last_seen, c.born
        FROM campaigns c WHERE c.merged_into IS NULL ORDER BY c.last_seen DESC, c.id DESC;

        CREATE VIEW verdicts_in_force AS
        SELECT v.id, v.account, v.verdict, v.until, v.by, v.why, v.event_time
        FROM verdicts v
        WHERE v.id = (SELECT max(w.id) FROM verdicts w WHERE w.account = v.account)
            AND v.verdict <> 'withdrawn'
            AND (v.until IS NULL OR v.until > coalesce((SELECT value FROM meta WHERE key = 'watermark'), ''))
        ORDER BY v.id DESC;

        """
}
