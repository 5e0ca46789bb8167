package import RiskModel

/// Listens on a Unix stream socket for Fluent Bit, Fluentd and other clients of the Forward protocol, version 1, and hands
/// each record to a sink, as a line of JSON.
///
/// A client that asks for it (`require_ack_response`) is told of each message when all its frames are on disk; of what it sends
/// again nothing is stored twice. The handshake with a shared key is not offered: the socket's file says who may send.
/// docs/specs/wire.md has it all.
package final class ForwardListener: Sendable {
    /// The most that is read of one client before the others have their turn.
    private static let bytesPerTurn = 256 * 1024
    /// How much of unfinished messages is kept in memory, of all clients together.
    private static let unfinishedBytes = 64 << 20

    private let listener: ConnectionListener
    private let limits: ForwardDecoder.Limits
    private let trustedUsers: Set<UInt32>
    private let names: SessionNames

    /// Takes the socket from the service manager if it has it, else binds it; see ``StreamListener`` for what stands in the
    /// way, and for the other parameters.
    ///
    /// - Parameter silence: time without a record.
    package convenience init(
        path: String, mode: UInt32 = 0o660, inherited: InheritedSockets = .none, maximumConnections: Int = 1024,
        silence: Duration = .seconds(60), names: SessionNames = .plain, drainDeadline: Duration = .seconds(10)
    ) throws(IntakeError) {
        try self.init(
            socket: try ListeningSocket(path: path, mode: mode, kind: .stream, inherited: inherited),
            connections: ConnectionServer.Limits(
                connections: maximumConnections, silence: silence, bytesPerTurn: Self.bytesPerTurn),
            limits: ForwardDecoder.Limits(), names: names, drainDeadline: drainDeadline)
    }

    init(
        socket: consuming ListeningSocket, connections: ConnectionServer.Limits, limits: ForwardDecoder.Limits,
        names: SessionNames = .plain, drainDeadline: Duration
    ) throws(IntakeError) {
        self.names = names
        listener = try ConnectionListener(socket: socket, limits: connections, drainDeadline: drainDeadline)
        self.limits = limits
        trustedUsers = connections.trustedUsers
    }

    /// Serves clients until ``stop()``; to be called once.
    ///
    /// Frames of one client reach the sink in order. It ends as ``StreamListener`` does; a message that has come in part is
    /// dropped then, and not acknowledged.
    ///
    /// - Parameter report: is told why a client was disconnected, in words that name nothing of what it sent; at most once
    ///   a second.
    /// - Throws: what the sink threw, or ``IntakeError``. Clients are then disconnected.
    package func run(sink: any AcknowledgingSink, report: @escaping (String) -> Void = { _ in }) throws {
        let room = ForwardRoom(limit: Self.unfinishedBytes, trustedUsers: trustedUsers)
        let shared = ForwardConversation.Shared(limits: limits, room: room, names: names)
        try listener.run(
            sink: sink, source: .forward, converse: { ForwardConversation(shared, user: $0) }, report: report)
    }

    /// Makes ``run(sink:report:)`` read what has arrived and return. From any thread, at any time.
    package func stop() { listener.stop() }

    package var statistics: IntakeStatistics { listener.statistics }
}
