internal import Dispatch
internal import Foundation
internal import Synchronization

/// A few threads for work that waits: on SQLite, on the disk, on the daemon. Tasks and event loops must not.
///
/// Bounded: at most so many pieces of work wait; a further one is refused and counted.
final class WorkerPool: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        /// Answers everybody who waits for a piece of work, whether it has begun or not, by a number.
        var abandoning: [UInt64: @Sendable () -> Void] = [:]
        var last: UInt64 = 0
        var refused = 0
        var isClosed = false
    }

    private let limit: Int
    private let state = Mutex(State())
    private let ready = DispatchSemaphore(value: 0)

    init(_ label: String, threads: Int, waiting limit: Int) {
        self.limit = limit
        // Threads of their own: in Dispatch's pool, those that wait would be missing to tasks.
        for number in 1...threads {
            let thread = Thread { [self] in work() }
            thread.name = "api.\(label).\(number)"
            thread.start()
        }
    }

    /// How many pieces wait, and how many were refused since the start.
    var counts: (waiting: Int, refused: Int) { state.withLock { ($0.waiting.count, $0.refused) } }

    /// Runs `body` on one of the threads.
    ///
    /// - Throws: a ``Problem`` where too much waits, and what `body` throws.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let answer = Answer(continuation)
            let isTaken = state.withLock { state in
                guard !state.isClosed, state.waiting.count < limit else {
                    state.refused += 1
                    return false
                }
                state.last += 1
                let number = state.last
                state.abandoning[number] = {
                    answer.give(
                        .failure(Problem.unavailable("The daemon is stopping; try again.", retryAfterSeconds: 5)))
                }
                state.waiting.append { [self] in
                    answer.give(Result { try body() })
                    self.state.withLock { $0.abandoning[number] = nil }
                }
                return true
            }
            if isTaken {
                ready.signal()
            } else {
                answer.give(.failure(Problem.unavailable("Too many requests wait already; try again.")))
            }
        }
    }

    /// One who waits, until he is answered.
    private final class Answer<Value: Sendable>: Sendable {
        private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

        init(_ continuation: CheckedContinuation<Value, any Error>) { self.continuation = Mutex(continuation) }

        /// Only the first answer is given.
        func give(_ result: Result<Value, any Error>) {
            continuation.withLock { $0.take() }?.resume(with: result)
        }
    }

    /// Waits for nothing any more: what is being done is done without anybody to hear of it.
    func abandon() {
        let abandoning = state.withLock { state in
            defer { state.abandoning = [:] }
            state.waiting = []
            return state.abandoning
        }
        for abandon in abandoning.values { abandon() }
    }

    /// Does what waits, and lets the threads end.
    func close() {
        state.withLock { $0.isClosed = true }
        ready.signal()
    }

    private func work() {
        while true {
            ready.wait()
            let (job, isClosed) = state.withLock { state in
                (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isClosed)
            }
            if let job {
                job()
            } else if isClosed {
                // The next thread is to see it, too.
                ready.signal()
                return
            }
        }
    }
}
