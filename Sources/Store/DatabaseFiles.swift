/// The three files of an open database, to notice when one is not the one that was opened.
///
/// SQLite goes on writing to a file that was unlinked or renamed, and a `-wal` or `-shm` that others make anew beside ours
/// damages the database (<https://www.sqlite.org/howtocorrupt.html#unlinking_or_renaming_a_database_file_while_in_use>).
struct DatabaseFiles: Sendable {
    private let path: String
    private let opened: [FileIdentity?]

    /// Notes the files as they stand now: right after opening, in WAL mode.
    init(path: String) {
        self.path = path
        opened = Self.identities(path)
    }

    /// - Throws: ``StoreError/replaced(path:)``. Costs three calls of `stat`.
    func check() throws {
        if Self.identities(path) != opened { throw StoreError.replaced(path: path) }
    }

    /// Whether a path leads to one of them, by whatever name.
    func include(_ path: String) -> Bool {
        FileIdentity(path: path).map { opened.contains($0) } ?? false
    }

    /// The size of the write-ahead log.
    var walBytes: Int { FileIdentity.bytes(path: path + "-wal") }

    private static func identities(_ path: String) -> [FileIdentity?] {
        ["", "-wal", "-shm"].map { FileIdentity(path: path + $0) }
    }
}
