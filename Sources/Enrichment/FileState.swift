internal import Glibc

/// What tells one state of a file from another without reading it (stat(2)).
///
/// The time of the last change of the inode is part of it: that time cannot be set back, so it shows a file that was
/// overwritten and given its old modification time, and one that has become readable.
struct FileState: Sendable, Hashable {
    var device: UInt64
    var inode: UInt64
    var bytes: Int
    var modified: Moment
    var changed: Moment

    /// A time of the file system; coarse, as the kernel's clock ticks.
    struct Moment: Sendable, Hashable {
        var seconds: Int
        var nanoseconds: Int
    }
}

extension FileState.Moment {
    init(_ time: timespec) { self.init(seconds: time.tv_sec, nanoseconds: time.tv_nsec) }

    /// The time that a change of a file would get now.
    static var now: Self {
        var time = timespec()
        // SAFETY: clock_gettime(2) writes to `time` alone.
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Self(time)
    }
}

extension FileState {
    init(_ status: stat) {
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), bytes: Int(status.st_size),
            modified: Moment(status.st_mtim), changed: Moment(status.st_ctim))
    }

    /// The state of the file at `path`, behind symbolic links; `nil` where there is none that can be looked at.
    init?(path: String) {
        var status = stat()
        // SAFETY: stat(2) writes to `status` alone.
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// The state of an open file; `nil` where it cannot be had.
    init?(descriptor: CInt) {
        var status = stat()
        // SAFETY: fstat(2) writes to `status` alone.
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }
}
