internal import Glibc

/// Where entries of systemd's journal go.
package struct JournalSocket: Sendable {
    package static let systemPath = "/run/systemd/journal/socket"

    private let path: String

    package init(path: String = Self.systemPath) { self.path = path }

    /// Sends an entry.
    ///
    /// - Returns: 0, or the `errno`.
    package func send(_ entry: JournalEntry) -> CInt { Datagram.send(entry.bytes, to: path) }

    /// Whether the journal reads this process's standard error, by `$JOURNAL_STREAM` (systemd.exec(5)): then what is
    /// sent to its socket stands where the lines would.
    package static var hasStandardError: Bool {
        // SAFETY: nothing in the process changes its environment at the start; the text is copied.
        guard let text = unsafe getenv("JOURNAL_STREAM").map({ unsafe String(cString: $0) }) else { return false }
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false)
        var status = stat()
        // SAFETY: the call fills one `stat`.
        guard numbers.count == 2, let device = UInt64(numbers[0]), let inode = UInt64(numbers[1]),
            unsafe fstat(STDERR_FILENO, &status) == 0
        else { return false }
        return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }
}
