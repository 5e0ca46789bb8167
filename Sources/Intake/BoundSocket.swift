import Glibc

/// A listening Unix stream socket for a server that is not of this house.
package final class BoundSocket: Sendable {
    private let socket: ListeningSocket

    /// Takes the socket from the service manager if it has it, else binds it; see ``StreamListener`` for what stands in the way.
    package init(path: String, mode: UInt32, inherited: InheritedSockets = .none) throws(IntakeError) {
        socket = try ListeningSocket(path: path, mode: mode, kind: .stream, inherited: inherited)
    }

    /// Another descriptor of the socket, for the server to close.
    package func descriptor() throws(IntakeError) -> CInt {
        let copy = fcntl(socket.descriptor.raw, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw IntakeError(call: "fcntl", path: socket.path.path, errno: errno) }
        return copy
    }

    /// Removes the file, if it was made here.
    package func removeFile() { socket.removeFile() }
}
