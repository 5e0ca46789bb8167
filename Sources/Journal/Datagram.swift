internal import Glibc

/// A datagram to a Unix socket that nobody holds open: the journal's, the service manager's.
enum Datagram {
    /// Sends, and waits at most five seconds where the receiver has no room.
    ///
    /// - Parameter path: a name that begins with `@` is in the abstract name space (unix(7)).
    /// - Returns: 0, or the `errno`.
    static func send(_ bytes: [UInt8], to path: String) -> CInt {
        guard !path.isEmpty, path.utf8.count < 108 else { return ENAMETOOLONG }
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        // SAFETY: the kernel reads one timeval.
        unsafe _ = setsockopt(
            descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        // SAFETY: the name is shorter than the field; the kernel copies the address and the bytes before the call
        // returns.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                while true {
                    let sent = unsafe sendto(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL), address, length)
                    if sent == bytes.count { return 0 }
                    if sent < 0, errno == EINTR { continue }
                    return sent < 0 ? errno : EMSGSIZE
                }
            }
        }
    }
}
