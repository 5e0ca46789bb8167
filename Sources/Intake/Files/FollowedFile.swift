import RiskModel

/// A file that is followed, whatever its names, and how far it was read. Belongs to the follower's thread.
final class FollowedFile {
    enum State {
        /// It is not known yet whose content it has.
        case unknown
        /// Its lines are read.
        case following(FileTrack)
        /// It holds what is, or was, read from another file. `own` remembers that, once all of it was read there and is on disk.
        case copy(of: FileTrack?, own: FileTrack?)
        /// It was put aside by a rotation, and nothing that ended before this generation has its content.
        case dormant(generation: Int)
    }

    let identity: FileIdentity
    /// The configured path by which it was found.
    private(set) var pattern: String
    private(set) var path: String
    private(set) var name: LogName
    /// The files among which one is read to its end before the next: those of one rotation.
    private(set) var family: String
    /// Whether it is read if it is not known, and not only if it holds the rest of what is.
    var readsWhole: Bool
    /// Whether what it holds now is not to be read.
    var startsAtEnd: Bool
    /// Whether the path is a symbolic link, which may stand for another file by and by.
    var isLink: Bool
    /// Whether the path, at the last look, was this file's.
    var isNamed = true
    /// Whether it was given a name that a rotation gives. Not any name: the inode may be that of a new file by now.
    private(set) var wasRenamed = false

    var descriptor: Descriptor?
    var watch: CInt?
    var status: FileStatus
    /// When content or size was last seen to change, by the file's own time at first.
    var lastChange: ContinuousClock.Instant
    /// When it was last needed open, by the count of such times.
    var lastOpen = 0
    /// Why it cannot be read now.
    var fault: String?

    var state = State.unknown
    /// Whether something has happened since it was last asked whose content it has.
    var isToIdentify = true
    /// Whether it stands in the queue of those that have something to read.
    var isReady = false
    /// Of a copy: up to where its original has its content, as far as that is known.
    var copiedBytes: UInt64?
    /// Of a copy that is not compressed: what it was when it was compared with its original.
    var copy: FileTrack?
    /// Up to where it was read.
    var position: UInt64 = 0
    /// Up to where it was looked at: behind `position` where the end of a line has not come.
    var examined: UInt64 = 0
    /// The last bytes before `position`, ``Fingerprint/tailBytes`` or all.
    var tail: [UInt8] = []
    var gzip = GzipProgress()

    init(sighting: FileSighting, status: FileStatus, now: ContinuousClock.Instant) {
        identity = status.identity
        pattern = sighting.pattern
        path = sighting.path
        name = LogName(path: sighting.path)
        family = Self.family(of: sighting.path, name)
        readsWhole = sighting.readsWhole
        startsAtEnd = sighting.startsAtEnd
        isLink = sighting.isLink
        self.status = status
        lastChange = now - status.age
    }

    /// Takes in under which path it was seen.
    ///
    /// - Returns: whether it has another name than before.
    func see(_ sighting: FileSighting) -> Bool {
        isNamed = true
        pattern = sighting.pattern
        isLink = sighting.isLink
        readsWhole = readsWhole || sighting.readsWhole
        guard sighting.path != path else { return false }
        path = sighting.path
        name = LogName(path: path)
        family = Self.family(of: path, name)
        wasRenamed = name.base != name.name
        track?.name = name
        return true
    }

    private static func family(of path: String, _ name: LogName) -> String {
        String(path.dropLast(name.name.count)) + name.base
    }

    var isCompressed: Bool { name.isCompressed }

    /// Whether it has left the place at which it was written.
    var isPutAside: Bool { !isNamed || status.links == 0 || wasRenamed || name.isPutAside }

    /// What is read of it.
    var track: FileTrack? {
        if case .following(let track) = state { track } else { nil }
    }

    /// What is to be remembered of it.
    var remembered: FileTrack? {
        switch state {
        case .following(let track): track
        case .copy(_, let own): own
        case .unknown, .dormant: nil
        }
    }

    /// Whether `position` is not the beginning of a line.
    var isMidLine: Bool { tail.last.map { $0 != UInt8(ascii: "\n") } ?? false }

    /// How much of it was not read.
    var lag: UInt64 {
        switch state {
        case .following: isCompressed ? (gzip.isComplete ? 0 : status.size) : status.size - min(position, status.size)
        case .unknown: startsAtEnd ? 0 : status.size
        case .copy, .dormant: 0
        }
    }

    /// Begins to read it as `track`, from where that has come.
    func follow(_ track: FileTrack, tail: [UInt8]) {
        state = .following(track)
        track.file = self
        track.identity = identity
        track.name = name
        position = track.resume
        examined = position
        self.tail = tail
    }

    /// Takes in that bytes were read up to `position`.
    func advance(to position: UInt64, reading bytes: Span<UInt8>) {
        self.position = position
        let kept = min(bytes.count, Fingerprint.tailBytes)
        tail.removeFirst(max(0, min(tail.count, tail.count + kept - Fingerprint.tailBytes)))
        tail.append(copying: bytes.extracting(last: kept))
    }
}

/// A path at which a file was seen, and what its entries say of it.
struct FileSighting {
    /// The configured path that stands for it.
    var pattern: String
    var path: String
    var readsWhole: Bool
    var startsAtEnd: Bool
    var isLink: Bool
}

/// Where the reading of a compressed file stands.
struct GzipProgress {
    /// What its beginning says it may be the rest of.
    struct Claim {
        var track: FileTrack
        /// The place up to which it must have the same content.
        var mark: Fingerprint.Mark
    }

    var reader: GzipReader?
    /// Decompressed and not yet cut into lines.
    var waiting: [UInt8] = []
    /// The last bytes that were decompressed.
    var tail: [UInt8] = []
    var claim: Claim?
    /// The sessions whose claim was found to be wrong.
    var refuted: Set<UInt64> = []
    /// Whether it was read to its end, or to where it is damaged; until it changes.
    var isComplete = false
}
