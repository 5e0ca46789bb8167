internal import GRDB
internal import RiskModel

/// The table `configurations`: which rules, builds and lists rows were made under.
enum ConfigurationTable {
    /// Makes a configuration the newest row, unless it is that already.
    ///
    /// - Returns: The row's id.
    static func put(
        _ record: ConfigurationRecord, rules: RuleSet, afterSeq appliedSeq: Int, _ db: Database
    ) throws -> Int {
        let content = [RuleTable.fingerprint(of: rules), record.databasesJSON, record.listsJSON]
        let newest = try Row.fetchOne(
            db, sql: "SELECT id, rules, databases, lists FROM configurations ORDER BY id DESC LIMIT 1")
        if let newest, try ["rules", "databases", "lists"].map({ try newest.value($0) }) == content {
            return try newest.value("id")
        }
        try db.execute(
            sql: "INSERT INTO configurations (first_seq, rules, databases, lists) VALUES (?, ?, ?, ?)",
            arguments: [appliedSeq + 1, content[0], content[1], content[2]])
        return Int(db.lastInsertedRowID)
    }
}
