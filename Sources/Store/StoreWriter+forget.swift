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
    ///   - names: all the names that rows may have for it.
    ///   - entities: what was its alone.
    package func forget(
        _ names: [String], tombstone: String, entities: [EntityKey]
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

    /// In how many cells of all tables a name stands as a word, but for such where it is a word of another account's name.
    package func mentions(of search: NameSearch) throws(StoreError) -> Int {
        try writing { db in
            let isNamed = DatabaseFunction("is_named", argumentCount: 1, pure: true) { values in
                let bytes = Data.fromDatabaseValue(values[0]).map { Array($0) } ?? []
                return !search.words(in: bytes.span).isEmpty
            }
            db.add(function: isNamed)
            defer { db.remove(function: isNamed) }
            var count = 0
            let tables = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")
            for table in tables {
                for name in try db.columns(in: table).map(\.name) {
                    let column = name.quotedDatabaseIdentifier
                    let isOther = name == "account" ? "AND \(column) = ?1" : ""
                    let sql = """
                        SELECT count(*) FROM \(table.quotedDatabaseIdentifier)
                        WHERE (instr(\(column), ?1) > 0 OR instr(\(column), '\\') > 0) AND is_named(CAST(\(column) AS BLOB))
                            \(isOther)
                        """
                    count += try Int.fetchOne(db, sql: sql, arguments: [search.name]) ?? 0
                }
            }
            return count
        }
    }

    /// Writes the whole file anew: what was removed before the file was overwritten at removals goes for good.
    package func vacuum() throws(StoreError) {
        try writing { db in try db.execute(sql: "VACUUM") }
    }
}

/// The statements by which an account leaves the tables.
private struct AccountEraser {
    /// Columns of other accounts' rows that can speak of an account.
    private static let texts: [(table: String, columns: [String])] = [
        ("contributions", ["evidence", "explanation"]), ("signals", ["evidence"]),
        ("alerts", ["reason", "explanation"]),
        ("verdicts", ["why", "by"]), ("entities", ["key"]), ("campaigns", ["entity_key"]),
        ("campaign_members", ["entity_key"]), ("audit", ["subject"]),
    ]
    /// Tables whose rows are numbered on from the newest, and what of a row says something.
    private static let numbered: [(table: String, emptied: String)] = [
        ("signals", "evidence = '{}'"), ("alerts", "reason = 'forgotten', \(withoutContributions)"),
        ("verdicts", "why = 'forgotten', by = 'forgotten'"),
    ]

    private static let withoutContributions =
        "explanation = json_set(explanation, '$.contributions', json('[]'))"

    let db: Database
    let tombstone: String
    let names: [String]
    var rows = ForgottenRows()

    mutating func run(_ entities: [EntityKey]) throws {
        for name in names {
            try eraseNumbered(name)
            let accounts = try execute("DELETE FROM accounts WHERE account = ?", [name])
            rows.deleted += accounts
            try db.execute(
                sql: "UPDATE meta SET value = value - ? WHERE key = 'accounts' AND ? > 0",
                arguments: [accounts, accounts])
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
        for name in names {
            let search = NameSearch(name)
            try eraseQuarantine(search)
            let tombstone = tombstone
            let mended = DatabaseFunction("mended", argumentCount: 1, pure: true) { values in
                guard let text = String.fromDatabaseValue(values[0]) else { return nil }
                return search.replacing(in: text, with: tombstone) ?? text
            }
            db.add(function: mended)
            defer { db.remove(function: mended) }
            for (table, columns) in Self.texts {
                for column in columns { try mend(table, column, search) }
            }
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
            if !search.words(in: bytes.span).isEmpty {
                gone.append(try line.value("seq"))
            }
        }
        for seq in gone { rows.deleted += try execute("DELETE FROM quarantine WHERE seq = ?", [seq]) }
    }

    /// Puts the tombstone in the place of the name in a column of all rows.
    private mutating func mend(_ table: String, _ column: String, _ search: NameSearch) throws {
        let quoted = String(JSONText.quote(search.name).dropFirst().dropLast())
        rows.altered += try execute(
            """
            UPDATE OR REPLACE \(table) SET \(column) = mended(\(column))
            WHERE (instr(\(column), ?) > 0 OR instr(\(column), ?) > 0) AND mended(\(column)) <> \(column)
            """, [search.name, quoted])
    }

    /// - Returns: How many rows it changed.
    private func execute(_ sql: String, _ arguments: [any DatabaseValueConvertible]) throws -> Int {
        try db.execute(sql: sql, arguments: StatementArguments(arguments))
        return db.changesCount
    }
}
