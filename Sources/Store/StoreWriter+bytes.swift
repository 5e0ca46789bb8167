internal import GRDB
internal import GRDBSQLite

/// Which of the database's files.
package enum DatabasePart: Sendable, CaseIterable {
    case file
    /// The write-ahead log.
    case log
}

extension StoreWriter {
    /// Whether a path leads to one of the files that SQLite has open. Nobody else in this process may open those: to close any
    /// descriptor of a file gives up all locks that the process has on it
    /// (<https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).
    package func hasOpen(_ path: String) -> Bool { files.include(path) }

    /// Up to `count` bytes of one of the files, from `offset` on, by SQLite's own handle; none behind its end.
    package func bytes(of part: DatabasePart, at offset: Int, count: Int) throws(StoreError) -> [UInt8] {
        try writing { db in
            guard let file = try unsafe Connection.file(part, db), let methods = unsafe file.pointee.pMethods,
                let readSize = unsafe methods.pointee.xFileSize, let read = unsafe methods.pointee.xRead
            else { return [] }
            var size: sqlite3_int64 = 0
            // SAFETY: the connection is open here, and so is its file; SQLite writes one number.
            var code = unsafe readSize(file, &size)
            guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
            var bytes = [UInt8](repeating: 0, count: max(0, min(count, Int(size) - offset)))
            guard !bytes.isEmpty else { return [] }
            // SAFETY: SQLite writes as many bytes as the array has.
            code = unsafe read(file, &bytes, CInt(bytes.count), sqlite3_int64(offset))
            guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
            return bytes
        }
    }
}
