internal import Dispatch
internal import Store
internal import Synchronization

/// Readers of the database, each on a thread of its own while it is asked, and the time that a question may take.
final class Readers: Sendable {
    /// An open reader with the file that it reads: another file may take its place.
    private struct Open {
        var reader: StoreReader
        var file: FileIdentity?
    }

    private let path: String
    private let seconds: Double
    private let pool: WorkerPool
    private let idle = Mutex<[Open]>([])

    init(path: String, limits: APILimits) {
        self.path = path
        seconds = limits.questionSeconds
        pool = WorkerPool("reader", threads: limits.readers, waiting: limits.waitingQuestions)
    }

    var counts: (waiting: Int, refused: Int) { pool.counts }

    /// Calls `body` with a reader.
    ///
    /// - Throws: a ``Problem`` where the database cannot be read, the question takes too long or too many wait.
    func read<Value: Sendable>(_ body: @escaping @Sendable (StoreReader) throws -> Value) async throws -> Value {
        try await pool.run { [self] in
            do {
                let open = try take()
                let value = try withTimeLimit(open.reader) { try body(open.reader) }
                idle.withLock { $0.append(open) }
                return value
            } catch let error as StoreError {
                throw Problem(error)
            }
        }
    }

    func close() { pool.close() }

    func abandon() { pool.abandon() }

    private func take() throws(StoreError) -> Open {
        let file = FileIdentity(path: path)
        if let open = idle.withLock({ $0.popLast() }), open.file == file { return open }
        return Open(reader: try StoreReader(path: path), file: file)
    }

    private func withTimeLimit<Value>(_ reader: StoreReader, _ body: () throws -> Value) throws -> Value {
        // Under the lock, so that an interruption that comes too late does not hit the reader's next question.
        let isRunning = Flag(true)
        let interruption = DispatchWorkItem { isRunning.value.withLock { if $0 { reader.interrupt() } } }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: interruption)
        defer {
            isRunning.value.withLock { $0 = false }
            interruption.cancel()
        }
        return try body()
    }

    private final class Flag: Sendable {
        let value: Mutex<Bool>
        init(_ value: Bool) { self.value = Mutex(value) }
    }
}

extension Problem {
    /// What a client can know of the database's trouble: no paths.
    init(_ error: StoreError) {
        switch error {
        case .interrupted:
            self = .unavailable(
                "The question took too long. Ask for less: a filter, a smaller limit.", retryAfterSeconds: 10)
        case .busy: self = .unavailable("The database is busy; try again.")
        case .missing, .notReady, .olderSchema:
            self = .unavailable("The database is not ready yet.", retryAfterSeconds: 5)
        default: self = .unavailable("The database cannot be read; the daemon's log says why.", retryAfterSeconds: 30)
        }
    }
}
