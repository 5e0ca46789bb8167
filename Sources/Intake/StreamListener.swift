package import RiskModel

/// Listens on a Unix stream socket and hands every line that a client sends to a sink.
///
/// One thread serves all clients. A turn reads at most ``bytesPerTurn`` bytes of one client, then the next has its turn.
/// When the sink waits, nothing is read from anybody: the socket buffers fill, and the shippers wait in turn.
///
/// A client that asks for it is told which of its lines are on disk. To others nothing is ever sent: bytes that they have
/// written and that were not read when the process dies are lost; ``stop()`` loses none. docs/specs/wire.md has it all.
package final class StreamListener: Sendable {
    /// The size of the read buffer, and the most that one client gets before the others.
    package static let bytesPerTurn = 256 * 1024

    private let listener: ConnectionListener
    private let names: SessionNames

    /// Takes the socket from the service manager if it has it, else binds it, and listens on it.
    ///
    /// A socket file that nobody listens on is replaced. Two processes that start at once must be kept apart by a lock
    /// of their own. The file never has wider permissions than `mode`, at no moment.
    ///
    /// - Parameters:
    ///   - path: 1 to 107 bytes; the directory must exist.
    ///   - maximumConnections: a further client takes the place of the one that has been silent longest, if that is
    ///     `silence` at least; else it is closed at once and counted. The same holds within half of it for one user's
    ///     clients, unless he is root or the process's own.
    ///   - silence: time without the end of a line.
    ///   - names: what the sink calls the clients' sessions.
    ///   - drainDeadline: how long ``run(sink:report:)`` goes on reading after ``stop()``, at most.
    package init(
        path: String, mode: UInt32 = 0o660, inherited: InheritedSockets = .none, maximumConnections: Int = 1024,
        silence: Duration = .seconds(60), bytesPerTurn: Int = StreamListener.bytesPerTurn,
        names: SessionNames = .plain, drainDeadline: Duration = .seconds(10)
    ) throws(IntakeError) {
        self.names = names
        listener = try ConnectionListener(
            socket: try ListeningSocket(path: path, mode: mode, kind: .stream, inherited: inherited),
            limits: ConnectionServer.Limits(
                connections: maximumConnections, silence: silence, bytesPerTurn: bytesPerTurn),
            drainDeadline: drainDeadline)
    }

    /// Serves clients until ``stop()``; to be called once.
    ///
    /// Frames of one client reach the sink in order. After ``stop()`` the socket file is removed, clients can send no
    /// more (they get EPIPE), and what they had sent is read to its end and given to the sink. A sink that waits keeps
    /// this waiting too. The file of an inherited socket stays, and who has not been accepted yet waits there for the
    /// next process.
    ///
    /// - Parameter report: is told why a client was refused, in words that name nothing of what it sent; at most once a
    ///   second.
    /// - Throws: what the sink threw, or ``IntakeError``. Clients are then disconnected.
    package func run(sink: any AcknowledgingSink, report: @escaping (String) -> Void = { _ in }) throws {
        try listener.run(
            sink: sink, source: .stream, converse: { [names] in StreamConversation(names: names, user: $0) },
            report: report)
    }

    /// Makes ``run(sink:report:)`` read what has arrived and return. From any thread, at any time.
    package func stop() { listener.stop() }

    package var statistics: IntakeStatistics { listener.statistics }
}
