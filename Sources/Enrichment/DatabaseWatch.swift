internal import Glibc

/// Notices that database files were replaced, and when the new ones are ready to be read.
///
/// Each poll looks at the files (stat(2)) and compares them with their states as of the last report, or of the
/// beginning. A change is reported once everything that differs has *settled*:
///
/// - a file that is there must look the same in two polls running: one that is overwritten in place settles first;
/// - a file that is gone must stay away for ``absentPolls`` polls: some tools remove the old file before they move the
///   new one into its place.
///
/// What was reported counts as known from then on, whatever came of it: a file that could not be loaded is not
/// tried again until its state changes.
package struct DatabaseWatch: Sendable {
    private let paths: [String]
    private var settling: SettlingFiles

    /// Polls in which a file that was there must be missing before it counts as removed.
    package static let absentPolls = SettlingFiles.absentPolls

    /// Begins to watch. The files as they are now count as known: make the watch first, then load them.
    ///
    /// - Parameter paths: files, and folders of which the `*.mmdb` files count.
    package init(paths: [String]) {
        self.paths = paths
        settling = SettlingFiles(known: Self.look(at: paths))
    }

    /// Looks at the files; to be called every second or two.
    ///
    /// - Returns: the paths of the files that have changed, come or gone and have settled, sorted; empty where there is
    ///   nothing to load.
    package mutating func poll() -> [String] { settling.take(Self.look(at: paths)) }

    private static func look(at paths: [String]) -> [String: FileState] {
        var states: [String: FileState] = [:]
        for path in paths.flatMap(files) { states[path] = FileState(path: path) }
        return states
    }

    /// The file itself, or the databases in a folder.
    private static func files(_ path: String) -> [String] {
        guard let folder = unsafe opendir(path) else { return [path] }
        // SAFETY: the stream is open until here, and `closedir` is its last use.
        defer { unsafe closedir(folder) }
        var files: [String] = []
        while let entry = unsafe readdir(folder) {
            // SAFETY: readdir(3) gives a NUL-terminated name, which is copied before the next call.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name.hasSuffix(".mmdb") { files.append("\(path)/\(name)") }
        }
        return files
    }
}
