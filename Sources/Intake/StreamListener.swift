import Glibc
package import RiskModel
import Synchronization

/// Listens on a Unix stream socket and hands every line that a client sends to a sink.
///
/// One thread serves all clients by epoll. A turn reads at most ``bytesPerTurn`` bytes of one client, then the next has
/// its turn. When the sink waits, nothing is read from anybody: the socket buffers fill, and the shippers wait in turn.
///
/// A client that asks for it is told which of its lines are on disk. To others nothing is ever sent: bytes that they have
/// written and that were not read when the process dies are lost; ``stop()`` loses none. docs/specs/wire.md has it all.
package final class StreamListener: Sendable {
    /// The size of the read buffer, and the most that one client gets before the others.
    package static let bytesPerTurn = 256 * 1024
    /// How long ``run(sink:)`` waits after ``stop()`` for frames that a client wants acknowledged to be on disk.
    private static let syncDeadline = Duration.seconds(1)

    private let limits: StreamServer.Limits
    private let drainDeadline: Duration
    /// Until ``run(sink:)`` takes it.
    private let listening: Mutex<ListeningSocket?>
    private let stopping: Wakeup
    private let syncing: Wakeup
    private let counters = Mutex(IntakeStatistics())

    /// Binds the socket and listens on it.
    ///
    /// A socket file that nobody listens on is replaced. Two processes that start at once must be kept apart by a lock
    /// of their own. The file never has wider permissions than `mode`, at no moment.
    ///
    /// - Parameters:
    ///   - path: 1 to 107 bytes; the directory must exist.
    ///   - maximumConnections: a further client takes the place of the one that has been silent longest, if that is
    ///     `silence` at least; else it is closed at once and counted.
    ///   - silence: time without the end of a line.
    ///   - drainDeadline: how long ``run(sink:)`` goes on reading after ``stop()``, at most.
    package init(
        path: String, mode: UInt32 = 0o660, maximumConnections: Int = 1024, silence: Duration = .seconds(60),
        bytesPerTurn: Int = StreamListener.bytesPerTurn, drainDeadline: Duration = .seconds(10)
    ) throws(IntakeError) {
        stopping = try Wakeup()
        syncing = try Wakeup()
        listening = Mutex(try ListeningSocket(path: path, mode: mode))
        limits = StreamServer.Limits(connections: maximumConnections, silence: silence, bytesPerTurn: bytesPerTurn)
        self.drainDeadline = drainDeadline
    }

    /// Serves clients until ``stop()``; to be called once.
    ///
    /// Frames of one client reach the sink in order. After ``stop()`` the socket file is removed, clients can send no
    /// more (they get EPIPE), and what they had sent is read to its end and given to the sink. A sink that waits keeps
    /// this waiting too.
    ///
    /// - Throws: what the sink threw, or ``IntakeError``. Clients are then disconnected.
    package func run(sink: any AcknowledgingSink) throws {
        guard let socket = listening.withLock({ $0.take() }) else { preconditionFailure("run(sink:) is called once") }
        defer {
            counters.withLock {
                $0.connections = 0
                $0.acknowledgedConnections = 0
            }
        }
        sink.onDurable { [weak self] in self?.syncing.raise() }
        var server = try StreamServer(
            listener: socket, stopping: stopping.raw, syncing: syncing.raw, limits: limits, sink: sink)
        while !server.isStopping { try turn(&server, milliseconds: -1) }
        try server.shutDown()
        let deadline = ContinuousClock.now + drainDeadline
        while server.isReading, ContinuousClock.now < deadline { try turn(&server, milliseconds: 100) }
        let syncDeadline = min(deadline, .now + Self.syncDeadline)
        while server.isAwaitingSync, ContinuousClock.now < syncDeadline { try turn(&server, milliseconds: 100) }
    }

    private func turn(_ server: inout StreamServer, milliseconds: CInt) throws {
        try server.turn(milliseconds: milliseconds)
        counters.withLock { $0 = server.statistics }
    }

    /// Makes ``run(sink:)`` read what has arrived and return. From any thread, at any time.
    package func stop() {
        stopping.raise()
    }

    package var statistics: IntakeStatistics { counters.withLock { $0 } }
}
