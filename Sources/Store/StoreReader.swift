internal import GRDB
internal import Glibc
package import RiskModel

/// Reads the database beside the writer, read-only, one short transaction a call.
///
/// Rows come in the order that the filter names, at most its limit; ties fall by key, so that answers repeat.
package final class StoreReader: Sendable {
    let queue: DatabaseQueue
    private let path: String

    /// Opens the database with `mode=ro`.
    package init(path: String) throws(StoreError) {
        self.path = path
        queue = try StoreError.mapping(path) {
            try Self.checkFile(path)
            return try Connection.openReader(path)
        }
    }

    /// What the database at `path` has applied, of whichever schema; 0 where there is none yet.
    package static func appliedSeq(path: String) throws(StoreError) -> UInt64 {
        do throws(StoreError) {
            return try StoreError.mapping(path) {
                try checkFile(path)
                return UInt64(try Connection.openReader(path, oldest: 1).read(StoreWriter.appliedSeq))
            }
        } catch .missing, .notReady, .readOnly {
            return 0
        }
    }

    /// Tells apart what SQLite would call by one name.
    private static func checkFile(_ path: String) throws {
        // SAFETY: the path is a NUL-terminated copy for the length of the call.
        guard unsafe access(path, F_OK) == 0 else {
            throw errno == ENOENT ? StoreError.missing(path: path) : StoreError.cannotOpen(path: path)
        }
        var status = stat()
        // SAFETY: stat fills one `stat`; SQLite itself would call a folder an I/O error.
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw StoreError.notADatabase(path: path)
        }
    }

    func read<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
        try StoreError.mapping(path) { try queue.read(body) }
    }

    func fetch<T>(_ query: SQL, _ make: (Row) throws -> T) throws(StoreError) -> [T] {
        try read { db in
            let (sql, arguments) = try query.build(db)
            var rows: [T] = []
            let cursor = try Row.fetchCursor(db, sql: sql, arguments: arguments)
            while let row = try cursor.next() { rows.append(try make(row)) }
            return rows
        }
    }

    /// Accounts by filter, with the rule that is worth most.
    package func accounts(_ filter: AccountFilter) throws(StoreError) -> [AccountRow] {
        var query: SQL = """
            SELECT a.*, c.rule AS top_rule, c.explanation AS top_explanation FROM accounts a
            LEFT JOIN contributions c ON c.account = a.account AND c.rule = (
                SELECT rule FROM contributions t WHERE t.account = a.account AND t.rule <> \(Schema.priorRule)
                ORDER BY t.points DESC, t.rule LIMIT 1)
            WHERE true
            """
        if filter.minimumLevel > .normal {
            query += " AND a.level <> 'normal' AND a.level IN \(filter.minimumLevel.namesFromHere)"
        }
        if let score = filter.minimumScore { query += " AND a.score >= \(score)" }
        if let account = filter.account { query += " AND a.account = \(account)" }
        if let rule = filter.rule {
            query += " AND EXISTS (SELECT 1 FROM contributions r WHERE r.account = a.account AND r.rule = \(rule))"
        }
        if let after = filter.after { query += " AND \(filter.order.condition(after: after))" }
        switch filter.order {
        case .score: query += " ORDER BY a.score DESC, a.account"
        case .account: query += " ORDER BY a.account"
        case .recent: query += " ORDER BY a.scored_at DESC, a.account"
        }
        query += " LIMIT \(filter.limit)"
        return try fetch(query, AccountRow.init)
    }

    /// The account of this name, or `nil`.
    package func account(named name: String) throws(StoreError) -> AccountRow? {
        var filter = AccountFilter()
        filter.account = name
        return try accounts(filter).first
    }

    /// An account with its contributions as of one moment: the rules by points, the prior last. `nil`: no such account.
    package func explanation(
        of name: String
    ) throws(StoreError) -> (account: AccountRow, contributions: [ContributionRow])? {
        try read { db in
            guard
                let account = try Row.fetchOne(
                    db, sql: "SELECT *, NULL AS top_rule, NULL AS top_explanation FROM accounts WHERE account = ?",
                    arguments: [name])
            else { return nil }
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT c.*, r.family_cap, r.half_life_seconds FROM contributions c LEFT JOIN rules r ON r.rule = c.rule
                    WHERE c.account = ? ORDER BY c.rule = 'prior', c.points DESC, c.rule
                    """, arguments: [name])
            let contributions = try rows.map(ContributionRow.init)
            var row = try AccountRow(account)
            if let top = contributions.first, !top.isPrior {
                row.topRule = top.rule
                row.topExplanation = top.explanation
            }
            return (row, contributions)
        }
    }

    /// Alerts by filter.
    package func alerts(_ filter: AlertFilter) throws(StoreError) -> [AlertRow] {
        var query: SQL = "SELECT * FROM alerts WHERE id > \(filter.afterID)"
        if let before = filter.beforeID { query += " AND id < \(before)" }
        if filter.minimumLevel > .normal { query += " AND level IN \(filter.minimumLevel.namesFromHere)" }
        if let account = filter.account { query += " AND account = \(account)" }
        if let since = filter.since { query += " AND event_time >= \(since.column)" }
        if let campaign = filter.campaign { query += " AND campaign = \(campaign)" }
        if let rule = filter.rule {
            query += """
                 AND CASE WHEN campaign IS NULL
                    THEN EXISTS (SELECT 1 FROM json_each(explanation, '$.contributions') part
                        WHERE json_extract(part.value, '$.rule') = \(rule))
                    ELSE json_extract(explanation, '$.campaign.cause') = \(rule) END
                """
        }
        query += filter.newestFirst ? " ORDER BY id DESC" : " ORDER BY id"
        query += " LIMIT \(filter.limit)"
        return try fetch(query, AlertRow.init)
    }

    /// Entities by filter, one row for each rule that spoke.
    package func entities(_ filter: EntityFilter) throws(StoreError) -> [EntityRow] {
        var query: SQL = "SELECT * FROM entities WHERE true"
        if let kind = filter.kind { query += " AND kind = \(kind.name)" }
        if let key = filter.key { query += " AND key = \(key)" }
        if let rule = filter.rule { query += " AND rule = \(rule)" }
        if let after = filter.after { query += " AND \(filter.order.condition(after: after))" }
        switch filter.order {
        case .strength: query += " ORDER BY strength DESC, count DESC, kind, key, rule"
        case .count: query += " ORDER BY count DESC, kind, key, rule"
        case .key: query += " ORDER BY kind, key, rule"
        case .recent: query += " ORDER BY updated DESC, kind, key, rule"
        }
        query += " LIMIT \(filter.limit)"
        return try fetch(query, EntityRow.init)
    }

    /// All configurations that were ever in force, the newest first.
    package func configurations() throws(StoreError) -> [ConfigurationRow] {
        try fetch("SELECT * FROM configurations ORDER BY id DESC", ConfigurationRow.init)
    }

    /// Rows of the quarantine by filter. What a filter pages through can change between two calls.
    package func quarantine(_ filter: QuarantineFilter) throws(StoreError) -> [QuarantineRow] {
        var query: SQL = "SELECT * FROM quarantine WHERE \(filter.selection.condition)"
        if let after = filter.after { query += filter.newestFirst ? " AND seq < \(after)" : " AND seq > \(after)" }
        query += filter.newestFirst ? " ORDER BY seq DESC" : " ORDER BY seq"
        query += " LIMIT \(filter.limit)"
        return try fetch(query, QuarantineRow.init)
    }

    /// How many rows of the quarantine a selection takes in, and how many of them can be tried again.
    package func quarantineCount(_ selection: QuarantineSelection) throws(StoreError) -> (rows: Int, complete: Int) {
        try fetch(
            "SELECT count(*) AS rows, coalesce(sum(complete), 0) AS complete FROM quarantine WHERE \(selection.condition)"
        ) { (rows: try $0.value("rows"), complete: try $0.value("complete")) }[0]
    }

    /// How many rows the quarantine has and had.
    package func quarantineCounts() throws(StoreError) -> QuarantineCounts { try read(QuarantineCounts.init) }

    /// The highest event time that is in the database, or `nil`.
    package func watermark() throws(StoreError) -> Timestamp? {
        // The driver of a relative `--since`: SQLite counts the microseconds of its own text.
        try read { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT CAST(strftime('%s', value) AS INTEGER) * 1000000 + CAST(substr(value, 21, 6) AS INTEGER)
                    FROM meta WHERE key = 'watermark' AND value IS NOT NULL
                    """
            ).map(Timestamp.init(microseconds:))
        }
    }

    /// The state of the whole. Reads the accounts above `normal`, not all.
    package func status() throws(StoreError) -> StoreStatus {
        try read { db in
            let meta = try Dictionary(
                Row.fetchAll(db, sql: "SELECT key, value FROM meta").map {
                    (try $0.value("key") as String, $0["value"] as DatabaseValue)
                }, uniquingKeysWith: { $1 })
            let levels = try Row.fetchAll(
                db, sql: "SELECT level, count(*) AS n FROM accounts WHERE level <> 'normal' GROUP BY level")
            return StoreStatus(
                schema: meta["schema"].flatMap(Int.fromDatabaseValue) ?? 0,
                appliedSeq: meta["applied_seq"].flatMap(Int.fromDatabaseValue) ?? 0,
                watermark: meta["watermark"].flatMap(String.fromDatabaseValue),
                baseScore: meta["base_score"].flatMap(Double.fromDatabaseValue) ?? 0,
                rulesFingerprint: meta["rules_fingerprint"].flatMap(String.fromDatabaseValue) ?? "",
                configuration: try Int.fetchOne(db, sql: "SELECT max(id) FROM configurations") ?? 0,
                accounts: meta["accounts"].flatMap(Int.fromDatabaseValue) ?? 0,
                accountsByLevel: try levels.reduce(into: [:]) { counts, row in
                    let name: String = try row.value("level")
                    guard let level = Level.allCases.first(where: { $0.name == name }) else { return }
                    counts[level] = try row.value("n")
                },
                alerts: try Int.fetchOne(db, sql: "SELECT max(id) FROM alerts") ?? 0,
                quarantine: try QuarantineCounts(db),
                rules: try Row.fetchAll(db, sql: "SELECT * FROM rules ORDER BY rule").map(RuleRow.init),
                sources: try Row.fetchAll(db, sql: "SELECT * FROM sources ORDER BY source").map(SourceRow.init))
        }
    }
}

extension Level {
    /// The names of this level and all above it.
    fileprivate var namesFromHere: [String] { Self.allCases.filter { $0 >= self }.map(\.name) }
}
