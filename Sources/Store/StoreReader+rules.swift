internal import GRDB

/// A rule as it is configured, with what came of it.
package struct RuleHealthRow: Sendable, Hashable {
    package var rule: String
    package var heuristic: String
    package var kind: String
    package var family: String
    package var basis: String?
    package var key: String
    package var member: String?
    package var windowSeconds: Double
    package var weight: Double
    package var halfLifeSeconds: Double
    package var isActive: Bool
    package var inactiveBecause: String?
    /// Its signals are kept, and count nothing.
    package var isShadow: Bool
    package var tiesAccounts: Bool
    /// Why the rule exists, in one sentence.
    package var reason: String
    /// All signals that changed a score, and all alerts that the rule was part of.
    package var signals: Int
    package var alerts: Int
    /// Accounts with evidence of it now, and what it is worth to them on average; `nil` where there are none.
    package var accounts: Int
    package var meanPoints: Double?
}

extension StoreReader {
    /// All rules that the database knows, by name. Counts all contributions: some 100 ms for a million of them.
    package func ruleHealth() throws(StoreError) -> [RuleHealthRow] {
        let query: SQL = """
            SELECT r.*, h.accounts AS accounts, h.mean_points AS mean_points
            FROM rules r JOIN rule_health h ON h.rule = r.rule ORDER BY r.rule
            """
        return try fetch(query) { row in
            try RuleHealthRow(
                rule: row.value("rule"), heuristic: row.value("heuristic"), kind: row.value("kind"),
                family: row.value("family"), basis: row.value("basis"), key: row.value("key"),
                member: row.value("member"), windowSeconds: row.value("window_seconds"), weight: row.value("weight"),
                halfLifeSeconds: row.value("half_life_seconds"), isActive: row.value("active"),
                inactiveBecause: row.value("inactive_because"), isShadow: row.value("shadow"),
                tiesAccounts: row.value("ties"), reason: row.value("reason"), signals: row.value("signals"),
                alerts: row.value("alerts"), accounts: row.value("accounts"), meanPoints: row.value("mean_points"))
        }
    }

    /// A number that differs after each commit of another connection
    /// (<https://www.sqlite.org/pragma.html#pragma_data_version>). Costs microseconds.
    package func dataVersion() throws(StoreError) -> Int {
        try read { db in try Int.fetchOne(db, sql: "PRAGMA data_version") ?? 0 }
    }

    /// Ends the query that another thread runs on this reader, with ``StoreError/interrupted(path:)``. Does nothing where none
    /// runs.
    package func interrupt() { queue.interrupt() }
}
