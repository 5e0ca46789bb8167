import Glibc

/// Whoever is at the other end of a control connection, as the kernel knows him.
package struct ControlPeer: Sendable, Hashable {
    /// The effective user when he connected.
    package let uid: UInt32
    /// The user's name, where the system has one.
    package let name: String?

    package init(uid: UInt32, name: String?) {
        self.uid = uid
        self.name = name
    }

    /// Asks the kernel (SO_PEERCRED, unix(7)); `nil` where it does not say.
    init?(of descriptor: CInt) {
        // Linux's `struct ucred`, which Glibc's module leaves out: process, user, group, each of 32 bits.
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, .max, .max)
        var length = socklen_t(MemoryLayout<(Int32, UInt32, UInt32)>.size)
        // SAFETY: the kernel writes at most `length` bytes, the size of the three numbers.
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        self.init(uid: credentials.uid, name: Self.userName(credentials.uid))
    }

    private static func userName(_ uid: UInt32) -> String? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        // SAFETY: the texts of `entry` stand in `buffer`, which lives until they are copied.
        return unsafe buffer.withUnsafeMutableBufferPointer { bytes in
            guard unsafe getpwuid_r(uid, &entry, bytes.baseAddress.unsafelyUnwrapped, bytes.count, &found) == 0,
                unsafe found != nil, let name = unsafe entry.pw_name
            else { return nil }
            return unsafe String(cString: name)
        }
    }
}
