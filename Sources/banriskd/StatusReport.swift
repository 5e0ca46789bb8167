import Assembly
import Enrichment
import Intake
import Ordering
import Pipeline
import RiskModel
import Settings
import Spool
import Store
import Synchronization

/// The parts of the daemon, asked for how they stand.
struct StatusReport: Sendable {
    let live: LiveAssembly
    let sockets: Sockets
    let files: FileFollower
    let spool: Spool
    let pipeline: Pipeline
    let writer: StoreWriter
    let queue: StoreQueue
    let snapshotter: Snapshotter
    let reloader: Reloader
    let progress: Progress
    let processID: Int32

    var status: DaemonStatus {
        let frames = spool.statistics
        let counts = pipeline.statistics
        let assembly = live.current
        let configuration = assembly.configuration
        var status = DaemonStatus(
            program: "banriskd", pid: processID, phase: progress.phase,
            recovery: progress.recovery(processed: counts.throughSeq), database: configuration.databasePath,
            shards: configuration.shards, watermark: counts.watermark == .epoch ? nil : counts.watermark.description,
            sequence: .init(
                received: frames.appendedSequence, durable: frames.durableSequence, processed: counts.throughSeq,
                applied: writer.appliedSeq))
        status.intake = .init(sockets.stream.statistics)
        status.datagrams = .init(sockets.datagrams.statistics)
        status.forward = .init(sockets.forward.statistics)
        status.files = .init(files.statistics)
        status.spool = .init(frames)
        status.pipeline = .init(counts)
        status.snapshots = .init(snapshotter.statistics)
        status.store.walBytes = writer.walBytes
        status.store.stalled = queue.stall
        status.reloads = reloader.statistics
        status.reloads.configuration = writer.configurationID
        status.databases = assembly.sources.databases.map {
            .init(kind: $0.kind.rawValue, type: $0.type, path: $0.path, built: $0.buildEpoch.description)
        }
        status.lists = assembly.sources.lists.map { .init(name: $0.name, entries: $0.count) }
        status.rules = configuration.ruleSet.rules.map {
            .init(
                rule: $0.id, active: assembly.inactive[$0.id] == nil, inactiveBecause: assembly.inactive[$0.id],
                costSeconds: counts.ruleSeconds[$0.id])
        }
        return status
    }
}

/// Where the daemon is between its start and its end.
final class Progress: Sendable {
    private struct State {
        var phase = DaemonStatus.Phase.recovering
        var isRecovered = false
        var snapshot: UInt64 = 0
        var target: UInt64 = 0
    }

    private let state = Mutex(State())

    var phase: DaemonStatus.Phase { state.withLock { $0.phase } }

    /// Whether the state is that of everything in the database.
    var isRecovered: Bool { state.withLock { $0.isRecovered } }

    func recover(from snapshot: UInt64, to target: UInt64) {
        state.withLock {
            $0.snapshot = snapshot
            $0.target = target
        }
    }

    /// The state is rebuilt; whether that is news.
    func run() -> Bool {
        state.withLock { state in
            state.isRecovered = true
            guard state.phase == .recovering else { return false }
            state.phase = .running
            return true
        }
    }

    func stop() { state.withLock { $0.phase = .stopping } }

    func recovery(processed: UInt64) -> DaemonStatus.Recovery {
        state.withLock {
            .init(snapshot: $0.snapshot, processed: min(processed, $0.target), target: $0.target)
        }
    }
}

extension DaemonStatus.Spool {
    fileprivate init(_ frames: SpoolStatistics) {
        self.init()
        bytes = frames.retainedBytes
        segments = frames.segments
        pendingBytes = frames.pendingBytes
        oldest = frames.oldestSequence
        skipped = frames.skippedSequences
        stalled = frames.stalled?.description
    }
}

extension DaemonStatus.Intake {
    fileprivate init(_ counts: IntakeStatistics) {
        self.init()
        connections = counts.connections
        connectionsTotal = counts.acceptedConnections
        connectionsRefused = counts.refusedConnections
        connectionsDisplaced = counts.displacedConnections
        acceptPauses = counts.acceptPauses
        acknowledged = counts.acknowledgedConnections
        acknowledgedTotal = counts.acceptedAcknowledgedConnections
        takeovers = counts.takeovers
        frames = counts.frames
        bytes = counts.bytes
        oversized = counts.oversized
        unterminated = counts.unterminated
        connectionsCrowded = counts.crowdedConnections
        refusals = counts.refusals
        datagrams = counts.datagrams
        truncatedDatagrams = counts.truncatedDatagrams
        messages = counts.messages
        repeatedMessages = counts.repeatedMessages
        incompleteMessages = counts.incompleteMessages
    }
}

extension DaemonStatus.Files {
    fileprivate init(_ counts: FollowStatistics) {
        self.init()
        followed = counts.files
        polled = counts.polledFiles
        ignored = counts.ignoredFiles
        open = counts.openFiles
        lagBytes = counts.lagBytes
        bytes = counts.bytes
        frames = counts.frames
        oversized = counts.oversized
        unterminated = counts.unterminated
        rotations = counts.rotations
        truncations = counts.truncations
        recognized = counts.recognized
        faults = counts.faults
        failedSaves = counts.failedSaves
    }
}

extension DaemonStatus.Pipeline {
    fileprivate init(_ counts: PipelineStatistics) {
        self.init()
        events = counts.events
        rejected = counts.rejected
        signals = counts.signals
        alerts = counts.alerts
        accounts = counts.accounts
        entities = counts.entities
        riskyAccounts = counts.riskyAccounts
        evictedAccounts = counts.evictedAccounts
        evictedRecords = counts.evictedRecords
        evictedEntities = counts.evictedEntities
        duplicates = counts.ordering.duplicates
        late = counts.ordering.late
        waiting = counts.ordering.held
        releasedEarly = counts.ordering.releasedEarly
        inDoubt = counts.ordering.inDoubt
        fromTheFuture = counts.ordering.refuted
    }
}

extension DaemonStatus.Snapshots {
    fileprivate init(_ counts: Snapshotter.Statistics) {
        self.init()
        newest = counts.lastSeq
        written = counts.written
        failed = counts.failed
        bytes = counts.bytes
        milliseconds = counts.milliseconds
        pauseMilliseconds = counts.pauseMilliseconds
        failure = counts.failure
    }
}
