import Glibc

/// Why a socket could not be opened or served. The description says the remedy.
package enum IntakeError: Error, Equatable, Sendable {
    /// The path has no bytes, or more than `sun_path` holds beside its final zero (unix(7)).
    case pathLength(path: String)
    /// Somebody listens on this path.
    case inUse(path: String)
    /// Something that is not a socket has this path; it is left alone.
    case notASocket(path: String)
    case permissionDenied(path: String)
    case parentMissing(path: String)
    /// What the service manager says of the sockets that it hands over makes no sense (sd_listen_fds(3)).
    case listenVariables(String)
    /// A descriptor that the service manager hands over is no Unix socket that takes connections or datagrams.
    case inheritedNoListener(name: String)
    /// An inherited socket is of the other kind.
    case inheritedKind(name: String, expected: SocketKind)
    /// Any other failure of a system call; the path is empty where the call has none.
    case system(call: String, path: String, errno: CInt)

    /// What `code` of a system call on the socket at `path` means.
    init(call: String, path: String, errno code: CInt) {
        self =
            switch code {
            case EADDRINUSE: .inUse(path: path)
            case EACCES, EPERM, EROFS: .permissionDenied(path: path)
            case ENOENT, ENOTDIR: .parentMissing(path: path)
            default: .system(call: call, path: path, errno: code)
            }
    }
}

extension IntakeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .pathLength(let path):
            "the socket path \"\(path)\" has \(path.utf8.count) bytes; give one of 1 to \(SocketPath.maximumBytes) bytes"
        case .inUse(let path):
            "a running process listens on \(path); stop it, or configure another path"
        case .notASocket(let path):
            "\(path) exists and is not a socket; move it away, or configure another path"
        case .permissionDenied(let path):
            "no permission for the socket \(path); the directory must be writable and the file owned by this user"
        case .parentMissing(let path):
            "the directory of the socket \(path) does not exist; create it (systemd: RuntimeDirectory=)"
        case .listenVariables(let text):
            "\(text) in the environment is no number of sockets; systemd and systemd-socket-activate set it, nobody else should"
        case .inheritedNoListener(let name):
            "the inherited descriptor \(name) is not a listening Unix socket; "
                + "use ListenStream= or ListenDatagram= with a path, and Accept=no"
        case .inheritedKind(let name, let expected):
            "the inherited socket \(name) must be made by \(expected == .stream ? "ListenStream=" : "ListenDatagram=")"
        case .system(let call, let path, let code):
            // SAFETY: strerror returns a C string that stays valid until this thread's next call of it.
            "\(call) failed\(path.isEmpty ? "" : " for the socket \(path)"): \(unsafe String(cString: strerror(code))) (errno \(code))"
        }
    }
}
