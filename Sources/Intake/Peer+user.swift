import Glibc

extension Peer {
    /// The effective user of the other end of a Unix socket when it connected (SO_PEERCRED, unix(7)), without a look at the
    /// system's list of users; `nil` where the kernel does not say.
    static func user(of descriptor: CInt) -> UInt32? {
        // Linux's `struct ucred`, which Glibc's module leaves out: process, user, group, each of 32 bits.
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, .max, .max)
        var length = socklen_t(MemoryLayout<(Int32, UInt32, UInt32)>.size)
        // SAFETY: the kernel writes at most `length` bytes, the size of the three numbers.
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        return credentials.uid
    }
}
