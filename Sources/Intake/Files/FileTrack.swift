import RiskModel

/// How far the content of one file was read. Goes with the content, from name to name and from inode to inode.
final class FileTrack {
    /// The session of its lines in the spool; never 0.
    let session: UInt64
    /// The last component of the path under which the file was last seen.
    var name: LogName
    /// The file as of the last save. An inode may be another file's by now, so the content must agree.
    var identity: FileIdentity
    /// Hash of the first bytes; 0 where the file had too few.
    private(set) var key: UInt64 = 0
    /// The beginning of the file, as far as it was known.
    private(set) var head = Fingerprint.Mark()
    /// Up to where everything is in the spool and on disk.
    var durable: Fingerprint.Mark
    /// Up to where everything was given to the sink.
    var live: Fingerprint.Mark
    /// Whether two lines of it are known at least. A single one may be the head line that all files of a program have.
    private(set) var hasTwoLines = false
    /// Whether the file is a copy of what was read from another; nothing was read from it.
    let isCopy: Bool
    private var hasLine = false
    /// The file that has the content; `nil` where none is known to.
    weak var file: FollowedFile?
    /// Whether `identity` is a hint where to find the file: it was there when it was last followed.
    var isFoundByInode = false
    /// Whether the state on disk has it. Before that none of its lines may be read.
    var isSaved = false
    /// Where reading goes on: `live`, or behind it, where the spool has more than the state knew.
    var resume: UInt64

    /// - Parameter session: by default a new one.
    init(
        session: UInt64 = .random(in: 1 ... .max), name: LogName, identity: FileIdentity, at mark: Fingerprint.Mark,
        isCopy: Bool = false
    ) {
        self.session = session
        self.name = name
        self.identity = identity
        self.isCopy = isCopy
        durable = mark
        live = mark
        resume = mark.offset
    }

    /// Whether a file with the same content must be the same log, and not one that only begins like it.
    var isUnmistakable: Bool { hasTwoLines && key != 0 && !isCopy }

    /// Counts a line that was read.
    func countLine() {
        if hasLine { hasTwoLines = true }
        hasLine = true
    }

    /// Takes in what the file begins with.
    func know(_ beginning: [UInt8], _ fingerprint: Fingerprint) {
        head = fingerprint.head(beginning)
        key = fingerprint.key(beginning)
        let newlines = beginning.prefix(Int(head.offset)).lazy.filter { $0 == UInt8(ascii: "\n") }.prefix(2)
        if newlines.count == 2 { hasTwoLines = true }
    }

    /// Takes in what an earlier run knew.
    func restore(key: UInt64, head: Fingerprint.Mark, hasTwoLines: Bool) {
        self.key = key
        self.head = head
        self.hasTwoLines = hasTwoLines
        isFoundByInode = true
        isSaved = true
    }
}
