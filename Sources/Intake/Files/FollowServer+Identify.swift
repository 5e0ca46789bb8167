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
    /// Files that are identified in one turn, so that those which are known are read in between.
    private static let identificationsPerTurn = 64
    /// How much is compared at either end of a copy.
    private static let comparedBytes = 64 * 1024

    func identify() {
        askAgain()
        guard isIdentifying else { return }
        index = TrackIndex()
        for track in pool { index.add(track) }
        for file in files.values { if let track = file.track { index.add(track) } }
        // Those that an inode gives away first, so that no copy is taken for them.
        let round = toIdentify
        toIdentify = []
        var left = Self.identificationsPerTurn
        for file in round where files[file.identity] === file {
            let known = mayBeHinted(file) ? index.hinted(file.identity.inode) : []
            if known.isEmpty {
                toCompare.append(file)
            } else if left == 0 || hasToStop() {
                toIdentify.append(file)
            } else {
                left -= 1
                file.isToIdentify = false
                if identify(file, among: known) { continue }
                file.isToIdentify = true
                toCompare.append(file)
            }
        }
        if toIdentify.isEmpty { compare(atMost: left) }
        index = TrackIndex()
    }

    /// Has those files looked at that may have the content of a track that has lost its file: once for all such tracks.
    private func askAgain() {
        guard !lost.isEmpty else { return }
        let tracks = Set(lost.map { ObjectIdentifier($0) })
        let stems = Set(lost.map(\.name.stem))
        lost = []
        for file in files.values {
            switch file.state {
            case .copy(let track?, _) where tracks.contains(ObjectIdentifier(track)): enqueueToIdentify(file)
            case .dormant where file.name.stems.contains(where: stems.contains): enqueueToIdentify(file)
            default: break
            }
        }
    }

    private func compare(atMost count: Int) {
        // What a file is compressed from may still be there, and must be known by then.
        toCompare = toCompare.filter { !$0.isCompressed } + toCompare.filter(\.isCompressed)
        let round = toCompare.prefix(count)
        toCompare.removeFirst(round.count)
        for file in round where files[file.identity] === file {
            if hasToStop() { break }
            file.isToIdentify = false
            beingIdentified = file
            identifyByContent(file)
        }
        beingIdentified = nil
    }

    // MARK: By inode

    private func mayBeHinted(_ file: FollowedFile) -> Bool {
        if case .unknown = file.state { !file.isCompressed && file.status.size > 0 } else { false }
    }

    /// - Returns: whether nothing more is to be found out.
    private func identify(_ file: FollowedFile, among known: [FileTrack]) -> Bool {
        guard open(file), let raw = file.descriptor?.raw else { return false }
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
        case .copy(_, let own?) where isStill(own, file): return
        case .copy(let track?, nil)
        where track.file == nil && track.resume >= file.copiedBytes ?? .max && isStill(file.copy, file):
            return
        case .copy(let track?, nil) where track.file != nil && file.isCompressed: return
        case .copy(let track?, nil) where track.file != nil && noteCopy(file, of: track): return
        case .copy, .dormant:
            file.state = .unknown
            file.copiedBytes = nil
            file.copy = nil
        case .unknown: break
        }
        if file.isCompressed { return identifyCompressed(file) }
        // Opened in any case, for then it is watched.
        guard open(file), file.status.size > 0, let raw = file.descriptor?.raw else { return }
        if file.startsAtEnd {
            let size = file.status.size
            return begin(file, bytes(raw, 0..<UInt64(Fingerprint.headBytes)), at: size, tail: tail(raw, before: size))
        }
        let beginning = bytes(raw, 0..<UInt64(FileLines.certaintyBytes))
        guard hasWholeLine(file, beginning) else { return }
        let key = fingerprint.key(beginning)
        _ = noticeTruncations(key, file.name)
        // Of a file that was cut after it was copied the copy is whole now, if it was not before.
        if let status = FileStatus(descriptor: raw) { file.status = status }
        if let track = lost(file, key, beginning, raw) { return takeOver(track, file, raw) }
        let originals = index.alike(key, file.name).lazy.filter { self.mayBeCopy(file, of: $0) }
        for track in originals.prefix(Self.maximumComparisons) where noteCopy(file, of: track) {
            file.state = .copy(of: track, own: nil)
            return
        }
        // It may have been cut just now, after its copy was made.
        let known = generation
        let areSeen = noticeTruncations(key, file.name)
        if generation != known {
            enqueueToIdentify(file)
        } else if !areSeen {
            // What it may be a copy of has another name by now: it is asked again when it has come to rest.
            return
        } else if file.readsWhole {
            // If it was cut while it was compared, it was not compared with what it holds now.
            let head = bytes(raw, 0..<UInt64(Fingerprint.headBytes))
            guard head.starts(with: beginning.prefix(Fingerprint.headBytes)) else { return enqueueToIdentify(file) }
            begin(file, head, at: 0, tail: [])
        } else {
            file.state = .dormant(generation: generation)
        }
    }

    /// Whether a copy is what it was found to be. One that cannot be opened is: it is asked again under its new name.
    private func isStill(_ copy: FileTrack?, _ file: FollowedFile) -> Bool {
        guard !file.isCompressed, let copy else { return copy.map { $0.live.offset == file.status.size } ?? true }
        guard open(file), let raw = file.descriptor?.raw else { return true }
        return file.status.size == copy.live.offset
            && isContent(of: copy, bytes(raw, 0..<UInt64(Fingerprint.headBytes)), raw)
    }

    /// Before the first line has ended, nothing is to be read, and there is too little to know a file by.
    private func hasWholeLine(_ file: FollowedFile, _ beginning: [UInt8]) -> Bool {
        beginning.count >= FileLines.certaintyBytes || FileLines.newline(in: beginning.span, from: 0) != nil
            || (file.isPutAside && now - file.lastChange >= limits.settling)
    }

    /// The track that has this content, and no file that is still to be read; the one that was read the farthest.
    private func lost(_ file: FollowedFile, _ key: UInt64, _ beginning: [UInt8], _ raw: CInt) -> FileTrack? {
        index.alike(key, file.name).lazy
            .filter { track in
                guard track.isUnmistakable, let other = track.file else { return track.isUnmistakable }
                // What was compressed from this file, and was seen before it.
                if other.isCompressed { return true }
                // One that has lost its last name and was read to its end may be here again under another inode.
                return !other.isNamed && other !== file && other.position == other.status.size
            }
            .prefix(Self.maximumComparisons)
            .filter { file.status.size >= $0.resume && self.isContent(of: $0, beginning, raw) }
            .max { $0.resume < $1.resume }
    }

    /// Lets go of the tracks that begin so and whose file has another content by now: it would be noticed when that is
    /// read, which is too late for whoever has the content.
    ///
    /// - Returns: whether all of them could be looked at, but for those that cannot be read.
    private func noticeTruncations(_ key: UInt64, _ name: LogName) -> Bool {
        let followed = index.alike(key, name).lazy.filter { track in track.file.map { !$0.isCompressed } ?? false }
        var areSeen = true
        for track in Array(followed.prefix(Self.maximumComparisons)) {
            guard let other = track.file, open(other), let raw = other.descriptor?.raw,
                let size = FileStatus(descriptor: raw)?.size
            else {
                if let other = track.file, other.fault == nil { areSeen = false }
                continue
            }
            let isOther = other.position == 0 && !fingerprint.matches(track.head, bytes(raw, 0..<track.head.offset))
            if size < other.position || isOther || tail(raw, before: other.position) != other.tail {
                begin(anew: other)
            }
        }
        return areSeen
    }

    private func mayBeCopy(_ file: FollowedFile, of track: FileTrack) -> Bool {
        guard let other = track.file, other !== file, !other.isCompressed else { return false }
        // It may have grown since it was last looked at, and been copied then.
        if other.status.size < file.status.size { look(at: other) }
        return other.status.size >= file.status.size
    }

    /// Looks whether everything in a file is the beginning of another that is being read, and notes what it is then: it may
    /// be cut and written anew before it is looked at again.
    private func noteCopy(_ file: FollowedFile, of track: FileTrack) -> Bool {
        guard let other = track.file, open(file), open(other), let a = file.descriptor?.raw,
            let b = other.descriptor?.raw,
            let size = FileStatus(descriptor: a)?.size, size > 0, let otherSize = FileStatus(descriptor: b)?.size,
            otherSize >= max(size, other.position)
        else { return false }
        let head = bytes(a, 0..<min(size, UInt64(Self.comparedBytes)))
        let tail = bytes(a, size - min(size, UInt64(Self.comparedBytes))..<size)
        guard head == bytes(b, 0..<UInt64(head.count)), tail == bytes(b, size - UInt64(tail.count)..<size) else {
            return false
        }
        let mark = fingerprint.mark(at: size, tail: tail.suffix(Fingerprint.tailBytes))
        let copy = FileTrack(name: file.name, identity: file.identity, at: mark, isCopy: true)
        copy.know(head, fingerprint)
        file.copy = copy
        file.copiedBytes = size
        return true
    }

    // MARK: What it is then

    /// Reads a new file.
    private func begin(_ file: FollowedFile, _ beginning: [UInt8], at offset: UInt64, tail: [UInt8]) {
        let track = FileTrack(
            name: file.name, identity: file.identity, at: fingerprint.mark(at: offset, tail: tail))
        track.know(beginning, fingerprint)
        start(file, track, tail: tail)
    }

    /// Begins a track that is new. Its session must be on disk before its first line is.
    func start(_ file: FollowedFile, _ track: FileTrack, tail: [UInt8]) {
        file.follow(track, tail: tail)
        index.add(track)
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
        if let before = track.file {
            before.state = .dormant(generation: generation)
            before.gzip = GzipProgress()
            track.file = nil
        }
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
