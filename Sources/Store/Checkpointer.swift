internal import Dispatch
internal import GRDB
internal import GRDBSQLite
internal import Synchronization

/// Moves what is committed from the write-ahead log into the file, on a thread and a connection of its own: a commit waits
/// for no disk.
///
/// The log begins anew only once nothing is left in it, and while commits go on a pass always leaves what came meanwhile
/// (<https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files>). So passes follow on each other until little is
/// left, and that little the writer moves itself, between two commits. Each pass is synced here, because SQLite syncs the file
/// with the last one only, and that is the writer's.
final class Checkpointer: Sendable {
    /// The log is moved from so many pages on: 16 MiB of 4,096 bytes.
    static let pages = 4_096
    /// At so many pages the writer waits until the log is moved: 128 MiB.
    static let mostPages = 32_768
    /// So little the writer moves itself.
    private static let fewPages = 256
    private static let maximumPasses = 8

    private struct State {
        /// The pages in the log after the last commit.
        var pages = 0
        /// How many of them had been moved by the last pass.
        var moved = 0
        var isMoving = false
        /// Whether the writer is to move what is left.
        var isWritersTurn = false
    }

    private let queue: DatabaseQueue
    private let thread = DispatchQueue(label: "banrisk.store.checkpoint")
    private let state = Mutex(State())

    /// Opens a connection to the file, which the writer has made.
    init(path: String) throws {
        queue = try Connection.openCheckpointer(path)
    }

    /// Is told of each commit on the writer's connection, which must not outlive this object.
    func watch(_ writer: Database) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        // SAFETY: SQLite calls the hook on the connection's own thread, after a commit, and with `context` alone, which lives
        // as long as the connection (<https://www.sqlite.org/c3ref/wal_hook.html>).
        unsafe sqlite3_wal_hook(
            writer.sqliteConnection,
            { context, _, _, pages in
                if let context = unsafe context {
                    unsafe Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue().note(pages: Int(pages))
                }
                return SQLITE_OK
            }, context)
    }

    private func note(pages: Int) {
        let mustStart = state.withLock { state in
            state.pages = pages
            guard pages >= Self.pages, !state.isMoving, !state.isWritersTurn else { return false }
            state.isMoving = true
            return true
        }
        if mustStart { thread.async { self.move() } }
    }

    private func move() {
        var left = Int.max
        var moved = state.withLock { $0.moved }
        for _ in 0..<Self.maximumPasses {
            // Where it fails the writer meets the same fault, and tells of it.
            let rest = try? queue.writeWithoutTransaction { db in
                let pages = try Self.pass(db)
                if pages.moved != moved { try Connection.syncFile(db) }
                return pages
            }
            guard let rest else { break }
            let hasMoved = rest.moved != moved
            moved = rest.moved
            if !hasMoved || rest.left < Self.fewPages || rest.left > left / 2 { break }
            left = rest.left
        }
        state.withLock { state in
            state.isMoving = false
            state.isWritersTurn = true
            state.moved = moved
        }
    }

    /// Has the writer move what is left, where it is its turn. Call between transactions, on the writer's connection.
    func takeTurn(_ writer: Database) throws {
        let (isTurn, isLong) = state.withLock { state in
            defer { state.isWritersTurn = false }
            return (state.isWritersTurn, state.pages >= Self.mostPages && state.isMoving)
        }
        if isLong { wait() }
        if isTurn || isLong { _ = try Self.pass(writer) }
    }

    /// Waits until nothing is under way. Call between transactions.
    func wait() { thread.sync {} }

    func close() {
        wait()
        try? queue.close()
    }

    /// Moves what no reader needs any more.
    ///
    /// - Returns: how many pages of the log have been moved since it began, and how many are left.
    private static func pass(_ db: Database) throws -> (moved: Int, left: Int) {
        // The first column says whether somebody was in the way.
        let row = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(PASSIVE)")
        guard let row, let all = row[1] as Int?, let moved = row[2] as Int? else { return (0, 0) }
        return (moved, all - moved)
    }
}
