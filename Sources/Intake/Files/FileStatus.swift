import Glibc

/// Which file it is, as long as it exists: the name does not matter.
struct FileIdentity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
}

/// What stat(2) says of a file.
struct FileStatus: Equatable {
    var identity: FileIdentity
    var size: UInt64
    /// Seconds and nanoseconds.
    var modified: (Int, Int) { (modifiedSeconds, modifiedNanoseconds) }
    var modifiedSeconds: Int
    var modifiedNanoseconds: Int
    /// Names that the file has; 0 once it is deleted and only open.
    var links: Int
    var owner: UInt32
    var kind: UInt32

    var isRegular: Bool { kind == S_IFREG }
    var isFolder: Bool { kind == S_IFDIR }
    var isSymbolicLink: Bool { kind == S_IFLNK }

    private init(_ status: stat) {
        identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        size = UInt64(max(0, status.st_size))
        modifiedSeconds = status.st_mtim.tv_sec
        modifiedNanoseconds = status.st_mtim.tv_nsec
        links = Int(status.st_nlink)
        owner = status.st_uid
        kind = status.st_mode & S_IFMT
    }

    /// - Parameter followsLinks: whether what a symbolic link stands for is meant.
    /// - Returns: `nil` where there is nothing, or nothing that may be looked at; `errno` says why.
    init?(path: String, followsLinks: Bool = true) {
        var status = stat()
        // SAFETY: the call reads a C string and writes into `status` alone.
        guard unsafe followsLinks ? stat(path, &status) == 0 : lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: CInt) {
        var status = stat()
        // SAFETY: the call writes into `status` alone.
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// How long ago the file was written, by the wall clock; 0 for times ahead of it.
    var age: Duration {
        var now = timespec()
        // SAFETY: the call writes into `now` alone.
        unsafe _ = clock_gettime(CLOCK_REALTIME_COARSE, &now)
        let age = Duration.seconds(now.tv_sec - modifiedSeconds) + .nanoseconds(now.tv_nsec - modifiedNanoseconds)
        return max(.zero, age)
    }
}
