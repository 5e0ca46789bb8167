import Glibc

/// The place of a Unix socket in the file system.
struct SocketPath: Sendable {
    /// `sun_path` has 108 bytes, the last of them zero (unix(7)).
    static let maximumBytes = 107

    let path: String

    init(_ path: String) throws(IntakeError) {
        guard (1...Self.maximumBytes).contains(path.utf8.count) else { throw .pathLength(path: path) }
        self.path = path
    }

    /// A file's identity: another file that took over the path differs in it.
    struct Identity: Equatable, Sendable {
        var device: dev_t
        var inode: ino_t
    }

    /// What stands at the path now, without following a symbolic link; `nil` if nothing does.
    func status() throws(IntakeError) -> (identity: Identity, isSocket: Bool)? {
        var status = stat()
        // SAFETY: lstat writes only into `status`, which lives longer than the call.
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw IntakeError(call: "lstat", path: path, errno: errno)
        }
        return (Identity(device: status.st_dev, inode: status.st_ino), status.st_mode & S_IFMT == S_IFSOCK)
    }

    /// Removes the socket that a dead process left at the path.
    ///
    /// A connection tells a live socket from a dead one: nobody listens where it is refused (connect(2)). EPROTOTYPE says
    /// that a socket of another kind is alive.
    func removeStale() throws(IntakeError) {
        guard let found = try status() else { return }
        guard found.isSocket else { throw .notASocket(path: path) }
        let probe = try Self.makeSocket(path: path)
        // SAFETY: the kernel copies the address before the call returns.
        let code = unsafe withAddress { address, length in
            unsafe Glibc.connect(probe.raw, address, length) == 0 ? 0 : errno
        }
        switch code {
        case ECONNREFUSED: removeIfStill(found.identity)
        case ENOENT: return
        case 0, EAGAIN, EPROTOTYPE, EINPROGRESS: throw .inUse(path: path)
        default: throw IntakeError(call: "connect", path: path, errno: code)
        }
    }

    /// Removes the file at the path unless another one has taken its place.
    func removeIfStill(_ identity: Identity) {
        // SAFETY: the path is a C string for the length of the call.
        if let found = try? status(), found.identity == identity { unsafe _ = unlink(path) }
    }

    /// A non-blocking connection to whoever listens on the path.
    func connect() throws(IntakeError) -> Descriptor {
        let socket = try Self.makeSocket(path: path)
        // SAFETY: the kernel copies the address before the call returns.
        let code = unsafe withAddress { address, length in
            unsafe Glibc.connect(socket.raw, address, length) == 0 ? 0 : errno
        }
        guard code == 0 else { throw IntakeError(call: "connect", path: path, errno: code) }
        return socket
    }

    /// A non-blocking Unix socket.
    static func makeSocket(path: String, kind: SocketKind = .stream) throws(IntakeError) -> Descriptor {
        let raw = socket(AF_UNIX, kind.type | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw IntakeError(call: "socket", path: path, errno: errno) }
        return Descriptor(raw)
    }

    /// The path that a socket is bound to; empty if it has none in the file system.
    static func bound(_ descriptor: CInt) -> String {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        // SAFETY: the kernel writes at most `length` bytes into the address.
        let code = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { return "" }
        // SAFETY: `sun_path` is 108 bytes of plain memory, which are copied.
        let bytes = unsafe withUnsafeBytes(of: &address.sun_path) { unsafe Array($0) }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Calls `body` with the path as a socket address.
    func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: init has checked that the path fits with its zero; the address lives as long as the closure runs.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        return unsafe withUnsafePointer(to: address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
