internal import Glibc

/// Which file stands behind a path.
package struct FileIdentity: Sendable, Hashable {
    private var device: UInt
    private var inode: UInt

    /// `nil` where no file can be found.
    package init?(path: String) {
        var status = stat()
        // SAFETY: the path is NUL-terminated for the call, which fills one `stat`.
        guard unsafe stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
    }

    /// How many bytes the file has; 0 where there is none.
    package static func bytes(path: String) -> Int {
        var status = stat()
        // SAFETY: as above.
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
