internal import GRDB
internal import GRDBSQLite

/// Why the database could not be opened, read or written. Each text says what would help.
package enum StoreError: Error, Hashable, Sendable {
    /// There is no file of this name.
    case missing(path: String)
    /// The file is there, but no daemon has made its tables yet.
    case notReady(path: String)
    /// The file is not a SQLite database.
    case notADatabase(path: String)
    /// A SQLite database that banrisk did not make.
    case otherApplication(path: String)
    /// Made by an earlier release, and not migrated yet.
    case olderSchema(path: String, found: Int, known: Int)
    /// Made by a later release.
    case newerSchema(path: String, found: Int, known: Int)
    /// The file, its directory or its `-wal` and `-shm` cannot be opened.
    case cannotOpen(path: String)
    /// The file or its directory does not let itself be written.
    case readOnly(path: String)
    /// Another connection held the write lock for longer than the time-out. Nothing was written.
    case busy(path: String)
    /// The disk is full. Nothing was written; the same write can be tried again when there is room.
    case full(path: String)
    /// The file, its `-wal` or its `-shm` is no longer the one that was opened. Nothing more can be written.
    case replaced(path: String)
    /// SQLite found the file malformed.
    case corrupt(path: String)
    /// The query was ended before it was done: it took too long.
    case interrupted(path: String)
    /// Anything else, with SQLite's extended result code and its text.
    case sqlite(path: String, code: Int32, message: String)
}

extension StoreError {
    /// Whether the same write may succeed later.
    package var isTransient: Bool {
        switch self {
        case .busy, .full: true
        default: false
        }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path):
            "There is no database at \(path). Start banriskd, or name another file with --database."
        case .notReady(let path):
            "The database \(path) has no tables yet. Start banriskd once; it makes them."
        case .notADatabase(let path):
            "\(path) is not a SQLite database. Name another file, or move this one away."
        case .otherApplication(let path):
            "\(path) is a database of another application. Name another file; this one was not touched."
        case .olderSchema(let path, let found, let known):
            "The database \(path) has schema \(found), this program reads schema \(known). Start this release's banriskd "
                + "once; it migrates the file."
        case .newerSchema(let path, let found, let known):
            "The database \(path) has schema \(found); this program knows schemas up to \(known). "
                + "Install the release that made it, or a later one."
        case .cannotOpen(let path):
            "The database \(path) cannot be opened. Its directory must be reachable, and the file with its -wal and "
                + "-shm readable by you; the daemon needs to write all three."
        case .readOnly(let path):
            "The database \(path) cannot be written. File and directory must belong to the daemon's user."
        case .busy(let path):
            "The database \(path) stayed locked by another program. End the program that writes to it or holds a "
                + "transaction open; only banriskd may write."
        case .full(let path):
            "There is no room on the disk of \(path). Nothing was written; make room."
        case .corrupt(let path):
            "The database \(path) is damaged. Stop banriskd, move the file with its -wal and -shm away, and start again "
                + "with a backup or without a file. `sqlite3 \(path) .recover` saves what can still be read."
        case .interrupted(let path):
            "The query on \(path) was ended: it took too long. Ask for less: a filter, a smaller limit."
        case .replaced(let path):
            "The database \(path), its -wal or its -shm was moved, deleted or replaced while banriskd wrote to it. Stop "
                + "banriskd before touching these files. Put them back and start it, or start it with what stands there now."
        case .sqlite(let path, let code, let message):
            "SQLite failed on \(path) with code \(code): \(message)."
        }
    }
}

extension StoreError {
    /// Runs `body` and turns what GRDB throws into a ``StoreError``.
    ///
    /// Bound values never get into the text: SQLite's message names tables and columns only.
    static func mapping<T>(_ path: String, _ body: () throws -> T) throws(StoreError) -> T {
        do {
            return try body()
        } catch let error as StoreError {
            throw error
        } catch let error as DatabaseError {
            throw StoreError(error, path: path)
        } catch {
            throw .sqlite(path: path, code: SQLITE_ERROR, message: "\(type(of: error))")
        }
    }

    private init(_ error: DatabaseError, path: String) {
        // <https://www.sqlite.org/rescode.html>
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
        case .SQLITE_FULL: self = .full(path: path)
        case .SQLITE_NOTADB: self = .notADatabase(path: path)
        case .SQLITE_CORRUPT: self = .corrupt(path: path)
        case .SQLITE_CANTOPEN: self = .cannotOpen(path: path)
        case .SQLITE_READONLY: self = .readOnly(path: path)
        case .SQLITE_INTERRUPT: self = .interrupted(path: path)
        default:
            self = .sqlite(
                path: path, code: error.extendedResultCode.rawValue, message: error.message ?? "no further information")
        }
    }
}
