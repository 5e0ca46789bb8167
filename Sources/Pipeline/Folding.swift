import Dispatch
import RiskModel
import Store
import Synchronization

/// Takes batches through the folds one by one, and what they change to the store: beside the caller, where the pipeline
/// has more than one worker. All calls are for one thread.
final class Folding: Sendable {
    private struct State {
        /// The batch in the folds; or the one before, whose memory is used again.
        var batch = DecodedBatch()
        var isForStore = false
        /// What it changes, where that is not for the store.
        var changes: Changes?
        var isUnreported = false
        var failure: StoreError?
    }

    private let pipeline: Pipeline
    private let queue: StoreQueue
    private let isBeside: Bool
    private let state = Mutex(State())
    private let thread = DispatchQueue(label: "banrisk.folds")

    init(pipeline: Pipeline, queue: StoreQueue) {
        self.pipeline = pipeline
        self.queue = queue
        isBeside = pipeline.shards > 1
    }

    /// Takes the next batch, once ``wait(_:)`` has returned; `batch` is one that can be filled anew then.
    func start(_ batch: inout DecodedBatch, isForStore: Bool) {
        state.withLock { state in
            swap(&state.batch, &batch)
            state.isForStore = isForStore
            state.isUnreported = true
        }
        if isBeside { thread.async { self.fold() } } else { fold() }
    }

    /// Waits until nothing is in the folds.
    func wait() {
        if isBeside { thread.sync {} }
    }

    /// Waits until nothing is in the folds, and reports the batch that was.
    ///
    /// - Returns: What the batch changes, if that is not for the store.
    func wait(_ report: (FrameBatch) -> Void) throws(StoreError) -> Changes? {
        wait()
        return try state.withLock { state throws(StoreError) in
            if let failure = state.failure { throw failure }
            guard state.isUnreported else { return nil }
            state.isUnreported = false
            report(state.batch.frames)
            return state.changes.take()
        }
    }

    private func fold() {
        state.withLock { state in
            let changes = pipeline.process(&state.batch)
            guard state.isForStore else {
                state.changes = changes
                return
            }
            do throws(StoreError) { try queue.put(changes) } catch { state.failure = error }
        }
    }
}
