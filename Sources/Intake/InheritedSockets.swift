import Glibc
import Synchronization

/// The listening sockets that the service manager has opened and hands over: socket activation, sd_listen_fds(3).
///
/// They stay open in the service manager while the daemon is away: who connects or sends meanwhile waits, and nothing of it is
/// lost. Each way in takes its own, by the path that it is bound to, or by the name that the unit gives
/// (`FileDescriptorName=`). What nobody has taken is closed with this object; the service manager still has it.
package final class InheritedSockets: Sendable {
    fileprivate struct Socket {
        var descriptor: CInt
        var name: String
        /// What it is bound to; empty for a name that is not in the file system.
        var path: String
        var kind: SocketKind
    }

    /// The first one (SD_LISTEN_FDS_START).
    private static let first: CInt = 3
    /// More would be no service manager's doing.
    private static let maximumCount = 64

    private let sockets: Mutex<[Socket]>

    /// No socket is inherited.
    package static let none = InheritedSockets(sockets: [])

    private init(sockets: [Socket]) { self.sockets = Mutex(sockets) }

    deinit { for socket in sockets.withLock({ $0 }) { close(socket.descriptor) } }

    /// Takes what the environment speaks of, and removes that from it: to be called once, before there are other threads.
    ///
    /// No program that this one starts inherits the sockets in turn.
    ///
    /// - Throws: ``IntakeError/listenVariables(_:)``, ``IntakeError/inheritedNoListener(name:)``.
    package static func takeFromEnvironment() throws(IntakeError) -> InheritedSockets {
        let process = value("LISTEN_PID")
        let count = value("LISTEN_FDS")
        let names = value("LISTEN_FDNAMES")
        for variable in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
            // SAFETY: nobody else looks at the environment yet.
            unsafe _ = unsetenv(variable)
        }
        // What is meant for another process, a parent, is none of ours.
        guard let process, let count, process == String(getpid()) else { return none }
        guard let count = Int(count), (0...maximumCount).contains(count) else {
            throw .listenVariables("LISTEN_FDS=\(count)")
        }
        let given = names?.split(separator: ":", omittingEmptySubsequences: false).map(String.init) ?? []
        return try InheritedSockets(
            (0..<count).map { (first + CInt($0), $0 < given.count ? given[$0] : "") })
    }

    /// - Parameter descriptors: they are this object's from now on. A name may be empty.
    convenience init(_ descriptors: [(descriptor: CInt, name: String)]) throws(IntakeError) {
        self.init(sockets: [])
        for (i, (descriptor, name)) in descriptors.enumerated() {
            let socket = try Socket(descriptor, name: name.isEmpty ? "number \(i + 1)" : name)
            sockets.withLock { $0.append(socket) }
        }
    }

    /// Takes the socket that is bound to `path`, or else the one whose name is the last component of `path`.
    ///
    /// - Returns: its descriptor, which does not block and is the caller's to close; `nil` if it was not inherited.
    /// - Throws: ``IntakeError/inheritedKind(name:expected:)``.
    package func take(_ kind: SocketKind, path: String) throws(IntakeError) -> CInt? {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let taken = sockets.withLock { sockets -> Socket? in
            let place =
                sockets.firstIndex { Self.isSame($0.path, path) } ?? sockets.firstIndex { $0.name == name }
            return place.map { sockets.remove(at: $0) }
        }
        guard let taken else { return nil }
        guard taken.kind == kind else {
            close(taken.descriptor)
            throw .inheritedKind(name: taken.label, expected: kind)
        }
        return taken.descriptor
    }

    /// Whether there are none, or all were taken.
    package var isEmpty: Bool { sockets.withLock(\.isEmpty) }

    /// What nobody has taken, each by name and path: the unit speaks of something that the configuration does not.
    package var leftOver: [String] { sockets.withLock { $0.map(\.label) } }

    private static func value(_ variable: String) -> String? {
        // SAFETY: the text is copied before anybody changes the environment.
        unsafe getenv(variable).map { unsafe String(cString: $0) }
    }

    /// Whether two paths are one, or lead to the same file.
    private static func isSame(_ a: String, _ b: String) -> Bool {
        if a == b { return true }
        guard let a = try? SocketPath(a).status(), let b = try? SocketPath(b).status() else { return false }
        return a.identity == b.identity
    }
}

extension InheritedSockets.Socket {
    /// Looks at an inherited descriptor and makes it ours: no child inherits it, and it does not block.
    fileprivate init(_ descriptor: CInt, name: String) throws(IntakeError) {
        func option(_ option: CInt) -> CInt? {
            var value: CInt = 0
            var length = socklen_t(MemoryLayout<CInt>.size)
            // SAFETY: the kernel writes at most `length` bytes, the size of the number.
            return unsafe getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
        }
        // Socket options that Glibc's module leaves out (asm-generic/socket.h).
        let domain: CInt = 39
        guard option(domain) == AF_UNIX else { throw .inheritedNoListener(name: name) }
        switch option(SO_TYPE) {
        case SocketKind.stream.type where option(SO_ACCEPTCONN) == 1: kind = .stream
        case SocketKind.datagram.type: kind = .datagram
        default: throw .inheritedNoListener(name: name)
        }
        setFlags(descriptor)
        self.descriptor = descriptor
        self.name = name
        path = SocketPath.bound(descriptor)
    }

    fileprivate var label: String { path.isEmpty ? name : "\(name) (\(path))" }
}

/// Makes a descriptor close at exec, and not block.
private func setFlags(_ descriptor: CInt) {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}
