import Assembly
import Enrichment
import Glibc
import Intake
import Logging
import Pipeline
import RiskModel
import ServiceLifecycle
import Settings
import Spool
import Store
import UnixSignals

/// The parts of the running daemon, from the sockets to the database.
struct Daemon: Sendable {
    private let logger: Logger
    private let listener: StreamListener
    private let control: ControlSocket
    private let spool: Spool
    private let pipeline: Pipeline
    private let writer: StoreWriter
    private let queue: StoreQueue
    private let live: LiveAssembly
    private let watch: DatabaseWatch
    private let reloader: Reloader
    private let snapshots: SnapshotFolder
    private let snapshotter: Snapshotter
    private let restored: Restored
    private let progress = Progress()
    private let manager = ServiceManager()

    /// Opens everything, in the order in which it can be refused: the state's lock first, the sockets last.
    ///
    /// - Parameters:
    ///   - watch: of the GeoIP databases, begun before they were loaded.
    ///   - reload: reads the configuration again, for a reload.
    init(
        assembly: Assembly, watch: DatabaseWatch, logger: Logger,
        reload: @escaping @Sendable () throws(ConfigurationFaults) -> Configuration
    ) throws {
        let configuration = assembly.configuration
        // Nothing that is made here is for others than the owner and the group.
        umask(0o027)
        let connections = DescriptorLimit.raise(for: configuration.maximumConnections)
        if connections < configuration.maximumConnections {
            logger.warning(
                """
                the limit of open files leaves room for \(connections) clients, not \(configuration.maximumConnections); \
                raise it (LimitNOFILE=, ulimit -n)
                """)
        }
        try Self.makeFolder(configuration.stateDirectory)
        try Self.makeFolder(configuration.runtimeDirectory)

        // The spool's lock is what refuses a second daemon on the same state, so it comes before the database is touched.
        let applied = try StoreReader.appliedSeq(path: configuration.databasePath)
        let spool = try Spool(
            directory: configuration.stateDirectory + "/spool", limits: Spool.Limits(configuration.spool),
            applied: applied)
        let writer = try Self.patiently(logger) {
            try StoreWriter(
                path: configuration.databasePath, rules: configuration.ruleSet, inactive: assembly.inactive,
                configuration: assembly.record, quarantineRows: configuration.quarantineRows)
        }
        let snapshots = try SnapshotFolder(path: configuration.stateDirectory + "/snapshots")
        let pipeline = assembly.makePipeline()
        restored = try Restored(pipeline, from: snapshots, assembly, applied: applied)
        self.spool = spool
        self.writer = writer
        self.pipeline = pipeline
        self.snapshots = snapshots
        self.logger = logger
        self.watch = watch
        live = LiveAssembly(assembly)
        reloader = Reloader(live: live, load: reload)
        queue = StoreQueue(writer: writer, mode: .live)
        snapshotter = Snapshotter(
            folder: snapshots, writer: writer, interval: .seconds(configuration.snapshotSeconds),
            startSeq: restored.seq, onReleasable: { spool.release(through: $0) })
        listener = try StreamListener(
            path: configuration.runtimeDirectory + "/events.sock", mode: configuration.socketMode,
            maximumConnections: connections)
        control = try ControlSocket(
            path: configuration.runtimeDirectory + "/control.sock", mode: configuration.socketMode)
    }

    /// Serves until SIGTERM or SIGINT, then ends in the order of the flow: no more frames, all of them written, closed.
    func run() async throws {
        let sequence = await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint)
        report()
        progress.recover(from: restored.seq, to: writer.appliedSeq)
        spool.release(through: try snapshots.releasable(applied: writer.appliedSeq))
        let status = StatusReport(
            live: live, listener: listener, spool: spool, pipeline: pipeline, writer: writer, queue: queue,
            snapshotter: snapshotter, reloader: reloader, progress: progress, processID: getpid())
        let stop = StopRequest()
        let flow = Flow(
            spool: spool, pipeline: pipeline, queue: queue, writer: writer, live: live, reloader: reloader,
            snapshotter: snapshotter, restored: restored, progress: progress, stop: stop, manager: manager,
            logger: logger)
        let gatekeeper = Gatekeeper(live: live, writer: writer, logger: logger)
        let desk = ControlDesk(
            status: status, reloader: reloader,
            quarantine: QuarantineDesk(spool: spool, writer: writer, live: live, progress: progress),
            verdicts: VerdictDesk(spool: spool, pipeline: pipeline, live: live, progress: progress, logger: logger),
            gatekeeper: gatekeeper, logger: logger)
        // Services are stopped in reverse order: the intake first, so that the pipeline sees everything it took.
        let services: [any Service] = [
            PipelineService(flow: flow),
            ControlService(socket: control, desk: desk),
            WatchService(
                live: live, databases: watch, reloader: reloader, spool: spool, queue: queue, writer: writer,
                logger: logger),
            IntakeService(listener: listener, spool: spool, stop: stop, logger: logger),
        ]
        logger.info("listening on \(live.current.configuration.runtimeDirectory)/events.sock")
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { service in
                    // A part that fails ends the others in order, too: their threads know nothing of cancellation.
                    .init(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                }, logger: Logger(label: "banriskd.lifecycle", factory: { _ in SwiftLogNoOpLogHandler() })))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                await Signals(
                    sequence: sequence, group: group, stop: stop, desk: desk, manager: manager, logger: logger
                ).run()
            }
            defer { tasks.cancelAll() }
            try await group.run()
        }
        logger.info("stopped after event \(writer.appliedSeq)")
    }

    /// Says what was found at the start.
    private func report() {
        let recovery = spool.recovery
        logger.info("\(recovery)")
        for fault in restored.faults { logger.error("\(fault); an older state is used") }
        let first = recovery.firstReadable
        if first > restored.seq + 1 {
            logger.notice("events before number \(first) are no longer in the spool: the rules do not remember them")
        }
        if let tail = recovery.tornTail { logger.notice("cut off the spool's torn end: \(tail)") }
        for damage in recovery.damages { logger.error("the spool is damaged: \(damage)") }
        if restored.seq > 0 { logger.info("the state is that of event \(restored.seq), from a snapshot") }
        if writer.appliedSeq > restored.seq {
            logger.info("rebuilding the state from events \(max(first, restored.seq + 1)) to \(writer.appliedSeq)")
        }
        for (rule, why) in live.current.inactive.sorted(by: { $0.key < $1.key }) {
            logger.notice("rule \(rule) is inactive: it \(why)")
        }
        for warning in live.current.configuration.rulesFile.warnings { logger.warning("\(warning)") }
    }

    /// Opens the database when the disk has room and nobody holds a lock: a start is no worse than a running daemon.
    private static func patiently(_ logger: Logger, _ open: () throws -> StoreWriter) throws -> StoreWriter {
        var isLogged = false
        while true {
            do {
                return try open()
            } catch let error as StoreError where error.isTransient {
                if !isLogged { logger.error("waiting for the database: \(error)") }
                isLogged = true
                sleep(1)
            }
        }
    }

    private static func makeFolder(_ path: String) throws {
        // SAFETY: the path is a C string for the length of the call.
        guard unsafe mkdir(path, 0o750) == 0 || errno == EEXIST else {
            throw DaemonError.folder(path: path, errno: errno)
        }
    }
}

/// The state that a start begins with: of the newest snapshot that is whole and not ahead of the database, or none.
struct Restored: Sendable {
    private(set) var seq: UInt64 = 0
    /// What a change of rules since then does to scores.
    private(set) var rescored: Changes?
    /// The snapshots that could not be used, and why.
    private(set) var faults: [SnapshotError] = []

    init(_ pipeline: Pipeline, from folder: SnapshotFolder, _ assembly: Assembly, applied: UInt64) throws {
        for snapshot in try folder.snapshots() where snapshot.seq <= applied {
            do throws(SnapshotError) {
                (seq, rescored) = try pipeline.restore(
                    from: snapshot.path, rules: assembly.configuration.ruleSet, sources: assembly.sources,
                    options: assembly.pipelineOptions)
                return
            } catch {
                faults.append(error)
            }
        }
    }
}

/// Why the daemon cannot start, where no stage says so itself.
enum DaemonError: Error, CustomStringConvertible {
    case folder(path: String, errno: CInt)

    var description: String {
        switch self {
        case .folder(let path, let code):
            // SAFETY: strerror returns a C string that stays valid until this thread's next call of it.
            "the folder \(path) cannot be made: \(unsafe String(cString: strerror(code))); "
                + "make it, owned by this user, or name another"
        }
    }
}

extension Spool.Limits {
    fileprivate init(_ configuration: Configuration.Spool) {
        self.init()
        segmentBytes = configuration.segmentBytes
        pendingBytes = configuration.pendingBytes
        commitDelayMilliseconds = configuration.commitDelayMilliseconds
        retainedBytes = configuration.retainedBytes
        retainedSeconds = configuration.retainedSeconds
    }
}
