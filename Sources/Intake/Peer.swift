import Glibc

/// Whoever is at the other end of a Unix socket, as the kernel knows him.
package struct Peer: Sendable, Hashable {
    /// The effective user when he connected.
    package let uid: UInt32
    /// The user's name, where the system has one.
    package let name: String?
    /// The groups that he had when he connected, the effective one first.
    package let groups: [UInt32]

    package init(uid: UInt32, name: String?, groups: [UInt32] = []) {
        self.uid = uid
        self.name = name
        self.groups = groups
    }

    /// Asks the kernel (SO_PEERCRED and SO_PEERGROUPS, unix(7)); `nil` where it does not say.
    package init?(of descriptor: CInt) {
        // Linux's `struct ucred`, which Glibc's module leaves out: process, user, group, each of 32 bits.
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, .max, .max)
        var length = socklen_t(MemoryLayout<(Int32, UInt32, UInt32)>.size)
        // SAFETY: the kernel writes at most `length` bytes, the size of the three numbers.
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        self.init(
            uid: credentials.uid, name: Self.userName(credentials.uid),
            groups: [credentials.gid] + Self.supplementaryGroups(descriptor))
    }

    private static func supplementaryGroups(_ descriptor: CInt) -> [UInt32] {
        // SO_PEERGROUPS, which Glibc's module leaves out (asm-generic/socket.h of Linux 4.13).
        let peerGroups: CInt = 59
        var groups = [UInt32](repeating: 0, count: 64)
        while true {
            var length = socklen_t(groups.count * 4)
            // SAFETY: the kernel writes at most `length` bytes into the array that is borrowed for the call.
            let code = unsafe getsockopt(descriptor, SOL_SOCKET, peerGroups, &groups, &length)
            if code == 0 { return Array(groups.prefix(Int(length) / 4)) }
            // With ERANGE it says how much room is needed; a user has 65,536 groups at most (NGROUPS_MAX).
            guard errno == ERANGE, Int(length) / 4 > groups.count, length <= 4 * 65_536 else { return [] }
            groups = [UInt32](repeating: 0, count: Int(length) / 4)
        }
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
