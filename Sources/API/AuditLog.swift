internal import Dispatch
internal import Foundation
internal import Store
internal import Synchronization

/// Entries of the audit on their way to the database, written by a thread of their own in the order of the requests.
///
/// Bounded: where too many wait, the requests that need one are refused. Nobody sees what is not written down.
final class AuditLog: Sendable {
    private struct State {
        var waiting: [AuditEntry] = []
        var written = 0
        var refused = 0
        var isClosed = false
    }

    private let limit: Int
    private let write: @Sendable ([AuditEntry]) -> Void
    private let state = Mutex(State())
    private let ready = DispatchSemaphore(value: 0)
    private let isWritten = DispatchSemaphore(value: 0)

    init(limit: Int, write: @escaping @Sendable ([AuditEntry]) -> Void) {
        self.limit = limit
        self.write = write
        let thread = Thread { [self] in run() }
        thread.name = "api.audit"
        thread.start()
    }

    var counts: (waiting: Int, written: Int, refused: Int) {
        state.withLock { ($0.waiting.count, $0.written, $0.refused) }
    }

    /// Takes an entry.
    ///
    /// - Throws: a ``Problem`` where too many wait for the database.
    func add(_ entry: AuditEntry) throws(Problem) {
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.waiting.count < limit else {
                state.refused += 1
                return false
            }
            state.waiting.append(entry)
            return true
        }
        guard isTaken else {
            throw Problem.unavailable(
                "The audit cannot be written now, and nothing is done without it; try again.", retryAfterSeconds: 5)
        }
        ready.signal()
    }

    /// Writes what waits, and returns when it is written.
    func close() {
        state.withLock { $0.isClosed = true }
        ready.signal()
        isWritten.wait()
    }

    private func run() {
        while true {
            ready.wait()
            let (entries, isClosed) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isClosed)
            }
            if !entries.isEmpty {
                write(entries)
                state.withLock { $0.written += entries.count }
            } else if isClosed {
                isWritten.signal()
                return
            }
        }
    }
}
