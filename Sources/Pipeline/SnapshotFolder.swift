import Glibc

/// The snapshots of a spool, named for the last frame that is in them.
///
/// The two newest that the database has caught up with are kept: should the newer one turn out to be damaged, the older
/// one and the spool give the same state.
package struct SnapshotFolder: Sendable {
    package static let kept = 2

    package let path: String

    /// Makes the folder where there is none, and removes what an interrupted writer left.
    package init(path: String) throws(SnapshotError) {
        self.path = path
        // SAFETY: here and below, strings are C strings for the length of the call.
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .system(call: "mkdir", path: path, errno: errno)
        }
        for name in try names() where name.hasSuffix(Self.unfinished) { unsafe _ = unlink("\(path)/\(name)") }
    }

    /// The snapshots that are there, newest first.
    package func snapshots() throws(SnapshotError) -> [(seq: UInt64, path: String)] {
        try names().compactMap { name in Self.seq(name).map { ($0, "\(path)/\(name)") } }.sorted { $0.seq > $1.seq }
    }

    /// Where a snapshot is written until it is whole and the database has caught up with it.
    package func unfinishedPath(seq: UInt64) -> String { "\(path)/\(Self.name(seq))\(Self.unfinished)" }

    /// Gives a finished snapshot its name, durably, and removes those that are too old.
    ///
    /// - Returns: the oldest frame that a start from any of the kept snapshots needs, less one; 0 where fewer are there
    ///   than are to be kept.
    package func publish(seq: UInt64) throws(SnapshotError) -> UInt64 {
        let final = "\(path)/\(Self.name(seq))"
        guard unsafe rename(unfinishedPath(seq: seq), final) == 0 else {
            throw .system(call: "rename", path: final, errno: errno)
        }
        try sync()
        // Those with higher numbers belong to another database; they do not count.
        let usable = try snapshots().filter { $0.seq <= seq }
        for snapshot in usable.dropFirst(Self.kept) { unsafe _ = unlink(snapshot.path) }
        return usable.count < Self.kept ? 0 : usable[Self.kept - 1].seq
    }

    /// What a start from any of the snapshots that `applied` has caught up with needs, as in ``publish(seq:)``.
    package func releasable(applied: UInt64) throws(SnapshotError) -> UInt64 {
        let usable = try snapshots().filter { $0.seq <= applied }
        return usable.count < Self.kept ? 0 : usable[Self.kept - 1].seq
    }

    /// Removes every snapshot but one, those that are unfinished too, durably.
    package func removeAll(but seq: UInt64) throws(SnapshotError) {
        for name in try names() where name.hasSuffix(Self.unfinished) || Self.seq(name).map({ $0 != seq }) ?? false {
            guard unsafe unlink("\(path)/\(name)") == 0 || errno == ENOENT else {
                throw .system(call: "unlink", path: "\(path)/\(name)", errno: errno)
            }
        }
        try sync()
    }

    private func sync() throws(SnapshotError) {
        let folder = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .system(call: "open", path: path, errno: errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .system(call: "fsync", path: path, errno: errno) }
    }

    private func names() throws(SnapshotError) -> [String] {
        // SAFETY: the stream is closed before the function ends, and a name is copied before the next is read.
        guard let stream = unsafe opendir(path) else { throw .system(call: "opendir", path: path, errno: errno) }
        defer { unsafe _ = closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            names.append(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
                })
        }
        return names
    }

    private static let suffix = ".snapshot"
    private static let unfinished = ".new"

    private static func name(_ seq: UInt64) -> String {
        let digits = String(seq)
        return String(repeating: "0", count: 20 - digits.count) + digits + suffix
    }

    private static func seq(_ name: String) -> UInt64? {
        guard name.utf8.count == 20 + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
        return UInt64(name.dropLast(suffix.utf8.count))
    }
}
