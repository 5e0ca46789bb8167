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
/// One code path, live and replayed. While a batch is in the folds, the next is read and decoded.
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
    ///
    /// - Parameters:
    ///   - rescored: Changes of scores by a change of rules, which the store does not have yet: it gets them, with what
    ///     the rebuilding makes of these scores, before anything else.
    ///   - isEnd: Whether no more events come after the source's end, so that none needs to wait for others.
    ///   - between: Called before each batch once the state is rebuilt, while the pipeline stands still; the batch may have
    ///     been read already.
    ///   - onBatch: Called after each batch.
    package func run(
        _ source: inout some FrameSource & ~Copyable, rescored: Changes? = nil, isEnd: Bool,
        between: () throws -> Void = {}, onBatch: (FrameBatch) -> Void = { _ in }
    ) throws {
        let folding = Folding(pipeline: pipeline, queue: queue)
        defer { folding.wait() }
        var batch = DecodedBatch()
        var carried = rescored
        var isRebuilding = pipeline.statistics.throughSeq < appliedSeq

        // Waits until the folds are done, and does what has to wait for that.
        func standStill() throws {
            let rebuilt = try folding.wait(onBatch)
            if let rebuilt { carried?.takeScores(of: rebuilt) }
            if isRebuilding { return }
            if let changes = carried.take() { try queue.put(changes) }
            try between()
        }
        try standStill()
        while true {
            batch.removeAll()
            let isMore = try source.next(
                into: &batch.frames, maximumFrames: batchFrames, notAfter: isRebuilding ? appliedSeq : nil)
            guard isMore else { break }
            pipeline.decode(&batch)
            try standStill()
            if let last = batch.frames.frames.last {
                folding.start(&batch, isForStore: !isRebuilding)
                guard isRebuilding, last.seq >= appliedSeq else { continue }
            } else {
                // Nothing is left up to the applied `seq`, or nothing has come for a while.
                try queue.check()
                guard isRebuilding else { continue }
                carried?.throughSeq = appliedSeq
            }
            // What comes next is new, and is not read before all that must come first is done.
            isRebuilding = false
            try standStill()
        }
        _ = try folding.wait(onBatch)
        if isEnd { try queue.put(pipeline.finish()) }
        try queue.finish()
    }
}

extension Changes {
    /// Takes over the scores of changes whose other rows are in the store already.
    fileprivate mutating func takeScores(of later: Changes) {
        throughSeq = max(throughSeq, later.throughSeq)
        watermark = max(watermark, later.watermark)
        scores.merge(later.scores) { $1 }
    }
}
