internal import GRDB
internal import GRDBSQLite
package import RiskModel

/// A value of a row, as SQLite stores it.
package enum StoredValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension StoreReader {
    /// The names of the tables and views, in order of the alphabet.
    package func tables() throws(StoreError) -> [String] {
        try read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM sqlite_master WHERE type IN ('table', 'view')
                        AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> 'grdb_migrations' ORDER BY name
                    """)
        }
    }

    /// The column that says how new a row of a table or view is; `nil` for one without.
    package static func timeColumn(of table: String) -> String? {
        switch table {
        case "accounts", "risky_accounts": "scored_at"
        case "contributions", "entities", "entity_risk": "updated"
        case "signals", "audit": "time"
        case "alerts", "alert_feed", "verdicts", "verdicts_in_force": "event_time"
        case "campaigns", "campaign_feed": "last_seen"
        case "campaign_members": "joined"
        case "sources": "last_event"
        default: nil
        }
    }

    /// Hands on the rows of a table or view one by one, all as of one moment: it is one read transaction.
    ///
    /// - Parameters:
    ///   - table: one of ``tables()``.
    ///   - since: only rows whose ``timeColumn(of:)`` is not before it.
    ///   - header: gets the names of the columns, once, before the first row.
    ///   - row: gets the values in the order of the columns.
    /// - Throws: ``StoreError``, and what `header` and `row` throw; then no further row is read.
    package func rows(
        of table: String, since: Timestamp? = nil, header: ([String]) throws -> Void,
        row: ([StoredValue]) throws -> Void
    ) throws {
        var refusal: (any Error)?
        try read { db in
            var sql = "SELECT * FROM \(table.quotedDatabaseIdentifier)"
            var arguments: StatementArguments = []
            if let since, let column = Self.timeColumn(of: table) {
                sql += " WHERE \(column.quotedDatabaseIdentifier) >= ?"
                arguments = [since.column]
            }
            let statement = try db.makeStatement(sql: sql)
            statement.setUncheckedArguments(arguments)
            do {
                try header(statement.columnNames)
                while try statement.stepsToRow() {
                    try row((0..<statement.columnCount).map { statement.value(at: Int32($0)) })
                }
            } catch let error as DatabaseError {
                throw error
            } catch {
                refusal = error
            }
        }
        if let refusal { throw refusal }
    }
}

extension Statement {
    /// Whether there is a further row. GRDB's own cursors end a text at its first NUL.
    fileprivate func stepsToRow() throws -> Bool {
        // SAFETY: the statement owns its handle and lives; its connection is open and used by this thread alone.
        switch unsafe sqlite3_step(sqliteStatement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let connection = unsafe sqlite3_db_handle(sqliteStatement)
            throw unsafe DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
                message: String(cString: sqlite3_errmsg(connection)))
        }
    }

    /// The value of a column of the row at hand, copied.
    fileprivate func value(at column: Int32) -> StoredValue {
        // SAFETY: there is a row, and the column is one of its. The pointers hold until the next call for the column, and
        // the length is asked for after the pointer (<https://www.sqlite.org/c3ref/column_blob.html>).
        switch unsafe sqlite3_column_type(sqliteStatement, column) {
        case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(sqliteStatement, column))
        case SQLITE_FLOAT: return .real(unsafe sqlite3_column_double(sqliteStatement, column))
        case SQLITE_TEXT:
            let start = unsafe sqlite3_column_text(sqliteStatement, column)
            let count = unsafe Int(sqlite3_column_bytes(sqliteStatement, column))
            return .text(unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let start = unsafe sqlite3_column_blob(sqliteStatement, column)
            let count = unsafe Int(sqlite3_column_bytes(sqliteStatement, column))
            return .blob(unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        default: return .null
        }
    }
}
