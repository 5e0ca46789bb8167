extension Schema {
    /// Who did what; lines that are no events and need not be; what mappings were in force, and which one spoke.
    static let version4 = """
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY,
            time TEXT NOT NULL,
            uid INTEGER,
            user TEXT,
            roles TEXT NOT NULL,
            way TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT,
            outcome TEXT NOT NULL
        ) STRICT;

        ALTER TABLE sources ADD COLUMN ignored INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE quarantine ADD COLUMN mapping TEXT;
        ALTER TABLE configurations ADD COLUMN mappings TEXT NOT NULL DEFAULT '[]';
        -- When a line was received, by the wall clock; what was a pseudonym, and under which key.
        ALTER TABLE quarantine ADD COLUMN received TEXT;
        ALTER TABLE configurations ADD COLUMN pseudonyms TEXT NOT NULL DEFAULT '';

        -- When an account was last seen that is no longer in memory, and until when a verdict on it holds.
        ALTER TABLE accounts ADD COLUMN last_seen TEXT;
        ALTER TABLE accounts ADD COLUMN held_until TEXT;
        CREATE INDEX accounts_departed ON accounts (last_seen) WHERE last_seen IS NOT NULL;

        -- In the order of an index, so that a span of time is read from it alone.
        DROP VIEW alert_feed;
        CREATE VIEW alert_feed AS
        SELECT id, event_time, level, previous_level, score, account, reason, campaign, members
        FROM alerts ORDER BY event_time DESC, id DESC;

        """
}
