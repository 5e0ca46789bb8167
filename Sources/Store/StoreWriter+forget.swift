internal import Foundation
internal import GRDB
package import RiskModel

/// How many rows left the tables with an account, and how many of others were mended.
package struct ForgottenRows: Sendable, Hashable {
    package var deleted = 0
    /// Rows of others that spoke of the account, or that its numbers need.
    package var altered = 0
}

extension StoreWriter {
    /// Removes an account from all tables, in one transaction; what is removed is overwritten in the file (`secure_delete`).
    ///
    /// Its rows go. Rows of others that speak of it get the tombstone instead. Alerts, signals and verdicts are numbered on
    /// from the newest row, so where that is the account's it stays, empty, under the tombstone.
    ///
    /// - Parameters:
    ///   - names: all the names that rows may have for it; of an ordinary word only goes what is certainly the account's.
    ///   - entities: what was its alone.
    package func forget(
        _ names: [NameSearch], tombstone: String, entities: [EntityKey]
    ) throws(StoreError) -> ForgottenRows {
        try transaction { db in
            var eraser = AccountEraser(db: db, tombstone: tombstone, names: names)
            try eraser.run(entities)
            return eraser.rows
        }
    }

    /// Moves the whole write-ahead log into the file and empties it; waits for readers that hold it up, up to ten seconds.
    ///
    /// - Returns: Whether it is empty.
    package func emptyLog() throws(StoreError) -> Bool {
        // Who moves it already would be in the way.
        checkpointer.wait()
        // The first column says whether somebody held it up; the connection's own patience applies.
        return try writing { db in try Int.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") == 0 }
    }

    /// In how many cells that may speak of an account its name still stands. What other columns hold says something else:
    /// rules, users of this machine, the words of a sentence whose evidence does not speak of it.
    package func mentions(of search: NameSearch) throws(StoreError) -> Int {
        try writing { db in
            let forms = MentionForm.allCases.map { form in
                DatabaseFunction(form.test, argumentCount: 1, pure: true) { values in
                    let bytes = Data.fromDatabaseValue(values[0]).map { Array($0) } ?? []
                    return form.isMention(of: search, bytes.span)
                }
            }
            for form in forms { db.add(function: form) }
            defer { for form in forms { db.remove(function: form) } }
            var count = 0
            for (table, column, form) in MentionForm.columns {
                let cell = "CAST(\(column) AS BLOB)"
                let sql = """
                    SELECT count(*) FROM \(table)
                    WHERE (instr(\(column), ?1) > 0 OR instr(\(column), '\\') > 0) AND \(form.test)(\(cell))
                    """
                count += try Int.fetchOne(db, sql: sql, arguments: [search.name]) ?? 0
            }
            return count
        }
    }

    /// Writes the whole file anew: what was removed before the file was overwritten at removals goes for good.
    package func vacuum() throws(StoreError) {
        try writing { db in try db.execute(sql: "VACUUM") }
    }
}

/// How a column can speak of an account.
private enum MentionForm: String, CaseIterable {
    /// It has the name of one.
    case name
    /// It is a text.
    case text
    /// It is evidence in JSON.
    case evidence
    /// It is a line that is no event.
    case line

    /// Every column that can.
    static let columns: [(table: String, column: String, form: MentionForm)] =
        ["accounts", "contributions", "signals", "alerts", "verdicts", "campaign_members"]
        .map { ($0, "account", .name) }
        + [
            ("contributions", "evidence", .evidence), ("signals", "evidence", .evidence),
            ("alerts", "explanation", .evidence), ("verdicts", "why", .text), ("verdicts", "by", .text),
            ("entities", "key", .text), ("campaigns", "entity_key", .text),
            ("campaign_members", "entity_key", .text), ("audit", "subject", .text), ("quarantine", "bytes", .line),
        ]

    /// The sentence that says in words what the evidence of its row says.
    static let sentences = ["contributions.evidence": "explanation", "alerts.explanation": "reason"]

    /// Whose cells stay, and say something else in the place of the account.
    static let mended: [Self] = [.text, .evidence]

    /// The name of the SQL function that tells whether a cell speaks of the account.
    var test: String { "is_\(rawValue)" }
    /// The name of the SQL function that puts something else in the place of the account.
    var mending: String { "mended_\(rawValue)" }

    func isMention(of search: NameSearch, _ bytes: Span<UInt8>) -> Bool {
        switch self {
        case .name: search.ranges(in: bytes) == [0..<bytes.count]
        case .text: !search.mentions(in: bytes).isEmpty
        case .evidence: !search.mentions(inEvidence: bytes).isEmpty
        case .line: search.isOrdinary ? search.isAccount(in: bytes) : !search.words(in: bytes).isEmpty
        }
    }

    /// A cell of ``mended`` with something else in the place of the account; `nil` where it does not speak of it.
    func replacing(_ search: NameSearch, in text: String, with other: String) -> String? {
        self == .evidence ? search.replacing(inEvidence: text, with: other) : search.replacing(in: text, with: other)
    }
}

/// The statements by which an account leaves the tables.
private struct AccountEraser {
    /// Tables whose rows are numbered on from the newest, and what of a row says something.
    private static let numbered: [(table: String, emptied: String)] = [
        ("signals", "evidence = '{}'"), ("alerts", "reason = 'forgotten', \(withoutContributions)"),
        ("verdicts", "why = 'forgotten', by = 'forgotten'"),
    ]

    private static let withoutContributions =
        "explanation = json_set(explanation, '$.contributions', json('[]'))"

    let db: Database
    let tombstone: String
    let names: [NameSearch]
    var rows = ForgottenRows()

    mutating func run(_ entities: [EntityKey]) throws {
        for name in names.map(\.name) {
            try eraseNumbered(name)
            let accounts = try RowWriter.removeAccount(name, db)
            rows.deleted += accounts
            try RowWriter.countAccounts(-accounts, db)
            rows.altered += try execute(
                "UPDATE OR REPLACE campaign_members SET account = ? WHERE account = ?", [tombstone, name])
        }
        for entity in entities {
            let key: [any DatabaseValueConvertible] = [entity.kind.name, entity.text]
            rows.deleted += try execute("DELETE FROM entities WHERE kind = ? AND key = ?", key)
            rows.altered += try execute(
                "UPDATE campaign_members SET entity_key = ? WHERE entity_kind = ? AND entity_key = ?", [tombstone] + key
            )
        }
        for search in names {
            try eraseQuarantine(search)
            let tombstone = tombstone
            let mending = MentionForm.mended.map { form in
                DatabaseFunction(form.mending, argumentCount: 1, pure: true) { values in
                    guard let text = String.fromDatabaseValue(values[0]) else { return nil }
                    return form.replacing(search, in: text, with: tombstone) ?? text
                }
            }
            for function in mending { db.add(function: function) }
            defer { for function in mending { db.remove(function: function) } }
            for (table, column, form) in MentionForm.columns where MentionForm.mended.contains(form) {
                try mend(table, column, form, search)
            }
            // A name that is known to be one, whatever else it means.
            rows.altered += try execute(
                "UPDATE audit SET subject = ? WHERE subject = ?", [tombstone, search.name])
        }
    }

    private mutating func eraseNumbered(_ name: String) throws {
        for (table, emptied) in Self.numbered {
            rows.altered += try execute(
                """
                UPDATE \(table) SET account = ?, \(emptied) WHERE account = ? AND id = (SELECT max(id) FROM \(table))
                """, [tombstone, name])
            // A campaign's alert is the campaign's, whoever made it grow.
            if table == "alerts" {
                rows.altered += try execute(
                    """
                    UPDATE alerts SET account = ?, \(Self.withoutContributions) WHERE account = ? AND campaign IS NOT NULL
                    """, [tombstone, name])
            }
            rows.deleted += try execute("DELETE FROM \(table) WHERE account = ?", [name])
        }
    }

    /// Lines that are no events and speak of the account.
    private mutating func eraseQuarantine(_ search: NameSearch) throws {
        let lines = try Row.fetchCursor(db, sql: "SELECT seq, bytes FROM quarantine")
        var gone: [Int] = []
        while let line = try lines.next() {
            let bytes: [UInt8] = Array(try line.value("bytes") as Data)
            if MentionForm.line.isMention(of: search, bytes.span) {
                gone.append(try line.value("seq"))
            }
        }
        for seq in gone { rows.deleted += try execute("DELETE FROM quarantine WHERE seq = ?", [seq]) }
    }

    /// Puts the tombstone in the place of the name in a column of all rows.
    private mutating func mend(
        _ table: String, _ column: String, _ form: MentionForm, _ search: NameSearch
    ) throws {
        let quoted = String(JSONText.quote(search.name).dropFirst().dropLast())
        let function = form.mending
        let text = MentionForm.text.mending
        let sentence = MentionForm.sentences["\(table).\(column)"].map { ", \($0) = \(text)(\($0))" } ?? ""
        rows.altered += try execute(
            """
            UPDATE OR REPLACE \(table) SET \(column) = \(function)(\(column))\(sentence)
            WHERE (instr(\(column), ?) > 0 OR instr(\(column), ?) > 0) AND \(function)(\(column)) <> \(column)
            """, [search.name, quoted])
    }

    /// - Returns: How many rows it changed.
    private func execute(_ sql: String, _ arguments: [any DatabaseValueConvertible]) throws -> Int {
        try db.execute(sql: sql, arguments: StatementArguments(arguments))
        return db.changesCount
    }
}
