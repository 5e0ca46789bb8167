import Glibc

/// How many descriptors the process may have open (RLIMIT_NOFILE of getrlimit(2)).
package enum DescriptorLimit {
    /// What the spool, the database and everything but the connections may need.
    package static let reserved = 256

    /// Raises the soft limit, within the hard one, to what so many connections need beside ``reserved``.
    ///
    /// - Returns: how many connections there may be without anything else going short; at most `connections`, at least 1.
    package static func raise(for connections: Int) -> Int {
        var limit = rlimit()
        // SAFETY: here and below, the kernel reads or fills one rlimit.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return connections }
        let wanted = rlim_t(connections + reserved)
        if limit.rlim_cur < wanted {
            let before = limit.rlim_cur
            limit.rlim_cur = min(wanted, limit.rlim_max)
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = before }
        }
        let granted = Int(min(limit.rlim_cur, wanted))
        // Where there is little, half of it.
        return max(1, min(connections, granted - min(reserved, granted / 2)))
    }
}
