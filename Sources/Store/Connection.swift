internal import GRDB
internal import GRDBSQLite

/// How the writer and the readers open the file.
enum Connection {
    /// How long a connection waits for a lock, in seconds.
    static let busyTimeoutSeconds = 10.0
    /// What a log that was longer shrinks to.
    static let keptLogBytes = 64 << 20
    /// The writer's page cache, in KiB.
    static let writerCacheKiB = 65_536

    /// Opens the file for the one writer; makes it, its tables and its WAL where there are none.
    ///
    /// Nothing of a file is changed before it is known to be empty or ours.
    static func openWriter(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        configuration.label = "banrisk.store.writer"
        // To look up the account of each contribution costs as much as to write it. What refers to an account is
        // removed with it; `PRAGMA foreign_key_check` finds nothing.
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { db in
            try keepWAL(db)
            try db.execute(sql: "PRAGMA cache_size = -\(writerCacheKiB)")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            _ = try version(of: db, path: path)
            // NORMAL: a power cut can take the last transactions, never the file's integrity; what is missing is
            // replayed from the spool (<https://www.sqlite.org/pragma.html#pragma_synchronous>). What is deleted is
            // overwritten, so that what was forgotten is not in the file any more.
            try db.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = NORMAL;
                    PRAGMA secure_delete = ON;
                    PRAGMA journal_size_limit = \(keptLogBytes);
                    """)
        }
        try Schema.migrator.migrate(queue)
        return queue
    }

    /// Opens the file of a writer beside it, to move its log.
    static func openCheckpointer(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "banrisk.store.checkpointer"
        configuration.prepareDatabase { db in
            try keepWAL(db)
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Opens the file for reading only (`mode=ro`).
    ///
    /// - Parameter oldest: The oldest schema that the caller can read.
    static func openReader(_ path: String, oldest: Int = Schema.version) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        configuration.label = "banrisk.store.reader"
        configuration.prepareDatabase { db in try keepWAL(db) }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let found = try queue.read { try version(of: $0, path: path) }
        guard found > 0 else { throw StoreError.notReady(path: path) }
        guard found >= oldest else {
            throw StoreError.olderSchema(path: path, found: found, known: Schema.version)
        }
        return queue
    }

    /// Syncs the write-ahead log; the first time its folder too.
    static func syncWAL(_ db: Database) throws { try sync(.log, db) }

    /// Syncs the file itself, without the log.
    static func syncFile(_ db: Database) throws { try sync(.file, db) }

    /// Syncs by SQLite's own handle: to close one of our own would give up its locks.
    private static func sync(_ part: DatabasePart, _ db: Database) throws {
        let file = try unsafe file(part, db)
        guard let sync = unsafe file?.pointee.pMethods?.pointee.xSync else { return }
        let synced = unsafe sync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY)
        guard synced == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: synced)) }
    }

    /// SQLite's own handle of a file, as long as the connection is open. It has no methods before it was first used.
    static func file(_ part: DatabasePart, _ db: Database) throws -> UnsafeMutablePointer<sqlite3_file>? {
        // In WAL mode the journal is the log (<https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html>).
        let pointer = part == .log ? SQLITE_FCNTL_JOURNAL_POINTER : SQLITE_FCNTL_FILE_POINTER
        var file: UnsafeMutablePointer<sqlite3_file>?
        // SAFETY: the connection is open here; SQLite writes one pointer.
        let code = unsafe sqlite3_file_control(db.sqliteConnection, nil, pointer, &file)
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        return unsafe file
    }

    /// The file's schema; 0 where it is empty.
    private static func version(of db: Database, path: String) throws -> Int {
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if application == Schema.applicationID {
            guard version <= Schema.version else {
                throw StoreError.newerSchema(path: path, found: version, known: Schema.version)
            }
            return version
        }
        // The migrator's list of what is done is committed before the first migration: a process that died in between left
        // that, and nothing else.
        let isEmpty =
            try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'grdb_migrations'") == 0
        guard application == 0, version == 0, isEmpty else { throw StoreError.otherApplication(path: path) }
        return 0
    }

    /// Leaves `-wal` and `-shm` behind at the last close: without them a reader that may not write cannot open the
    /// file (<https://www.sqlite.org/wal.html#read_only_databases>).
    private static func keepWAL(_ db: Database) throws {
        var on: Int32 = 1
        // SAFETY: the connection is open here; SQLite reads and writes one int.
        let code = unsafe sqlite3_file_control(db.sqliteConnection, nil, SQLITE_FCNTL_PERSIST_WAL, &on)
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }
}
