import API
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
    private let sockets: Sockets
    private let files: FileFollower
    private let tcp: APIServer.TCP?
    private let spool: Spool
    private let pipeline: Pipeline
    private let writer: StoreWriter
    private let queue: StoreQueue
    private let live: LiveAssembly
    private let watch: DatabaseWatch
    private let reloader: Reloader
    private let forgetter: Forgetter
    private let snapshots: SnapshotFolder
    private let snapshotter: Snapshotter
    private let restored: Restored
    private let progress = Progress()
    private let manager = ServiceManager()

    /// Opens everything, in the order in which it can be refused: the state's lock first, the sockets last.
    ///
    /// - Parameters:
    ///   - inherited: sockets that the service manager hands over.
    ///   - watch: of the GeoIP databases, begun before they were loaded.
    ///   - reload: reads the configuration again, for a reload.
    init(
        assembly: Assembly, inherited: InheritedSockets, watch: DatabaseWatch, logger: Logger,
        reload: @escaping @Sendable () throws(ConfigurationFaults) -> Configuration
    ) throws {
        let configuration = assembly.configuration
        // Nothing that is made here is for others than the owner and the group.
        umask(0o027)
        // Both sockets of streams have as many; beside them are the API's clients and the followed files.
        let others = APILimits().connections + FileFollower.Limits().openFiles
        let granted = DescriptorLimit.raise(for: 2 * configuration.maximumConnections + others)
        let connections = max(1, min(configuration.maximumConnections, max(granted / 4, (granted - others) / 2)))
        if connections < configuration.maximumConnections {
            logger.warning(
                """
                the limit of open files leaves room for \(connections) clients, not \(configuration.maximumConnections); \
                raise it (LimitNOFILE=, ulimit -n)
                """, metadata: ["event": "limit"])
        }
        try Self.makeFolder(configuration.stateDirectory)
        try Self.makeFolder(configuration.runtimeDirectory)

        // The spool's lock is what refuses a second daemon on the same state, so it comes before the database is touched.
        let applied = try StoreReader.appliedSeq(path: configuration.databasePath)
        let spool = try Spool(
            directory: configuration.stateDirectory + "/spool", limits: Spool.Limits(configuration.spool),
            applied: applied)
        let writer = try Self.patiently(manager, logger) {
            try StoreWriter(
                path: configuration.databasePath, rules: configuration.ruleSet, inactive: assembly.inactive,
                configuration: assembly.record, quarantineRows: configuration.quarantineRows,
                retention: assembly.retention)
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
        forgetter = try Forgetter(stateDirectory: configuration.stateDirectory)
        queue = StoreQueue(writer: writer, mode: .live)
        snapshotter = Snapshotter(
            folder: snapshots, writer: writer, interval: .seconds(configuration.snapshotSeconds),
            startSeq: restored.seq, onReleasable: { spool.release(through: $0) })
        tcp = try APIServer.TCP(configuration.api)
        files = try FileFollower(
            paths: configuration.files.map(FollowedPath.init), state: configuration.stateDirectory + "/files.state",
            ownFolders: [configuration.stateDirectory, configuration.runtimeDirectory].map(Self.realPath),
            ownFiles: Self.ownFiles(configuration)
        ) { logger.warning("\($0)", metadata: ["event": "files.notice"]) }
        sockets = try Sockets(configuration, inherited: inherited, connections: connections, logger: logger)
    }

    /// Serves until SIGTERM or SIGINT, then ends in the order of the flow: no more frames, all of them written, closed.
    func run() async throws {
        let sequence = await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint)
        report()
        progress.recover(from: restored.seq, to: writer.appliedSeq)
        spool.release(through: try snapshots.releasable(applied: writer.appliedSeq))
        let status = StatusReport(
            live: live, sockets: sockets, files: files, spool: spool, pipeline: pipeline, writer: writer, queue: queue,
            snapshotter: snapshotter, reloader: reloader, progress: progress, processID: getpid())
        let stop = StopRequest()
        let pulse = Pulse()
        let flow = Flow(
            spool: spool, pipeline: pipeline, queue: queue, writer: writer, live: live, reloader: reloader,
            forgetter: forgetter, snapshotter: snapshotter, restored: restored, progress: progress, stop: stop,
            manager: manager, pulse: pulse, logger: logger)
        let gatekeeper = Gatekeeper(live: live, writer: writer, logger: logger)
        let desk = ControlDesk(
            status: status, reloader: reloader,
            quarantine: QuarantineDesk(spool: spool, writer: writer, live: live, progress: progress),
            verdicts: VerdictDesk(spool: spool, pipeline: pipeline, live: live, progress: progress, logger: logger),
            forgetter: forgetter, gatekeeper: gatekeeper, files: files, live: live,
            logger: logger)
        // Services are stopped in reverse order: the intake first, so that the pipeline sees everything it took.
        var services: [any Service] = [
            PipelineService(flow: flow),
            ControlService(socket: sockets.control, desk: desk),
            WatchService(
                live: live, databases: watch, reloader: reloader, spool: spool, queue: queue, writer: writer,
                snapshotter: snapshotter, logger: logger),
        ]
        if let interval = manager.watchdogInterval {
            services.append(
                WatchdogService(
                    interval: interval, manager: manager, pulse: pulse, queue: queue,
                    controlPath: live.current.configuration.runtimeDirectory + "/control.sock", logger: logger))
        }
        services.append(
            IntakeService(
                label: "files", spool: spool, stop: stop, logger: logger,
                listen: { [files] in try files.run(sink: $0) }, end: { [files] in files.stop() }))
        services += sockets.services(spool: spool, stop: stop, logger: logger)
        services.append(
            APIService(
                server: APIServer(
                    socket: try sockets.api.descriptor(), tcp: tcp,
                    services: APIServices(desk, spool: spool, live: live), logger: Logger(label: "banriskd.api")),
                socket: sockets.api))
        logger.info(
            "listening in \(live.current.configuration.runtimeDirectory)", metadata: ["event": "listening"])
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
        logger.info("stopped after event \(writer.appliedSeq)", metadata: ["event": "stopped"])
    }

    /// Says what was found at the start.
    private func report() {
        let recovery = spool.recovery
        logger.info("\(recovery)", metadata: ["event": "recovery"])
        for fault in restored.faults {
            logger.error("\(fault); an older state is used", metadata: ["event": "snapshot.damaged"])
        }
        let first = recovery.firstReadable
        if first > restored.seq + 1 {
            logger.notice("events before number \(first) are no longer in the spool: the rules do not remember them")
        }
        if let tail = recovery.tornTail {
            logger.notice("cut off the spool's torn end: \(tail)", metadata: ["event": "spool.torn"])
        }
        for damage in recovery.damages {
            logger.error("the spool is damaged: \(damage)", metadata: ["event": "spool.damage"])
        }
        if restored.seq > 0 { logger.info("the state is that of event \(restored.seq), from a snapshot") }
        if writer.appliedSeq > restored.seq {
            logger.info("rebuilding the state from events \(max(first, restored.seq + 1)) to \(writer.appliedSeq)")
        }
        logger.info("\(live.current.pseudonymsSentence)")
        if forgetter.interruptedCount > 0 {
            logger.notice("\(forgetter.interruptedCount) accounts are still to be forgotten; that comes first")
        }
        for (rule, why) in live.current.inactive.sorted(by: { $0.key < $1.key }) {
            logger.notice("rule \(rule) is inactive: it \(why)", metadata: ["event": "rule.inactive"])
        }
        for warning in live.current.configuration.rulesFile.warnings {
            logger.warning("\(warning)", metadata: ["event": "reload.notice"])
        }
    }

    /// Opens the database when the disk has room and nobody holds a lock: a start is no worse than a running daemon.
    private static func patiently(
        _ manager: ServiceManager, _ logger: Logger, _ open: () throws -> StoreWriter
    ) throws -> StoreWriter {
        var isLogged = false
        while true {
            do {
                return try open()
            } catch let error as StoreError where error.isTransient {
                if !isLogged {
                    logger.error("waiting for the database: \(error)", metadata: ["event": "store.waiting"])
                }
                isLogged = true
                manager.extendStart("waiting for the database")
                sleep(1)
            }
        }
    }

    /// The folder's path as the kernel names it, without links.
    private static func realPath(_ path: String) -> String {
        // SAFETY: realpath's text is copied and freed.
        guard let text = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    /// What may lie outside of the daemon's folders, and must not be read as a log: it is secret, or SQLite holds locks on it.
    private static func ownFiles(_ configuration: Configuration) -> [String] {
        let database = realPath(configuration.databasePath)
        let secrets = [
            configuration.api.tokenFile ?? Credential.path("api-token"),
            configuration.privacy.keyFile ?? Credential.path("pseudonym-key"),
        ]
        return ["", "-wal", "-shm", "-journal"].map { database + $0 } + secrets.compactMap { $0 }.map(realPath)
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

extension FollowedPath {
    init(_ files: Configuration.FollowedFiles) {
        self.init(
            pattern: files.path, start: files.start == .end ? .end : .beginning, readsRotated: files.readsRotated)
    }
}

/// Why the daemon cannot start, where no stage says so itself.
enum DaemonError: Error, CustomStringConvertible {
    case folder(path: String, errno: CInt)
    /// TCP is configured, and nothing says what clients must show.
    case tokenMissing
    case token(path: String)

    var description: String {
        switch self {
        case .tokenMissing:
            "api.tcp needs a token: name a file as api.token_file, or give the service the credential api-token"
        case .token(let path):
            "\(path) holds no token: give one line of \(BearerToken.minimumBytes) visible characters at least, readable by this user"
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
