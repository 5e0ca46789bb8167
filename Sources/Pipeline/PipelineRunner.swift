package import RiskModel

/// Where the pipeline's frames come from: the spool, or files.
package protocol FrameSource: ~Copyable {
    /// Appends the next frames to `batch`, in order of `seq`; waits for them where they are still to come.
    ///
    /// - Parameters:
    ///   - maximumFrames: Take no more than this many.
    ///   - notAfter: Take none with a higher `seq`.
    /// - Returns: Whether there may be more. `false`: the source has ended, and nothing was appended.
    mutating func next(into batch: inout FrameBatch, maximumFrames: Int, notAfter: UInt64?) throws -> Bool
}

/// Moves frames from a source through the pipeline into the store, until the source ends.
///
/// One code path, live and replayed.
package struct PipelineRunner: Sendable {
    private let pipeline: Pipeline
    private let queue: StoreQueue
    private let batchFrames: Int
    /// The last `seq` that the store had when it was opened.
    private let appliedSeq: UInt64

    package init(pipeline: Pipeline, queue: StoreQueue, batchFrames: Int, appliedSeq: UInt64) {
        self.pipeline = pipeline
        self.queue = queue
        self.batchFrames = batchFrames
        self.appliedSeq = appliedSeq
    }

    /// Runs until the source ends, then waits until the store has everything.
    ///
    /// Frames up to the applied `seq` only rebuild the state: what they change is in the store already.
    /// - Parameter onBatch: Called after each batch.
    package func run(
        _ source: inout some FrameSource & ~Copyable, onBatch: (FrameBatch) -> Void = { _ in }
    ) throws {
        var batch = FrameBatch()
        var isRebuilding = appliedSeq > 0
        while true {
            batch.removeAll()
            guard
                try source.next(
                    into: &batch, maximumFrames: batchFrames, notAfter: isRebuilding ? appliedSeq : nil)
            else { break }
            guard let last = batch.frames.last else {
                // Nothing is left up to the applied `seq`, or nothing has come for a while.
                isRebuilding = false
                try queue.check()
                continue
            }
            let changes = pipeline.process(batch)
            if last.seq > appliedSeq { try queue.put(changes) }
            if last.seq >= appliedSeq { isRebuilding = false }
            onBatch(batch)
        }
        try queue.finish()
    }
}
