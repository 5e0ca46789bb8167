import Dispatch
import Glibc
package import RiskModel
package import Store
import Synchronization

/// Hands changes to the store on a thread of its own.
///
/// Changes that come while a transaction is under way wait in one heap and are written as one transaction. The heap is
/// bounded: ``put(_:)`` waits while it holds more than ``rowLimit`` rows, which is the backpressure to the pipeline.
package final class StoreQueue: Sendable {
    /// Who waits for the rows.
    package enum Mode: Sendable {
        /// The daemon: changes are written as soon as the store is free, and a full or locked database is tried again until
        /// it works.
        case live
        /// A replay: nobody looks before the end, so half a heap makes a transaction, and an error ends it.
        case replay

        var minimumRows: Int { self == .live ? 0 : StoreQueue.rowLimit / 2 }
    }

    /// Rows that may wait.
    package static let rowLimit = 200_000
    private static let retryMicroseconds: UInt32 = 250_000

    private struct State {
        var waiting: Changes?
        var isWriting = false
        var isClosing = false
        var failure: StoreError?
        /// Why the last attempt failed, while it is being tried again.
        var stall: String?
    }

    private let writer: StoreWriter
    private let mode: Mode
    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "banrisk.store")
    /// Signalled whenever the heap was taken or writing has ended.
    private let taken = DispatchSemaphore(value: 0)

    package init(writer: StoreWriter, mode: Mode) {
        self.writer = writer
        self.mode = mode
    }

    /// Why nothing can be written at the moment; `nil` while all is well.
    package var stall: String? { state.withLock { $0.stall } }

    /// Adds changes that follow on those before. Called from one thread.
    ///
    /// - Throws: The error that ended an earlier transaction, once there is one that cannot be mended by waiting.
    package func put(_ changes: Changes) throws(StoreError) {
        while true {
            let (isFull, failure, mustStart) = state.withLock { state -> (Bool, StoreError?, Bool) in
                if let failure = state.failure { return (false, failure, false) }
                if let waiting = state.waiting, waiting.rowCount > Self.rowLimit { return (true, nil, false) }
                if state.waiting == nil { state.waiting = changes } else { state.waiting?.append(changes) }
                let mustStart = !state.isWriting && (state.waiting?.rowCount ?? 0) >= mode.minimumRows
                if mustStart { state.isWriting = true }
                return (false, nil, mustStart)
            }
            if let failure { throw failure }
            if mustStart { thread.async { self.drain() } }
            if !isFull { return }
            taken.wait()
        }
    }

    /// Throws the error that ended writing, if one has.
    package func check() throws(StoreError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// From now on a transaction that fails is not tried again. What is not written then is written after a restart, from
    /// the spool.
    package func giveUpRetrying() { state.withLock { $0.isClosing = true } }

    /// Waits until everything that was put is committed, or has failed.
    package func finish() throws(StoreError) {
        thread.sync { drain() }
        try check()
    }

    /// Waits until everything that was put is committed, then has `body` write something else, with the same patience.
    package func adopt(_ body: (StoreWriter) throws(StoreError) -> Void) throws(StoreError) {
        try finish()
        if let error = attempt({ writer throws(StoreError) in try body(writer) }) { throw error }
    }

    /// Writes until nothing waits, on the store's thread.
    private func drain() {
        guard state.withLock({ $0.failure == nil }) else { return }
        while let changes = take() {
            let error = attempt { writer throws(StoreError) in try writer.write(changes) }
            state.withLock { $0.failure = error }
            taken.signal()
            if error != nil { return }
        }
    }

    private func take() -> Changes? {
        defer { taken.signal() }
        return state.withLock { state in
            let changes = state.waiting
            state.waiting = nil
            state.isWriting = changes != nil
            return changes
        }
    }

    /// Tries until it works, or fails for good.
    private func attempt(_ body: (StoreWriter) throws(StoreError) -> Void) -> StoreError? {
        while true {
            do throws(StoreError) {
                try body(writer)
                state.withLock { $0.stall = nil }
                return nil
            } catch {
                let mayRetry = mode == .live && error.isTransient && !state.withLock { $0.isClosing }
                guard mayRetry else { return error }
                state.withLock { $0.stall = error.description }
                usleep(Self.retryMicroseconds)
            }
        }
    }
}
