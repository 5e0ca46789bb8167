import Glibc
import Intake
import Logging
import Settings

/// The sockets of the runtime directory: bound here, or handed over by the service manager, which keeps what waits in them while no
/// daemon runs.
struct Sockets: Sendable {
    /// Lines (docs/specs/wire.md).
    let stream: StreamListener
    /// An event each, JSON or syslog.
    let datagrams: DatagramListener
    /// Fluent Bit's and Fluentd's protocol.
    let forward: ForwardListener
    /// One question a connection.
    let control: ControlSocket
    /// HTTP.
    let api: BoundSocket

    /// Those that anybody can connect to: who he is decides what he may do, and three groups need them.
    private static let openMode: UInt32 = 0o666

    init(_ configuration: Configuration, inherited: InheritedSockets, connections: Int, logger: Logger) throws {
        let folder = configuration.runtimeDirectory
        let isActivated = !inherited.isEmpty
        let mode = configuration.socketMode
        let names = try SessionNames(path: configuration.stateDirectory + "/sessions.key")
        stream = try StreamListener(
            path: folder + "/events.sock", mode: mode, inherited: inherited, maximumConnections: connections,
            names: names)
        datagrams = try DatagramListener(path: folder + "/events.dgram", mode: mode, inherited: inherited)
        forward = try ForwardListener(
            path: folder + "/forward.sock", mode: mode, inherited: inherited, maximumConnections: connections,
            names: names)
        control = try ControlSocket(path: folder + "/control.sock", mode: Self.openMode, inherited: inherited)
        api = try BoundSocket(path: folder + "/api.sock", mode: Self.openMode, inherited: inherited)
        for socket in inherited.leftOver {
            logger.warning("the service manager hands over \(socket), which nothing takes; remove it from the unit")
        }
        if !isActivated { Self.give(folder, to: configuration.access.shippers, logger) }
    }

    /// Gives the sockets for events to the shippers' first group, where this user is in it. With socket units that is theirs to say.
    private static func give(_ folder: String, to groups: [String], _ logger: Logger) {
        guard let name = groups.first, let group = Access.groupNumber(of: name) else { return }
        for socket in ["events.sock", "events.dgram", "forward.sock"] {
            let path = "\(folder)/\(socket)"
            // SAFETY: the path is a C string for the length of the call.
            if unsafe lchown(path, .max, group) != 0 {
                logger.notice("\(socket) is not given to the group \(name): this user is not in it")
            }
        }
    }
}
