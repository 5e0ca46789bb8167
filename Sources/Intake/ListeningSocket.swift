import Glibc

/// A bound and listening Unix stream socket, with the file that leads to it.
struct ListeningSocket: ~Copyable, Sendable {
    let descriptor: Descriptor
    let path: SocketPath
    private let identity: SocketPath.Identity

    /// Binds the socket and listens on it.
    ///
    /// A socket file that nobody listens on is replaced. Two processes that start at once must be kept apart by a lock
    /// of their own. The file never has wider permissions than `mode`, at no moment.
    init(path: String, mode: UInt32) throws(IntakeError) {
        let place = try SocketPath(path)
        try place.removeStale()
        let socket = try SocketPath.makeSocket(path: path)
        // On Linux a bound file gets the mode of the socket less the umask; chmod then adds what the umask took.
        guard fchmod(socket.raw, mode) == 0 else { throw IntakeError(call: "fchmod", path: path, errno: errno) }
        // SAFETY: the kernel copies the address before the call returns.
        let code = unsafe place.withAddress { address, length in
            unsafe bind(socket.raw, address, length) == 0 ? 0 : errno
        }
        guard code == 0 else { throw IntakeError(call: "bind", path: path, errno: code) }
        // SAFETY: here and below, the path is a C string for the length of the call.
        guard let bound = try place.status(), unsafe chmod(path, mode) == 0, listen(socket.raw, SOMAXCONN) == 0 else {
            let code = errno
            unsafe _ = unlink(path)
            throw IntakeError(call: "listen", path: path, errno: code)
        }
        self.path = place
        identity = bound.identity
        descriptor = socket
    }

    /// Removes the socket's file, unless another one has taken its place.
    func removeFile() { path.removeIfStill(identity) }

    deinit { removeFile() }
}
