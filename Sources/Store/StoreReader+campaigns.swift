internal import GRDB
internal import RiskModel

extension StoreReader {
    /// Campaigns by filter.
    package func campaigns(_ filter: CampaignFilter) throws(StoreError) -> [CampaignRow] {
        try fetch(Self.query(filter), CampaignRow.init)
    }

    /// A campaign with who belongs to it and what ties them; `nil` where there is none of this number.
    ///
    /// - Parameter memberLimit: at most so many members, the highest score first.
    package func campaignReport(_ id: Int, memberLimit: Int) throws(StoreError) -> CampaignReport? {
        var filter = CampaignFilter()
        filter.id = id
        filter.includesMerged = true
        return try read { db in
            let (sql, arguments) = try Self.query(filter).build(db)
            guard let row = try Row.fetchOne(db, sql: sql, arguments: arguments) else { return nil }
            func rows<T>(_ sql: String, _ make: (Row) throws -> T) throws -> [T] {
                try Row.fetchAll(db, sql: sql, arguments: [id]).map(make)
            }
            var growth = try rows(
                """
                SELECT substr(joined, 1, 10) AS day, count(*) AS joined FROM campaign_members WHERE campaign = ?
                GROUP BY day ORDER BY day
                """
            ) { CampaignReport.Day(day: try $0.value("day"), joined: try $0.value("joined"), total: 0) }
            var total = 0
            for index in growth.indices {
                total += growth[index].joined
                growth[index].total = total
            }
            let levels = try rows(
                """
                SELECT a.level, count(*) AS n FROM campaign_members m JOIN accounts a ON a.account = m.account
                WHERE m.campaign = ? GROUP BY a.level
                """
            ) { (try $0.value("level") as String, try $0.value("n") as Int) }
            return CampaignReport(
                campaign: try CampaignRow(row),
                merged: try rows("SELECT id FROM campaigns WHERE merged_into = ? ORDER BY id") { try $0.value("id") },
                ties: try rows(
                    """
                    SELECT entity_kind, entity_key, rule, count(*) AS members FROM campaign_members WHERE campaign = ?
                    GROUP BY entity_kind, entity_key, rule ORDER BY members DESC, entity_kind, entity_key, rule
                    """
                ) {
                    CampaignReport.Tie(
                        entityKind: try $0.value("entity_kind"), entityKey: try $0.value("entity_key"),
                        rule: try $0.value("rule"), members: try $0.value("members"))
                },
                growth: growth,
                rules: try rows(
                    """
                    SELECT c.rule, count(*) AS members, round(avg(c.points), 2) AS mean_points
                    FROM campaign_members m JOIN contributions c ON c.account = m.account
                    WHERE m.campaign = ? AND c.rule <> 'prior' GROUP BY c.rule ORDER BY members DESC, c.rule
                    """
                ) {
                    CampaignReport.RuleShare(
                        rule: try $0.value("rule"), members: try $0.value("members"),
                        meanPoints: try $0.value("mean_points"))
                },
                levels: Dictionary(levels, uniquingKeysWith: { $1 }),
                members: try rows(
                    """
                    SELECT m.*, a.score, a.level, a.compromised, a.verdict
                    FROM campaign_members m JOIN accounts a ON a.account = m.account
                    WHERE m.campaign = ? ORDER BY a.score DESC, m.account LIMIT \(memberLimit)
                    """, CampaignMemberRow.init))
        }
    }

    private static func query(_ filter: CampaignFilter) -> SQL {
        var query: SQL = """
            SELECT c.*, (SELECT count(*) FROM campaign_members m WHERE m.campaign = c.id AND m.joined > (
                SELECT strftime('%Y-%m-%dT%H:%M:%S.000000Z', value, '-1 day') FROM meta WHERE key = 'watermark')
            ) AS recent FROM campaigns c WHERE true
            """
        if !filter.includesMerged { query += " AND c.merged_into IS NULL" }
        if let id = filter.id { query += " AND c.id = \(id)" }
        if let since = filter.since { query += " AND c.last_seen >= \(since.column)" }
        if let after = filter.after { query += " AND (c.last_seen, c.id) < (\(after.lastSeen), \(after.id))" }
        query += " ORDER BY c.last_seen DESC, c.id DESC LIMIT \(filter.limit)"
        return query
    }
}
