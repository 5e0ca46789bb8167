import Glibc

/// A Unix socket that takes what is sent to its path: bound here, or inherited from the service manager.
struct ListeningSocket: ~Copyable, Sendable {
    let descriptor: Descriptor
    let path: SocketPath
    /// Of the file that was made here; `nil` for an inherited socket, whose file is its owner's.
    private let identity: SocketPath.Identity?

    /// Takes the socket from the service manager if it has it, else binds it; one of streams listens then.
    ///
    /// A socket file that nobody listens on is replaced. Two processes that start at once must be kept apart by a lock
    /// of their own. The file never has wider permissions than `mode`, at no moment.
    init(
        path: String, mode: UInt32, kind: SocketKind = .stream, inherited: InheritedSockets = .none
    ) throws(IntakeError) {
        let place = try SocketPath(path)
        if let raw = try inherited.take(kind, path: path) {
            self.path = place
            identity = nil
            descriptor = Descriptor(raw)
            return
        }
        try place.removeStale()
        let socket = try SocketPath.makeSocket(path: path, kind: kind)
        // On Linux a bound file gets the mode of the socket less the umask; chmod then adds what the umask took.
        guard fchmod(socket.raw, mode) == 0 else { throw IntakeError(call: "fchmod", path: path, errno: errno) }
        // SAFETY: the kernel copies the address before the call returns.
        let code = unsafe place.withAddress { address, length in
            unsafe bind(socket.raw, address, length) == 0 ? 0 : errno
        }
        guard code == 0 else { throw IntakeError(call: "bind", path: path, errno: code) }
        // SAFETY: here and below, the path is a C string for the length of the call.
        guard let bound = try place.status(), unsafe chmod(path, mode) == 0,
            kind == .datagram || listen(socket.raw, SOMAXCONN) == 0
        else {
            let code = errno
            unsafe _ = unlink(path)
            throw IntakeError(call: "listen", path: path, errno: code)
        }
        self.path = place
        identity = bound.identity
        descriptor = socket
    }

    /// Whether the socket, and what waits in it, outlives this process.
    var isInherited: Bool { identity == nil }

    /// Removes the socket's file, unless another one has taken its place, or it is not this process's to remove.
    func removeFile() { if let identity { path.removeIfStill(identity) } }

    deinit { removeFile() }
}
