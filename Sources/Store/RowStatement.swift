internal import GRDB
internal import GRDBSQLite
internal import RiskModel

/// A cached statement and the row that is being bound to it, value by value in the order of its parameters.
///
/// Texts are gathered in one buffer and bound without a copy when the row is run; so a row costs no allocation.
struct RowStatement: ~Copyable {
    private enum Kind { case text, blob }

    /// Keeps the handle alive.
    private let statement: Statement
    /// Where the row's texts and blobs stand. The first byte is never used: SQLite takes a null pointer for NULL.
    private var bytes: [UInt8] = [0]
    private var slices: [(parameter: Int32, kind: Kind, range: Range<Int>)] = []
    private var parameter: Int32 = 0
    /// The time that was bound last, and where its text stands: many columns of a row say the same.
    private var time: (time: Timestamp, range: Range<Int>)?

    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        bytes.reserveCapacity(1_024)
        slices.reserveCapacity(12)
    }

    mutating func bind(_ value: Int) {
        parameter += 1
        // SAFETY: `statement` owns the handle and lives. The result of binding shows in `run`.
        unsafe sqlite3_bind_int64(statement.sqliteStatement, parameter, Int64(value))
    }

    mutating func bind(_ value: Double) {
        parameter += 1
        // SAFETY: as for integers.
        unsafe sqlite3_bind_double(statement.sqliteStatement, parameter, value)
    }

    mutating func bindNull() {
        parameter += 1
        // SAFETY: as for integers.
        unsafe sqlite3_bind_null(statement.sqliteStatement, parameter)
    }

    mutating func bind(seq: UInt64) { bind(Int(seq)) }

    /// Hundredths of a point as a number with two decimals.
    mutating func bind(points: Int) { bind(Double(points) / 100) }

    mutating func bind(_ text: String) {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        append(.text, start..<bytes.count)
    }

    mutating func bind(blob: [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: blob)
        append(.blob, start..<bytes.count)
    }

    mutating func bind(_ time: Timestamp) {
        if let last = self.time, last.time == time {
            append(.text, last.range)
            return
        }
        let start = bytes.count
        time.appendColumn(to: &bytes)
        self.time = (time, start..<bytes.count)
        append(.text, start..<bytes.count)
    }

    /// NULL for the epoch, which stands for "never".
    mutating func bind(timeOrNever time: Timestamp) {
        if time == .epoch { bindNull() } else { bind(time) }
    }

    private mutating func append(_ kind: Kind, _ range: Range<Int>) {
        parameter += 1
        slices.append((parameter, kind, range))
    }

    /// Runs the statement on the bound row and makes ready for the next.
    ///
    /// - Returns: how many rows it changed.
    @discardableResult
    mutating func run() throws -> Int {
        try read { _ in }
        // SAFETY: the statement belongs to an open connection.
        return unsafe Int(sqlite3_changes(sqlite3_db_handle(statement.sqliteStatement)))
    }

    /// Runs the query on the bound row, calls `body` with each row that it finds, and makes ready for the next.
    mutating func read(_ body: (FoundRow) -> Void) throws {
        // SAFETY: the bytes are bound without a copy (SQLITE_STATIC) and stay where they are until the statement is
        // reset; afterwards it is not stepped again before every parameter is bound anew.
        let code = unsafe bytes.withUnsafeBufferPointer { buffer in
            let handle = unsafe statement.sqliteStatement
            for slice in slices {
                let start = unsafe UnsafeRawPointer(buffer.baseAddress.unsafelyUnwrapped) + slice.range.lowerBound
                let count = Int32(slice.range.count)
                switch slice.kind {
                case .text:
                    unsafe sqlite3_bind_text(
                        handle, slice.parameter, start.assumingMemoryBound(to: CChar.self), count, nil)
                case .blob: unsafe sqlite3_bind_blob(handle, slice.parameter, start, count, nil)
                }
            }
            var code = unsafe sqlite3_step(handle)
            while code == SQLITE_ROW {
                body(FoundRow(statement))
                code = unsafe sqlite3_step(handle)
            }
            unsafe sqlite3_reset(handle)
            return code
        }
        parameter = 0
        time = nil
        bytes.removeSubrange(1...)
        slices.removeAll(keepingCapacity: true)
        guard code == SQLITE_DONE else {
            // SAFETY: the statement belongs to an open connection.
            let connection = unsafe sqlite3_db_handle(statement.sqliteStatement)
            throw unsafe DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
                message: String(cString: sqlite3_errmsg(connection)))
        }
    }
}

/// The row that a query stands at, until it goes on.
struct FoundRow {
    private let statement: Statement

    fileprivate init(_ statement: Statement) { self.statement = statement }

    func integer(_ column: Int32) -> Int {
        // SAFETY: `statement` owns the handle, lives, and stands at a row.
        unsafe Int(sqlite3_column_int64(statement.sqliteStatement, column))
    }

    /// Empty for NULL.
    func text(_ column: Int32) -> String {
        // SAFETY: as for integers; the text is copied before the statement goes on.
        unsafe sqlite3_column_text(statement.sqliteStatement, column).map { unsafe String(cString: $0) } ?? ""
    }
}
