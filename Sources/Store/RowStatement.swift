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
        append(.text, from: start)
    }

    mutating func bind(blob: [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: blob)
        append(.blob, from: start)
    }

    mutating func bind(_ time: Timestamp) {
        let start = bytes.count
        time.appendColumn(to: &bytes)
        append(.text, from: start)
    }

    /// NULL for the epoch, which stands for "never".
    mutating func bind(timeOrNever time: Timestamp) {
        if time == .epoch { bindNull() } else { bind(time) }
    }

    private mutating func append(_ kind: Kind, from start: Int) {
        parameter += 1
        slices.append((parameter, kind, start..<bytes.count))
    }

    /// Runs the statement on the bound row and makes ready for the next.
    ///
    /// - Returns: how many rows it changed.
    @discardableResult
    mutating func run() throws -> Int {
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
            let code = unsafe sqlite3_step(handle)
            unsafe sqlite3_reset(handle)
            return code
        }
        parameter = 0
        bytes.removeSubrange(1...)
        slices.removeAll(keepingCapacity: true)
        // SAFETY: the statement belongs to an open connection.
        let connection = unsafe sqlite3_db_handle(statement.sqliteStatement)
        guard code == SQLITE_DONE else {
            throw unsafe DatabaseError(
                resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
                message: String(cString: sqlite3_errmsg(connection)))
        }
        return unsafe Int(sqlite3_changes(connection))
    }
}
