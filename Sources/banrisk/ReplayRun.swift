import Assembly
import Glibc
import Pipeline
import RiskModel
import Settings
import Store

/// The daemon's pipeline over files, into a new database: what `replay`, `evaluate` and `tune` have in common.
struct ReplayRun {
    let assembly: Assembly
    let database: String
    /// In place of the configuration's.
    var rules: RuleSet?
    /// Come among the events, by time.
    var verdicts: VerdictFile?

    init(_ assembly: Assembly, database: String, rules: RuleSet? = nil, verdicts: VerdictFile? = nil) {
        self.assembly = assembly
        self.database = database
        self.rules = rules
        self.verdicts = verdicts
    }

    /// Runs until the files end; shows meanwhile how far it is.
    ///
    /// - Throws: ``ToolError/faultyInput(_:)`` where the database exists or a file cannot be read.
    func callAsFunction(_ files: [String]) throws -> (counts: PipelineStatistics, elapsed: Duration) {
        let configuration = assembly.configuration
        let rules = rules ?? configuration.ruleSet
        let writer = try StoreWriter(
            path: database, rules: rules, inactive: assembly.inactive, configuration: assembly.record,
            retention: assembly.replayRetention)
        guard writer.appliedSeq == 0 else { throw ToolError.databaseExists(database) }
        let pipeline = Pipeline(rules: rules, sources: assembly.sources, options: assembly.pipelineOptions)
        let queue = StoreQueue(writer: writer, mode: .replay)
        let runner = PipelineRunner(
            pipeline: pipeline, queue: queue, batchFrames: configuration.batchFrames, appliedSeq: 0)
        var frames = MergedFrames(files, verdicts: verdicts)
        var progress = ProgressBar(totalBytes: FileFrames.totalBytes(of: files))
        let clock = ContinuousClock()
        let start = clock.now
        var bytes = 0
        try runner.run(
            &frames, isEnd: true,
            onBatch: { batch in
                bytes += batch.bytes.count + batch.frames.count
                progress.update(bytes: bytes, events: pipeline.statistics.frames)
            })
        let elapsed = clock.now - start
        progress.clear()
        writer.close()
        return (pipeline.statistics, elapsed)
    }

    /// Removes an earlier database where that was asked for, and refuses to add to it otherwise.
    func makeWay(overwrite: Bool) throws {
        // SAFETY: the path is a C string for the length of the call.
        guard unsafe access(database, F_OK) == 0 else { return }
        guard overwrite else { throw ToolError.databaseExists(database) }
        // Only a database of ours is replaced: a slip of the pen must not cost somebody else's file.
        do {
            _ = try StoreReader(path: database)
        } catch StoreError.notReady, StoreError.newerSchema {
        }
        for suffix in ["", "-wal", "-shm"] { unsafe _ = unlink(database + suffix) }
    }
}

extension ToolError {
    fileprivate static func databaseExists(_ path: String) -> ToolError {
        .faultyInput("\(path) exists; name another with --database, or replace it with --overwrite")
    }
}
