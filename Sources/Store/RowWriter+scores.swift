internal import GRDB
internal import RiskModel

/// Accounts, their scores, and what these are made of.
extension RowWriter {
    /// Writes new accounts and changed scores. A new account that has a score comes with it: one row, written once.
    ///
    /// - Returns: how many accounts were new to the table.
    func replaceScores(_ scores: [ExactText: Score], of accounts: [NewAccount]) throws -> Int {
        guard !scores.isEmpty || !accounts.isEmpty else { return 0 }
        var rows = try AccountRows(db, basePoints: rules.policy.basePoints)
        var contributions = try ContributionRows(db, rules)
        var added = 0
        var written: Set<ExactText> = []
        for account in accounts.sorted(by: { $0.account < $1.account }) {
            let name = ExactText(account.account)
            let score = scores[name]
            if try rows.insert(account, score) {
                added += 1
            } else if try endLife(of: account) {
                // One row for another.
                _ = try rows.insert(account, score)
            } else {
                continue
            }
            if let score {
                try contributions.insert(score)
                written.insert(name)
            }
        }
        for score in scores.values.sorted(by: { $0.account < $1.account }) {
            if written.contains(ExactText(score.account)) { continue }
            if try rows.update(score) {
                try contributions.replace(score)
            } else {
                _ = try rows.insert(NewAccount(account: score.account, firstSeen: score.firstSeen), score)
                added += 1
                try contributions.insert(score)
            }
        }
        return added
    }
}

/// The statements on `accounts`.
private struct AccountRows: ~Copyable {
    private let basePoints: Int
    private var insert: RowStatement
    private var update: RowStatement

    init(_ db: Database, basePoints: Int) throws {
        let insert = try RowStatement(
            db,
            """
            INSERT INTO accounts (score, level, compromised, scored_at, seq, peak_level, peak_score, peak_at, verdict,
                shadow_score, first_seen, account)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """)
        let update = try RowStatement(
            db,
            """
            UPDATE accounts SET score = ?1, level = ?2, compromised = ?3, scored_at = ?4, seq = ?5, peak_level = ?6,
                peak_score = ?7, peak_at = ?8, verdict = ?9, shadow_score = ?10,
                first_seen = coalesce(min(first_seen, ?11), first_seen, ?11)
            WHERE account = ?12
            """)
        self.basePoints = basePoints
        self.insert = insert
        self.update = update
    }

    /// Makes an account's row; whether there was none.
    mutating func insert(_ account: NewAccount, _ score: Score?) throws -> Bool {
        if let score {
            score.bind(to: &insert)
        } else {
            insert.bind(points: basePoints)
            insert.bind(Level.normal.name)
            insert.bind(0)
            insert.bind(timeOrNever: account.firstSeen)
            insert.bindNull()
            insert.bind(Level.normal.name)
            for _ in 0..<4 { insert.bindNull() }
        }
        let times = [account.firstSeen, score?.firstSeen ?? .epoch].filter { $0 != .epoch }
        insert.bind(timeOrNever: times.min() ?? .epoch)
        insert.bind(account.account)
        return try insert.run() == 1
    }

    /// Writes a score into its account's row; whether there is one.
    mutating func update(_ score: Score) throws -> Bool {
        score.bind(to: &update)
        update.bind(timeOrNever: score.firstSeen)
        update.bind(score.account)
        return try update.run() == 1
    }
}

extension Score {
    /// Binds score, level, compromised, scored_at, seq, peak_level, peak_score, peak_at, verdict, shadow_score.
    fileprivate func bind(to statement: inout RowStatement) {
        statement.bind(points: points)
        statement.bind(level.name)
        statement.bind(compromised ? 1 : 0)
        statement.bind(time)
        statement.bind(seq: seq)
        statement.bind(peak.level.name)
        statement.bind(points: peak.points)
        statement.bind(peak.time)
        if let verdict { statement.bind(verdict.rawValue) } else { statement.bindNull() }
        if let shadowPoints { statement.bind(points: shadowPoints) } else { statement.bindNull() }
    }
}

/// The statements on `contributions`.
private struct ContributionRows: ~Copyable {
    private let rules: RuleSet
    private var texts: EvidenceTexts
    private var find: RowStatement
    private var delete: RowStatement
    /// SQLite overwrites a row in its place where the table has one index and no foreign key is enforced.
    private var put: RowStatement

    init(_ db: Database, _ rules: RuleSet) throws {
        // Without the row that is right already, as that of the prior is nearly always.
        let find = try RowStatement(
            db,
            """
            SELECT rule, rule = '\(Schema.priorRule)' AND points = ?2 AND evidence_value = ?3 FROM contributions
            WHERE account = ?1
            """)
        let delete = try RowStatement(db, "DELETE FROM contributions WHERE account = ? AND rule = ?")
        let put = try RowStatement(
            db, "INSERT OR REPLACE INTO contributions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        self.rules = rules
        texts = EvidenceTexts(rules.rules)
        self.find = find
        self.delete = delete
        self.put = put
    }

    /// Writes what a score is made of, of an account that has no rows yet.
    mutating func insert(_ score: Score) throws {
        if score.contributions.isEmpty { return }
        try putPrior(of: score)
        for contribution in score.contributions { try put(contribution, of: score.account) }
    }

    /// Writes what a score is made of in place of what the account has.
    ///
    /// Row by row: a deletion of all would gather them in a table of its own before.
    mutating func replace(_ score: Score) throws {
        var stale: [String] = []
        var hasPrior = false
        find.bind(score.account)
        find.bind(points: score.basePoints)
        find.bind(rules.policy.prior)
        try find.read { row in
            if row.integer(1) != 0 { hasPrior = true }
            let rule = row.text(0)
            let isKept =
                rule == Schema.priorRule
                ? !score.contributions.isEmpty : score.contributions.contains { rules.rules[$0.rule].id == rule }
            if !isKept { stale.append(rule) }
        }
        for rule in stale {
            delete.bind(score.account)
            delete.bind(rule)
            try delete.run()
        }
        if score.contributions.isEmpty { return }
        if !hasPrior { try putPrior(of: score) }
        for contribution in score.contributions { try put(contribution, of: score.account) }
    }

    private mutating func put(_ part: Contribution, of account: String) throws {
        let rule = rules.rules[part.rule]
        put.bind(account)
        put.bind(rule.id)
        put.bind(rule.family.name)
        put.bind(rule.heuristic)
        put.bind(points: part.points)
        put.bind(part.evidenceValue)
        put.bind(part.strength)
        put.bind(part.since)
        put.bind(part.updated)
        put.bind(texts.json(part.evidence, of: part.rule))
        put.bind(texts.sentence(part.evidence, of: part.rule))
        put.bind(rule.basis.name)
        try put.run()
    }

    /// What the account would have without evidence, so that the rows of an account add up to its score.
    private mutating func putPrior(of score: Score) throws {
        put.bind(score.account)
        put.bind(Schema.priorRule)
        put.bind(Schema.priorRule)
        put.bindNull()
        put.bind(points: score.basePoints)
        put.bind(rules.policy.prior)
        for _ in 0..<4 { put.bindNull() }
        put.bind("what every account has before any evidence")
        put.bindNull()
        try put.run()
    }
}
