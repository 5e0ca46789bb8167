import Glibc
import RiskModel

/// The files of a follower, and what a turn does with them. Belongs to the thread that runs it.
///
/// A file comes in by a scan of the folders, is then identified, that is, found to be new or to have the content of a
/// track, and is read from there on whenever it has grown.
final class FollowServer {
    /// Notices of single files between two full polls.
    static let noticesPerPoll = 20
    /// Turns between two looks at what has changed.
    private static let turnsPerRound = 64
    /// How often it is tried again where the state could not be saved.
    static let retryInterval = Duration.seconds(1)
    /// Tracks without a file that are remembered; the oldest go first.
    static let keptTracks = 4096

    let limits: FileFollower.Limits
    let statePath: String
    let ownFolders: [String]
    let ownFiles: [String]
    let sink: any AcknowledgingSink
    private let onNotice: @Sendable (FollowNotice) -> Void
    private let stopping: CInt
    private let reloading: CInt
    private var queue: EventQueue
    private(set) var isStopping = false

    var paths: [(path: FollowedPath, pattern: PathPattern)] = []
    let watch = FileWatch()
    /// What a watch is of; a folder's has no file.
    var watched: [CInt: FollowedFile?] = [:]
    var folderWatches: [String: CInt] = [:]
    var listings: [String: FolderListing] = [:]
    /// Folders that were not there, or could not be read.
    var missing: Set<String> = []
    var files: [FileIdentity: FollowedFile] = [:]
    /// From how many open files on some are closed.
    var openFilesToClose: Int
    /// How often a file was needed open.
    var opens = 0
    var identities: [String: FileIdentity] = [:]

    let fingerprint: Fingerprint
    /// The patterns whose files were looked for before.
    var knownPatterns: Set<String>
    /// The tracks whose file is not known, the oldest first.
    var pool: [FileTrack]
    /// Grows when a track loses its file.
    var generation = 0
    /// The tracks that have lost their file since others were asked whether they have the content.
    var lost: [FileTrack] = []

    var ready: [FollowedFile] = []
    var toIdentify: [FollowedFile] = []
    /// Those that no inode has given away.
    var toCompare: [FollowedFile] = []
    /// The tracks that a file may turn out to be, for one turn.
    var index = TrackIndex()
    /// It must stay open while others are opened to be compared with it.
    var beingIdentified: FollowedFile?
    var isScanDue = true
    /// Whether the scan that is due must look at everything, and not only at what has changed.
    var isScanWhole = true
    /// Whether the paths were changed since the last scan.
    var isReloaded = false
    var nextScan = ContinuousClock.now
    var nextPoll = ContinuousClock.now
    var nextFullPoll = ContinuousClock.now
    var now = ContinuousClock.now

    /// The highest number that the sink gave.
    var lastSequence: UInt64 = 0
    var dirty: [FileTrack] = []
    var checkpoint: Checkpoint?
    var unsavedBytes = 0
    /// Whether the state has to be saved before anything is read.
    var mustSave = false
    var nextSave = ContinuousClock.now
    /// When new tracks are saved though more of them come in.
    var nextNewSave = ContinuousClock.now
    var isSaveFailing = false

    var statistics = FollowStatistics()
    private var nextStatistics = ContinuousClock.now
    /// How many notices of single files there may be until the next full poll.
    var noticesLeft = FollowServer.noticesPerPoll
    private var isWithoutWatches = false
    private var hadTooMany = false
    var buffer: [UInt8]

    init(
        statePath: String, ownFolders: [String], ownFiles: [String], limits: FileFollower.Limits,
        sink: any AcknowledgingSink, stopping: CInt, reloading: CInt,
        onNotice: @escaping @Sendable (FollowNotice) -> Void
    ) throws {
        let state = try FollowState.load(path: statePath)
        self.statePath = statePath
        self.ownFolders = ownFolders
        self.ownFiles = ownFiles
        self.limits = limits
        openFilesToClose = limits.openFiles
        self.sink = sink
        self.stopping = stopping
        self.reloading = reloading
        self.onNotice = onNotice
        fingerprint = Fingerprint(seed: state?.seed ?? .random(in: 1 ... .max))
        knownPatterns = state?.patterns ?? []
        pool = state?.tracks ?? []
        for track in pool { track.resume = max(track.resume, sink.lastOrdinal(of: track.session) ?? 0) }
        queue = try EventQueue(capacity: 8)
        buffer = [UInt8](repeating: 0, count: limits.bytesPerTurn + Fingerprint.tailBytes)
        guard queue.add(stopping), queue.add(reloading) else {
            throw IntakeError(call: "epoll_ctl", path: "", errno: errno)
        }
        if let raw = watch.raw { _ = queue.add(raw) }
    }

    /// Follows other paths from the next turn on.
    func follow(_ paths: [FollowedPath]) {
        self.paths = paths.map { ($0, PathPattern($0.pattern)) }
        knownPatterns.formIntersection(paths.map(\.pattern))
        isReloaded = true
        isScanDue = true
        isScanWhole = true
        nextScan = now
    }

    /// Waits until something has changed, or is due, and deals with it.
    func turn() throws {
        let count = try queue.wait(milliseconds: milliseconds)
        now = .now
        var isToLook = false
        for i in 0..<count {
            switch queue[i].target {
            case stopping:
                isStopping = true
                return
            case reloading: Wakeup.clear(reloading)
            default: isToLook = true
            }
        }
        if isToLook || !ready.isEmpty { readWatch() }
        poll()
        if isScanDue, now >= nextScan { scan() }
        identify()
        saveIfDue()
        try readRound()
        noteStatistics()
    }

    /// How long the next turn may wait.
    private var milliseconds: CInt {
        if isIdentifying || (!mustWait && !ready.isEmpty) { return 0 }
        var due = nextPoll
        if isScanDue { due = min(due, nextScan) }
        if mustSave || checkpoint != nil || !dirty.isEmpty { due = min(due, nextSave) }
        return CInt(max(0, (due - .now) / .milliseconds(1) + 1))
    }

    /// Whether nothing may be read until the state is saved.
    private var mustWait: Bool { isSaveFailing || unsavedBytes >= limits.unsavedBytes }

    /// Whether it is not known yet of all files whose content they have.
    var isIdentifying: Bool { !toIdentify.isEmpty || !toCompare.isEmpty || !lost.isEmpty }

    /// Whether it is to end; to be asked in what takes long.
    func hasToStop() -> Bool {
        var stop = pollfd(fd: stopping, events: Int16(POLLIN), revents: 0)
        // SAFETY: the call writes into `stop` alone.
        if !isStopping, unsafe Glibc.poll(&stop, 1, 0) > 0 { isStopping = true }
        return isStopping
    }

    // MARK: Reading

    private func readRound() throws {
        guard !mustWait, !ready.isEmpty else { return }
        let round = ready
        ready = []
        // Of one rotation the older is read to its end first, so that its lines come in their order.
        var oldest: [String: FollowedFile] = [:]
        for file in round where file.lag > 0 {
            if let other = oldest[file.family], other.status.modified < file.status.modified { continue }
            oldest[file.family] = file
        }
        var turns = 0
        for file in round {
            guard files[file.identity] === file else { continue }
            let isItsTurn = oldest[file.family].map { $0 === file } ?? true
            let isSaved = file.track?.isSaved ?? true
            guard isItsTurn, isSaved, turns < Self.turnsPerRound, !mustWait else {
                ready.append(file)
                continue
            }
            turns += 1
            file.isReady = false
            if try read(file) { enqueue(file) }
        }
    }

    /// - Returns: whether there is more to read at once.
    private func read(_ file: FollowedFile) throws -> Bool {
        if file.isCompressed { return try readGzip(file) }
        guard let track = file.track else { return false }
        guard open(file), let raw = file.descriptor?.raw else { return false }
        if file.isMidLine { skipHole(file, raw) }
        guard let chunk = chunk(of: file, track, raw) else {
            begin(anew: file)
            return false
        }
        let bytes = chunk.span.extracting(file.tail.count...)
        var isMidLine = file.isMidLine
        var done = try FileLines.cut(bytes, at: file.position, isMidLine: &isMidLine) {
            try append($0, $1, track, ordinal: $2)
        }
        let isShort = chunk.count < buffer.count
        if isShort, file.isPutAside, now - file.lastChange >= limits.settling, done < bytes.count {
            // Nobody writes it any more: what it ends with is all there will be of that line.
            try FileLines.finish(bytes.extracting(done...), at: file.position + UInt64(done)) {
                try append($0, $1, track, ordinal: $2)
            }
            done = bytes.count
        }
        file.examined = file.position + UInt64(bytes.count)
        if done > 0 { advance(file, track, reading: bytes.extracting(first: done)) }
        return !isShort
    }

    /// What stands in the file before and behind its position; `nil` where it is another content by now.
    private func chunk(of file: FollowedFile, _ track: FileTrack, _ raw: CInt) -> ArraySlice<UInt8>? {
        let count = read(raw, into: &buffer, at: Int(file.position) - file.tail.count)
        guard count >= file.tail.count, buffer[..<file.tail.count].elementsEqual(file.tail) else { return nil }
        // Where nothing was read yet, its beginning speaks for it.
        if file.position == 0 {
            guard fingerprint.matches(track.head, Array(buffer[..<min(count, Fingerprint.headBytes)])) else {
                return nil
            }
        }
        return buffer[..<count]
    }

    /// Reads as much as there is room for.
    ///
    /// - Returns: how many bytes; as good as none where it cannot be read.
    func read(_ raw: CInt, into buffer: inout [UInt8], at offset: Int) -> Int {
        var done = 0
        while done < buffer.count {
            // SAFETY: `count - done` bytes from `done` on are within the array.
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe pread(raw, $0.baseAddress.map { unsafe $0 + done }, $0.count - done, offset + done)
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            done += count
        }
        return done
    }

    /// In the rest of a line that is skipped, holes of the file need not be read: they have no newlines.
    private func skipHole(_ file: FollowedFile, _ raw: CInt) {
        let seekData: CInt = 3  // SEEK_DATA, lseek(2); Glibc's module leaves it out.
        let data = lseek(raw, off_t(file.position), seekData)
        let target = data >= 0 ? UInt64(data) : errno == ENXIO ? file.status.size : 0
        guard target > file.position + UInt64(limits.bytesPerTurn) else { return }
        file.position = target
        file.tail = [UInt8](repeating: 0, count: Fingerprint.tailBytes)
    }

    /// Gives a line to the sink.
    func append(_ line: Span<UInt8>, _ flags: FrameFlags, _ track: FileTrack, ordinal: UInt64) throws {
        let origin = FrameOrigin(session: track.session, ordinal: ordinal)
        let sequence = try sink.append(line, source: .follow, flags: flags.union(.numbered), origin: origin)
        lastSequence = max(lastSequence, sequence)
        track.countLine()
        statistics.frames += 1
        if flags.contains(.oversized) { statistics.oversized += 1 }
        if flags.contains(.unterminated) { statistics.unterminated += 1 }
    }

    /// Takes in that bytes from the file's position on are in the sink.
    func advance(_ file: FollowedFile, _ track: FileTrack, reading bytes: Span<UInt8>) {
        file.advance(to: file.position + UInt64(bytes.count), reading: bytes)
        statistics.bytes += bytes.count
        unsavedBytes += bytes.count
        if unsavedBytes >= limits.unsavedBytes { nextSave = now }
        if track.live == track.durable { dirty.append(track) }
        track.live = fingerprint.mark(at: file.position, tail: file.tail)
        track.resume = file.position
    }

    /// The file was cut short or overwritten: what it holds now is another content.
    func begin(anew file: FollowedFile) {
        guard let track = file.track else { return }
        statistics.truncations += 1
        file.state = .unknown
        file.position = 0
        file.examined = 0
        file.tail = []
        file.startsAtEnd = false
        lose(track)
        enqueueToIdentify(file)
    }

    // MARK: What others are told

    private func noteStatistics() {
        guard (ready.isEmpty && !isIdentifying) || now >= nextStatistics else { return }
        nextStatistics = now + .milliseconds(250)
        statistics.files = 0
        statistics.polledFiles = 0
        statistics.lagBytes = 0
        statistics.faults = 0
        for file in files.values {
            if file.fault != nil { statistics.faults += 1 }
            guard file.readsWhole || file.remembered != nil else { continue }
            statistics.files += 1
            if file.watch == nil, file.fault == nil, !file.isToIdentify { statistics.polledFiles += 1 }
            statistics.lagBytes += Int(clamping: file.lag)
        }
        if statistics.polledFiles > 0, !isWithoutWatches { onNotice(.noWatches) }
        isWithoutWatches = statistics.polledFiles > 0
        if statistics.ignoredFiles > 0, !hadTooMany { onNotice(.tooManyFiles(limit: limits.files)) }
        hadTooMany = statistics.ignoredFiles > 0
    }

    /// Notes that a file cannot be read, once for each reason.
    func note(_ why: String, of file: FollowedFile) {
        guard file.fault != why else { return }
        file.fault = why
        guard noticesLeft > 0 else { return }
        noticesLeft -= 1
        notify(.unreadable(path: JSONText.quote(file.path), why: why))
    }

    func notify(_ notice: FollowNotice) { onNotice(notice) }
}
