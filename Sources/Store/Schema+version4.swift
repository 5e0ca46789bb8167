extension Schema {
    /// Who did what; lines that are no events and need not be.
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

        """
}
