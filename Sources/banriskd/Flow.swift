import Assembly
import Logging
import Pipeline
import RiskModel
import Settings
import Spool
import Store

/// From the spool to the database, and what happens between two batches: snapshots and reloads.
struct Flow: Sendable {
    let spool: Spool
    let pipeline: Pipeline
    let queue: StoreQueue
    let writer: StoreWriter
    let live: LiveAssembly
    let reloader: Reloader
    let forgetter: Forgetter
    let snapshotter: Snapshotter
    let restored: Restored
    let progress: Progress
    let stop: StopRequest
    let manager: ServiceManager
    /// Beats each time that the loop comes round.
    let pulse: Pulse
    let logger: Logger

    /// Runs until the spool is closed and everything in it is in the database, or as much as a stop leaves time for.
    func run() throws {
        defer { writer.close() }
        var frames = SpoolFrames(
            spool, from: restored.seq + 1, pipeline: pipeline, live: live, forgetter: forgetter, stop: stop)
        let runner = PipelineRunner(
            pipeline: pipeline, queue: queue, batchFrames: live.current.configuration.batchFrames,
            appliedSeq: writer.appliedSeq)
        do {
            // Where the database knows the rules in force, it has what their coming did to scores, too.
            try runner.run(
                &frames, rescored: writer.openedNewConfiguration ? restored.rescored : nil, isEnd: false,
                between: between,
                onBatch: { _ in
                    pulse.beat()
                    reportProgress()
                })
        } catch let error as StoreError where error.isTransient && spool.isClosed {
            let missing = spool.durableSequence - writer.appliedSeq
            logger.warning(
                "\(error) \(missing) events will be written after the next start, from the spool.",
                metadata: ["event": "store.behind"])
            return snapshotter.cancel()
        }
        if stop.isHurried || !progress.isRecovered {
            snapshotter.cancel()
        } else if !snapshotter.takeNow(of: pipeline) {
            logger.warning(
                "no last snapshot: \(snapshotter.statistics.failure ?? "unknown"); the next start takes longer",
                metadata: ["event": "snapshot.failed"])
        }
    }

    /// No more frames come: works off what is there.
    func end() {
        progress.stop()
        reloader.close()
        forgetter.close()
        // A database that cannot be written now gets the rest after the restart, from the spool.
        queue.giveUpRetrying()
        stop.onHurry { snapshotter.cancel() }
        spool.close()
    }

    private func between() throws {
        pulse.beat()
        if progress.run() {
            manager.ready()
            logger.info("ready", metadata: ["event": "ready"])
        }
        try reloader.apply(reload)
        try forgetter.apply(newest: spool.durableSequence, forget)
        snapshotter.takeIfDue(of: pipeline)
    }

    /// Puts another configuration in force, behind everything that was processed under the one before.
    ///
    /// A snapshot is taken first, so that no start ever rebuilds with the new rules what the old ones had made.
    private func reload(_ assembly: Assembly) throws -> ReloadAnswer {
        manager.reloading()
        defer { manager.ready() }
        try queue.finish()
        guard snapshotter.takeNow(of: pipeline) else {
            let why = snapshotter.statistics.failure ?? "unknown"
            return .refused(["no snapshot of the state could be written before the change: \(why)"])
        }
        let rules = assembly.configuration.ruleSet
        let changes = try pipeline.adopt(
            rules: rules, sources: assembly.sources, options: assembly.pipelineOptions)
        try queue.adopt { writer throws(StoreError) in
            try writer.adopt(
                rules: rules, inactive: assembly.inactive, configuration: assembly.record, changes: changes)
        }
        return .done(configuration: writer.configurationID)
    }

    private func reportProgress() {
        guard progress.phase == .recovering else { return }
        let recovery = progress.recovery(processed: pipeline.statistics.throughSeq)
        manager.extendStart("rebuilding the state: event \(recovery.processed) of \(recovery.target)")
    }
}
