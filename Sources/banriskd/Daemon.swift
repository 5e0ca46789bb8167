import Assembly
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
    private let assembly: Assembly

    /// Opens everything, in the order in which it can be refused: the state's lock first, the sockets last.
    init(assembly: Assembly, logger: Logger) throws {
        let configuration = assembly.configuration
        // Nothing that is made here is for others than the owner and the group.
        umask(0o027)
        try Self.makeFolder(configuration.stateDirectory)
        try Self.makeFolder(configuration.runtimeDirectory)

        // The spool's lock is what refuses a second daemon on the same state, so it comes before the database is touched.
        let applied = try Self.appliedSeq(of: configuration.databasePath)
        let spool = try Spool(
            directory: configuration.stateDirectory + "/spool", limits: Spool.Limits(configuration.spool),
            applied: applied)
        let writer = try StoreWriter(
            path: configuration.databasePath, rules: configuration.ruleSet, inactive: assembly.inactive)
        self.spool = spool
        self.writer = writer
        self.assembly = assembly
        self.logger = logger
        pipeline = assembly.makePipeline()
        queue = StoreQueue(writer: writer, mode: .live, onApplied: { spool.release(through: $0) })
        listener = try StreamListener(
            path: configuration.runtimeDirectory + "/events.sock", mode: configuration.socketMode,
            maximumConnections: configuration.maximumConnections)
        control = try ControlSocket(
            path: configuration.runtimeDirectory + "/control.sock", mode: configuration.socketMode)
    }

    /// Serves until SIGTERM or SIGINT, then ends in the order of the flow: no more frames, all of them written, closed.
    func run() async throws {
        logger.info("\(spool.recovery)")
        let first = spool.recovery.firstReadable
        if first > 1 {
            logger.notice("events before number \(first) are no longer in the spool: the rules do not remember them")
        }
        if let tail = spool.recovery.tornTail { logger.notice("cut off the spool's torn end: \(tail)") }
        for damage in spool.recovery.damages { logger.error("the spool is damaged: \(damage)") }
        for (rule, why) in assembly.inactive.sorted(by: { $0.key < $1.key }) {
            logger.notice("rule \(rule) is inactive: it \(why)")
        }
        let status = StatusReport(
            assembly: assembly, listener: listener, spool: spool, pipeline: pipeline, writer: writer, queue: queue,
            processID: getpid())
        let runner = PipelineRunner(
            pipeline: pipeline, queue: queue, batchFrames: assembly.configuration.batchFrames,
            appliedSeq: writer.appliedSeq)
        // Services are stopped in reverse order: the intake first, so that the pipeline sees everything it took.
        let services: [any Service] = [
            PipelineService(spool: spool, runner: runner, queue: queue, writer: writer, logger: logger),
            ControlService(socket: control, status: status),
            IntakeService(listener: listener, spool: spool, logger: logger),
        ]
        logger.info("listening on \(assembly.configuration.runtimeDirectory)/events.sock")
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { service in
                    // A part that fails ends the others in order, too: their threads know nothing of cancellation.
                    .init(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "banriskd.lifecycle", factory: { _ in SwiftLogNoOpLogHandler() })))
        try await group.run()
        logger.info("stopped after event \(writer.appliedSeq)")
    }

    /// What an existing database has applied; nothing, where there is none yet.
    private static func appliedSeq(of path: String) throws -> UInt64 {
        do {
            return UInt64(try StoreReader(path: path).status().appliedSeq)
        } catch StoreError.missing, StoreError.notReady {
            return 0
        }
    }

    private static func makeFolder(_ path: String) throws {
        // SAFETY: the path is a C string for the length of the call.
        guard unsafe mkdir(path, 0o750) == 0 || errno == EEXIST else {
            throw DaemonError.folder(path: path, errno: errno)
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
    }
}
