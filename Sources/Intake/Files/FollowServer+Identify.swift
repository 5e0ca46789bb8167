import Glibc
import RiskModel

/// Whose content a file has.
///
/// In this order: of the track that the state has for its inode; of a track that has lost its file; of a file that is
/// being read, of which it is a copy; else it is new. What tells one content from another is its beginning, up to
/// ``Fingerprint/headBytes``, and what stands before the place up to which it was read, ``Fingerprint/tailBytes``; and it
/// must be at least as long. Where only content speaks for it, and not the inode, two lines of it must be known: one alone may
/// be the head line that all files of a program have.
extension FollowServer {
    /// Candidates whose content is looked at, for one file.
    private static let maximumComparisons = 64
    /// How much is compared at either end of a copy.
    private static let comparedBytes = 64 * 1024

    func identify() {
        guard !toIdentify.isEmpty else { return }
        let round = toIdentify
        toIdentify = []
        for file in round { file.isToIdentify = false }
        // Those that an inode gives away first, so that no copy is taken for them.
        let rest = round.filter { files[$0.identity] === $0 && !identifyByInode($0) }
        for file in rest {
            beingIdentified = file
            identifyByContent(file)
        }
        beingIdentified = nil
    }

    // MARK: By inode

    /// - Returns: whether nothing more is to be found out.
    private func identifyByInode(_ file: FollowedFile) -> Bool {
        guard case .unknown = file.state, !file.isCompressed, file.status.size > 0 else { return false }
        let known = pool.filter { $0.isFoundByInode && $0.identity.inode == file.identity.inode }
        guard !known.isEmpty, open(file), let raw = file.descriptor?.raw else { return false }
        let beginning = bytes(raw, 0..<UInt64(Fingerprint.headBytes))
        for track in known {
            guard file.status.size >= track.resume, isContent(of: track, beginning, raw) else { continue }
            if track.isCopy {
                guard file.status.size == track.resume else { continue }
                take(track)
                file.state = .copy(of: nil, own: track)
            } else {
                takeOver(track, file, raw)
            }
            return true
        }
        return false
    }

    private func isContent(of track: FileTrack, _ beginning: [UInt8], _ raw: CInt) -> Bool {
        guard fingerprint.matches(track.head, beginning) else { return false }
        let tail = tail(raw, before: track.live.offset)
        return fingerprint.mark(at: track.live.offset, tail: tail) == track.live
    }

    // MARK: By content

    private func identifyByContent(_ file: FollowedFile) {
        switch file.state {
        case .following: return
        case .copy(_, let own?) where own.live.offset == file.status.size: return
        case .copy(let track?, nil) where track.file == nil && track.resume >= file.copiedBytes ?? .max: return
        case .copy(let track?, nil) where track.file != nil && file.isCompressed: return
        case .copy(let track?, nil) where track.file != nil && isCopy(file, of: track):
            file.copiedBytes = file.status.size
            return
        case .copy, .dormant:
            file.state = .unknown
            file.copiedBytes = nil
        case .unknown: break
        }
        if file.isCompressed { return identifyCompressed(file) }
        // Opened in any case, for then it is watched.
        guard open(file), file.status.size > 0, let raw = file.descriptor?.raw else { return }
        if file.startsAtEnd { return begin(file, raw, at: file.status.size) }
        let beginning = bytes(raw, 0..<UInt64(FileLines.certaintyBytes))
        guard hasWholeLine(file, beginning) else { return }
        let key = fingerprint.key(beginning)
        noticeTruncations(key, file.name)
        // Of a file that was cut after it was copied the copy is whole now, if it was not before.
        if let status = FileStatus(descriptor: raw) { file.status = status }
        if let track = lost(file, key, beginning, raw) { return takeOver(track, file, raw) }
        for other in files.values.lazy.filter({ self.mayBeCopy(file, of: $0, key) }).prefix(Self.maximumComparisons) {
            guard let track = other.track, isCopy(file, of: track) else { continue }
            file.state = .copy(of: track, own: nil)
            file.copiedBytes = file.status.size
            return
        }
        // It may have been cut just now, after its copy was made.
        let known = generation
        noticeTruncations(key, file.name)
        if generation != known {
            enqueueToIdentify(file)
        } else if file.readsWhole {
            begin(file, raw, at: 0)
        } else {
            file.state = .dormant(generation: generation)
        }
    }

    /// Before the first line has ended, nothing is to be read, and there is too little to know a file by.
    private func hasWholeLine(_ file: FollowedFile, _ beginning: [UInt8]) -> Bool {
        beginning.count >= FileLines.certaintyBytes || FileLines.newline(in: beginning.span, from: 0) != nil
            || (file.isPutAside && now - file.lastChange >= limits.settling)
    }

    /// The track without a file that has this content; the one that was read the farthest.
    private func lost(_ file: FollowedFile, _ key: UInt64, _ beginning: [UInt8], _ raw: CInt) -> FileTrack? {
        // A file that has lost its last name and was read to its end may be here again under another inode.
        let nameless = files.values.lazy.filter {
            !$0.isNamed && $0 !== file && !$0.isCompressed && $0.position == $0.status.size
        }.compactMap(\.track)
        return (pool + nameless).lazy
            .filter { $0.isUnmistakable && $0.key == key && file.name.mayContinue($0.name) }
            .prefix(Self.maximumComparisons)
            .filter { file.status.size >= $0.resume && self.isContent(of: $0, beginning, raw) }
            .max { $0.resume < $1.resume }
    }

    /// Lets go of the tracks that begin so and whose file has another content by now: it would be noticed when that is
    /// read, which is too late for whoever has the content.
    private func noticeTruncations(_ key: UInt64, _ name: LogName) {
        guard key != 0 else { return }
        for other in Array(files.values) {
            guard let track = other.track, track.key == key, !other.isCompressed, name.mayContinue(other.name),
                open(other), let raw = other.descriptor?.raw, let size = FileStatus(descriptor: raw)?.size
            else { continue }
            let isOther = other.position == 0 && !fingerprint.matches(track.head, bytes(raw, 0..<track.head.offset))
            if size < other.position || isOther || tail(raw, before: other.position) != other.tail {
                begin(anew: other)
            }
        }
    }

    private func mayBeCopy(_ file: FollowedFile, of other: FollowedFile, _ key: UInt64) -> Bool {
        guard other !== file, let track = other.track, !other.isCompressed else { return false }
        return key != 0 && track.key == key && file.name.mayContinue(other.name)
            && other.status.size >= file.status.size
    }

    /// Whether everything in a file is the beginning of another that is being read.
    private func isCopy(_ file: FollowedFile, of track: FileTrack) -> Bool {
        guard let other = track.file, open(file), open(other), let a = file.descriptor?.raw,
            let b = other.descriptor?.raw,
            let size = FileStatus(descriptor: a)?.size, size > 0, let otherSize = FileStatus(descriptor: b)?.size,
            otherSize >= max(size, other.position)
        else { return false }
        let head = min(size, UInt64(Self.comparedBytes))
        let tail = size - min(size, UInt64(Self.comparedBytes))
        return bytes(a, 0..<head) == bytes(b, 0..<head) && bytes(a, tail..<size) == bytes(b, tail..<size)
    }

    // MARK: What it is then

    /// Reads a new file.
    private func begin(_ file: FollowedFile, _ raw: CInt, at offset: UInt64) {
        let beginning = bytes(raw, 0..<UInt64(Fingerprint.headBytes))
        let tail = tail(raw, before: offset)
        let track = FileTrack(
            name: file.name, identity: file.identity, at: fingerprint.mark(at: offset, tail: tail))
        track.know(beginning, fingerprint)
        start(file, track, tail: tail)
    }

    /// Begins a track that is new. Its session must be on disk before its first line is.
    func start(_ file: FollowedFile, _ track: FileTrack, tail: [UInt8]) {
        file.follow(track, tail: tail)
        mustSave = true
        enqueue(file)
    }

    /// Reads the rest of what was read from another file, or in an earlier run.
    private func takeOver(_ track: FileTrack, _ file: FollowedFile, _ raw: CInt) {
        if track.identity != file.identity { statistics.recognized += 1 }
        take(track)
        file.follow(track, tail: tail(raw, before: track.resume))
        track.live = fingerprint.mark(at: track.resume, tail: file.tail)
        if track.live != track.durable { dirty.append(track) }
        enqueue(file)
    }

    /// Takes a track from the pool, or from a file that needs it no more.
    func take(_ track: FileTrack) {
        track.isFoundByInode = false
        track.file?.state = .dormant(generation: generation)
        track.file = nil
        pool.removeAll { $0 === track }
    }

    // MARK: Bytes

    /// The bytes in a range of a file, as far as they are there.
    func bytes(_ raw: CInt, _ range: Range<UInt64>) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        let count = read(raw, into: &bytes, at: Int(range.lowerBound))
        bytes.removeSubrange(count...)
        return bytes
    }

    func tail(_ raw: CInt, before offset: UInt64) -> [UInt8] {
        bytes(raw, offset - min(offset, UInt64(Fingerprint.tailBytes))..<offset)
    }
}
