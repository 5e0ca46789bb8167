internal import GRDB
internal import RiskModel

/// The table `configurations`: which rules, builds, lists and mappings rows were made under.
enum ConfigurationTable {
    /// Makes a configuration the newest row, unless it is that already.
    ///
    /// - Returns: The row's id.
    static func put(
        _ record: ConfigurationRecord, rules: RuleSet, afterSeq appliedSeq: Int, _ db: Database
    ) throws -> Int {
        let columns = ["rules", "databases", "lists", "mappings", "pseudonyms"]
        let content = [
            RuleTable.fingerprint(of: rules), record.databasesJSON, record.listsJSON, record.mappingsJSON,
            record.pseudonyms,
        ]
        let newest = try Row.fetchOne(db, sql: "SELECT * FROM configurations ORDER BY id DESC LIMIT 1")
        if let newest, try columns.map({ try newest.value($0) }) == content { return try newest.value("id") }
        try db.execute(
            sql: """
                INSERT INTO configurations (first_seq, rules, databases, lists, mappings, pseudonyms)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [appliedSeq + 1, content[0], content[1], content[2], content[3], content[4]])
        return Int(db.lastInsertedRowID)
    }
}

extension StoreReader {
    /// What is to be said beside addresses where ``hiddenNetworks()``.
    package static let hiddenNetworksNote =
        "IP addresses are pseudonyms; outside banrisk somebody else has them (banrisk pseudonym --reverse)."

    /// Whether addresses were pseudonyms under some configuration: they look like addresses, and are not those of events.
    package func hiddenNetworks() throws(StoreError) -> Bool {
        try read { db in
            let summaries = try String.fetchAll(db, sql: "SELECT DISTINCT pseudonyms FROM configurations")
            return summaries.contains { summary in
                summary.split(separator: " under key ").first?.split(separator: ", ").contains("ip") ?? false
            }
        }
    }
}
