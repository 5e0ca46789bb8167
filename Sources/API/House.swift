internal import Logging
internal import Synchronization

/// What all requests share.
final class House: Sendable {
    let services: APIServices
    let limits: APILimits
    let logger: Logger
    let readers: Readers
    let workers: WorkerPool
    let budget: ByteBudget
    let durable: DurableWait
    let audit: AuditLog
    let streams: StreamPlaces
    let watch: CommitWatch
    let counters = RequestCounters()
    let connections: Connections
    private let stopping = Atomic(false)

    init(services: APIServices, limits: APILimits, logger: Logger) {
        self.services = services
        self.limits = limits
        self.logger = logger
        readers = Readers(path: services.databasePath, limits: limits)
        workers = WorkerPool("worker", threads: limits.workers, waiting: limits.waitingWork)
        budget = ByteBudget(limit: limits.bufferedBytes)
        durable = DurableWait(services.sink, seconds: limits.durableSeconds)
        audit = AuditLog(limit: limits.waitingAudit, write: services.audit)
        streams = StreamPlaces(limits: limits)
        watch = CommitWatch(path: services.databasePath, seconds: limits.streamPollSeconds)
        connections = Connections(limits: limits)
    }

    /// Whether the server is about to end: streams close, and no connection is kept open.
    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func stop() { stopping.store(true, ordering: .releasing) }

    /// Answers whoever still waits for the disk, the database or the daemon that it will not be told.
    func abandon() {
        workers.abandon()
        readers.abandon()
        durable.abandon()
    }

    /// Lets the threads end. Waits for the audit.
    func close() {
        readers.close()
        workers.close()
        audit.close()
    }
}
