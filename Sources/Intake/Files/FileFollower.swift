import Glibc
package import RiskModel
import Synchronization

/// Follows log files: hands every line that is written to them to a sink, each once.
///
/// A file is known by its inode while the follower runs, and by its content from one run to the next, or where a rotation
/// makes another file of it. Each content has a session of its own, and a line's ordinal in it is the place in the file at
/// which the line ends. So the spool itself knows what it has; a state file remembers the sessions, and from where on to
/// read. docs/files.md has what is guaranteed, and what is not.
///
/// One thread serves all files. A turn reads at most ``Limits/bytesPerTurn`` of one, then the next has its turn. When the
/// sink waits, nothing is read.
package final class FileFollower: Sendable {
    package struct Limits: Sendable {
        /// Files that are followed at one time; further ones are left out and counted.
        package var files = 16_384
        /// Files that are open at one time; the one that was read the longest ago is closed, and opened again when it grows.
        package var openFiles = 1024
        /// What one file gets before the others.
        package var bytesPerTurn = 256 * 1024
        /// What may be read between two saves of the state. The spool must remember sessions for at least so much.
        package var unsavedBytes = 64 << 20
        /// How long a file that was put aside must not have changed before its last line counts without a newline, and
        /// before a compressed one is looked into.
        package var settling = Duration.seconds(5)
        /// How long a file without a name must not have changed before it is let go.
        package var release = Duration.seconds(60)
        /// How often the state is saved, at most, while files grow.
        package var saveInterval = Duration.seconds(1)
        /// How often files without a watch are looked at, and places that may hold another file.
        package var pollInterval = Duration.milliseconds(500)
        /// How often everything is looked at, for what no watch has told.
        package var fullPollInterval = Duration.seconds(10)

        package init() {}
    }

    private let limits: Limits
    private let statePath: String
    private let ownFolders: [String]
    private let ownFiles: [String]
    private let onNotice: @Sendable (FollowNotice) -> Void
    private let stopping: Wakeup
    private let reloading: Wakeup
    /// The paths to be followed, and whether ``run(sink:)`` knows them.
    private let paths: Mutex<(current: [FollowedPath], isNew: Bool)>
    private let counters = Mutex(FollowStatistics())

    /// - Parameters:
    ///   - state: the path of the state file; its folder must exist, and nobody else write it.
    ///   - ownFolders: absolute paths of folders whose files are never followed: the daemon's own. A link into the spool
    ///     would feed the spool with itself.
    ///   - ownFiles: absolute paths of further files that are never followed, under whatever name: the database with what
    ///     SQLite puts beside it, keys, tokens. They need not exist.
    ///   - onNotice: called on the follower's thread with what the log should say.
    package init(
        paths: [FollowedPath], state: String, ownFolders: [String], ownFiles: [String] = [],
        limits: Limits = Limits(),
        onNotice: @escaping @Sendable (FollowNotice) -> Void = { _ in }
    ) throws(IntakeError) {
        self.limits = limits
        self.ownFolders = ownFolders
        self.ownFiles = ownFiles
        self.onNotice = onNotice
        statePath = state
        self.paths = Mutex((paths, true))
        stopping = try Wakeup()
        reloading = try Wakeup()
    }

    /// Follows until ``stop()``; to be called once.
    ///
    /// Lines of one file reach the sink in order. After ``stop()`` nothing more is read: what was read is in the sink, and
    /// as far as that has it on disk within a second, the state says so.
    ///
    /// - Throws: what the sink threw, ``FollowError`` where the state cannot be read, or ``IntakeError``.
    package func run(sink: any AcknowledgingSink) throws {
        defer {
            counters.withLock {
                $0.files = 0
                $0.openFiles = 0
            }
        }
        let server = try FollowServer(
            statePath: statePath, ownFolders: ownFolders, ownFiles: ownFiles, limits: limits, sink: sink,
            stopping: stopping.raw, reloading: reloading.raw, onNotice: onNotice)
        while !server.isStopping {
            let new = paths.withLock { paths in
                defer { paths.isNew = false }
                return paths.isNew ? paths.current : nil
            }
            if let new { server.follow(new) }
            try server.turn()
            counters.withLock { $0 = server.statistics }
        }
        server.finish()
        counters.withLock { $0 = server.statistics }
    }

    /// Follows other paths from now on. Files that are no longer among them are let go where they stand; should they come
    /// back, they go on there. From any thread, at any time.
    package func follow(_ paths: [FollowedPath]) {
        self.paths.withLock { $0 = (paths, true) }
        reloading.raise()
    }

    /// Makes ``run(sink:)`` return. From any thread, at any time.
    package func stop() { stopping.raise() }

    package var statistics: FollowStatistics { counters.withLock { $0 } }
}
