import Glibc
import RiskModel
import Synchronization

/// Serves the clients of a stream socket from start to stop, whatever protocol they speak.
///
/// One thread serves all clients by epoll. When the sink waits, nothing is read from anybody: the socket buffers fill, and
/// the shippers wait in turn.
final class ConnectionListener: Sendable {
    /// How long ``run(sink:converse:report:)`` waits after ``stop()`` for frames that a client wants acknowledged to be on
    /// disk.
    private static let syncDeadline = Duration.seconds(1)
    /// Of reports that come in quick succession only the first is passed on: nobody shall fill the log.
    private static let reportInterval = Duration.seconds(1)

    private let limits: ConnectionServer.Limits
    private let drainDeadline: Duration
    /// Until ``run(sink:converse:report:)`` takes it.
    private let listening: Mutex<ListeningSocket?>
    private let stopping: Wakeup
    private let syncing: Wakeup
    private let counters = Mutex(IntakeStatistics())

    /// - Parameter drainDeadline: how long ``run(sink:converse:report:)`` goes on reading after ``stop()``, at most.
    init(
        socket: consuming ListeningSocket, limits: ConnectionServer.Limits, drainDeadline: Duration
    ) throws(IntakeError) {
        stopping = try Wakeup()
        syncing = try Wakeup()
        listening = Mutex(socket)
        self.limits = limits
        self.drainDeadline = drainDeadline
    }

    /// Serves clients until ``stop()``; to be called once.
    ///
    /// - Throws: what the sink threw, or ``IntakeError``. Clients are then disconnected.
    func run(
        sink: any AcknowledgingSink, source: Source, converse: @escaping (_ user: UInt32?) -> any Conversation,
        report: @escaping (String) -> Void
    ) throws {
        guard let socket = listening.withLock({ $0.take() }) else { preconditionFailure("a listener runs once") }
        defer {
            counters.withLock {
                $0.connections = 0
                $0.acknowledgedConnections = 0
            }
        }
        sink.onDurable { [weak self] in self?.syncing.raise() }
        var nextReport = ContinuousClock.now
        var server = try ConnectionServer(
            listener: socket, stopping: stopping.raw, syncing: syncing.raw, limits: limits,
            sink: CountedSink(sink, source: source), converse: converse
        ) { refusal in
            guard nextReport <= .now else { return }
            nextReport = .now + Self.reportInterval
            report(refusal.reason)
        }
        while !server.isStopping { try turn(&server, milliseconds: -1) }
        try server.shutDown()
        let deadline = ContinuousClock.now + drainDeadline
        while server.isReading, ContinuousClock.now < deadline { try turn(&server, milliseconds: 100) }
        let syncDeadline = min(deadline, .now + Self.syncDeadline)
        while server.isAwaitingSync, ContinuousClock.now < syncDeadline { try turn(&server, milliseconds: 100) }
    }

    private func turn(_ server: inout ConnectionServer, milliseconds: CInt) throws {
        try server.turn(milliseconds: milliseconds)
        counters.withLock { $0 = server.statistics }
    }

    /// Makes ``run(sink:converse:report:)`` read what has arrived and return. From any thread, at any time.
    func stop() { stopping.raise() }

    var statistics: IntakeStatistics { counters.withLock { $0 } }
}
