import Glibc

/// The names in a folder at one moment.
struct FolderListing {
    struct Entry {
        var name: String
        var inode: UInt64
        fileprivate var type: Int

        var isFolder: Bool { type == Int(DT_DIR) }
        /// A folder, or what may stand for one.
        var mayBeFolder: Bool { isFolder || isSymbolicLink || type == Int(DT_UNKNOWN) }
        var isRegular: Bool { type == Int(DT_REG) }
        var isSymbolicLink: Bool { type == Int(DT_LNK) }
    }

    let path: String
    let entries: [Entry]
    private let status: FileStatus
    /// Whether the folder had been changed so shortly before that a change after it may bear the same time.
    private let isFresh: Bool

    /// - Parameter folder: what ``TrustedPath`` opened for the path.
    /// - Returns: `nil` where there is no folder that may be read; `errno` says why.
    init?(_ path: String, _ folder: borrowing Descriptor) {
        // Before the names: what comes after it changes the time again.
        guard let status = FileStatus(descriptor: folder.raw) else { return nil }
        guard status.isFolder else {
            errno = ENOTDIR
            return nil
        }
        // SAFETY: the name is a C string for the length of the call.
        let raw = unsafe openat(folder.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { return nil }
        // SAFETY: the stream owns the descriptor, if there is one.
        guard let stream = unsafe fdopendir(raw) else {
            close(raw)
            return nil
        }
        // SAFETY: the stream is open until here, and `closedir` is its last use.
        defer { unsafe _ = closedir(stream) }
        var entries: [Entry] = []
        while let entry = unsafe readdir(stream) {
            // SAFETY: the entry is valid until the next call, and its name ends with a zero; the name is copied. One that
            // is not UTF-8 could not be opened by its text.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(validatingCString: $0) }
            }
            guard let name, name != ".", name != ".." else { continue }
            unsafe entries.append(
                Entry(name: name, inode: UInt64(entry.pointee.d_ino), type: Int(entry.pointee.d_type)))
        }
        self.path = path
        self.entries = entries
        self.status = status
        isFresh = status.age < .seconds(2)
    }

    /// Whether the names may be others now.
    var isOutdated: Bool {
        guard !isFresh, let now = FileStatus(path: path) else { return true }
        return now.identity != status.identity || now.modified != status.modified
    }
}
