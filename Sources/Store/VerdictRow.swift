internal import GRDB

/// An analyst's word on an account, as the database has it.
package struct VerdictRow: Sendable, Hashable {
    package var id: Int
    package var account: String
    /// `banned`, `cleared`, `compromised` or `withdrawn`.
    package var verdict: String
    /// It holds until then; `nil` for always.
    package var until: String?
    /// Who gave it, with the user that the system knows.
    package var by: String
    package var why: String
    package var eventTime: String
    package var seq: Int
    /// Whether it holds now: it is the account's last, was not withdrawn, and its time is not over.
    package var isInForce: Bool
}

/// Which verdicts, the newest first.
package struct VerdictFilter: Sendable {
    package var account: String?
    /// Only those that hold.
    package var inForce = false
    /// Only verdicts older than the one of this id.
    package var beforeID: Int?
    package var limit = 100

    package init() {}
}

extension VerdictRow {
    init(_ row: Row) throws {
        try self.init(
            id: row.value("id"), account: row.value("account"), verdict: row.value("verdict"),
            until: row.value("until"), by: row.value("by"), why: row.value("why"), eventTime: row.value("event_time"),
            seq: row.value("seq"), isInForce: row.value("in_force"))
    }
}

extension StoreReader {
    /// Verdicts by filter.
    package func verdicts(_ filter: VerdictFilter) throws(StoreError) -> [VerdictRow] {
        var query: SQL = """
            SELECT v.*, f.id IS NOT NULL AS in_force FROM verdicts v LEFT JOIN verdicts_in_force f ON f.id = v.id
            WHERE true
            """
        if let account = filter.account { query += " AND v.account = \(account)" }
        if filter.inForce { query += " AND f.id IS NOT NULL" }
        if let before = filter.beforeID { query += " AND v.id < \(before)" }
        query += " ORDER BY v.id DESC LIMIT \(filter.limit)"
        return try fetch(query, VerdictRow.init)
    }

    /// Which of these names no account of the database has, in their order.
    package func unknown(among accounts: [String]) throws(StoreError) -> [String] {
        try read { db in
            let known = try db.cachedStatement(sql: "SELECT 1 FROM accounts WHERE account = ?")
            return try accounts.filter { try Int.fetchOne(known, arguments: [$0]) == nil }
        }
    }
}
