import Glibc
import RiskModel

/// Compressed files: their content is known, and read, from the beginning alone, some of it in each turn.
extension FollowServer {
    /// Files that are decompressed at one time; each has some 200 KiB of buffers.
    private static let maximumReaders = 8

    /// Looks whose content a compressed file may have. That it has it shows while it is read.
    func identifyCompressed(_ file: FollowedFile) {
        guard file.gzip.claim == nil, file.status.size > 0, now - file.lastChange >= limits.settling else { return }
        let hinted = index.hinted(file.identity.inode)
        if let own = hinted.first(where: { $0.isCopy && $0.live.offset == file.status.size }) {
            take(own)
            file.state = .copy(of: nil, own: own)
            return
        }
        if file.startsAtEnd { return spend(file) }
        guard open(file), let reader = makeReader(file) else { return }
        var beginning = [UInt8](repeating: 0, count: Fingerprint.headBytes)
        var count = 0
        do throws(GzipReader.Fault) {
            while count < beginning.count {
                let read = try reader.read(into: &beginning, count..<beginning.count)
                if read == 0 { break }
                count += read
            }
        } catch {
            return note(error.why, of: file)
        }
        beginning.removeSubrange(count...)
        let key = fingerprint.key(beginning)
        if let claim = claim(file, key, beginning) {
            file.gzip.claim = claim
            enqueue(file)
        } else if isSourceUnknown(file) {
            // It is asked again by and by.
            return
        } else if file.readsWhole {
            let track = FileTrack(name: file.name, identity: file.identity, at: fingerprint.mark(at: 0, tail: []))
            track.know(beginning, fingerprint)
            start(file, track, tail: [])
        } else {
            file.state = .dormant(generation: generation)
        }
    }

    /// Whether there is a file from which it may have been compressed, and of which it is not known yet what it holds: both
    /// would be taken for new.
    private func isSourceUnknown(_ file: FollowedFile) -> Bool {
        let stems = Set(file.name.stems)
        return files.values.contains { other in
            guard case .unknown = other.state, !other.isCompressed, other.isPutAside else { return false }
            return other.status.size > 0 && other.fault == nil && stems.contains(other.name.stem)
        }
    }

    /// The track that begins like the file and was read the farthest; one without a file before one that has one.
    private func claim(_ file: FollowedFile, _ key: UInt64, _ beginning: [UInt8]) -> GzipProgress.Claim? {
        func isCandidate(_ track: FileTrack) -> Bool {
            if track.isCopy || file.gzip.refuted.contains(track.session) { return false }
            return fingerprint.matches(track.head, beginning)
        }
        let alike = index.alike(key, file.name).filter(\.isUnmistakable)
        let known = (index.hinted(file.identity.inode) + alike).filter(isCandidate)
        let lost = known.lazy.filter { $0.file == nil }.max { $0.live.offset < $1.live.offset }
        let track = lost ?? known.first { $0.file != nil && $0.file !== file }
        return track.map { GzipProgress.Claim(track: $0, mark: $0.live) }
    }

    private func makeReader(_ file: FollowedFile) -> GzipReader? {
        guard let raw = file.descriptor?.raw else { return nil }
        let copy = fcntl(raw, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0, let reader = GzipReader(Descriptor(copy)) else {
            note("no more files can be opened; raise the limit (LimitNOFILE=)", of: file)
            return nil
        }
        return reader
    }

    /// A compressed file has changed: what it holds has to be found out again.
    func restartGzip(_ file: FollowedFile) {
        guard let track = file.track else { return }
        file.gzip = GzipProgress()
        file.state = .unknown
        lose(track)
        enqueueToIdentify(file)
    }

    /// - Returns: whether there is more to read at once.
    func readGzip(_ file: FollowedFile) throws -> Bool {
        guard !file.gzip.isComplete, file.track != nil || file.gzip.claim != nil else { return false }
        if file.gzip.reader == nil {
            guard files.values.count(where: { $0.gzip.reader != nil }) < Self.maximumReaders else { return true }
            guard open(file), let reader = makeReader(file) else { return false }
            file.gzip.reader = reader
            file.gzip.waiting = []
            file.gzip.tail = []
        }
        guard let reader = file.gzip.reader else { return false }
        let target = file.gzip.claim?.mark.offset ?? file.position
        let missing = target - min(target, reader.position)
        let count: Int
        do throws(GzipReader.Fault) {
            count = missing == 0 && file.gzip.claim != nil ? 0 : try decompress(file, reader, atMost: missing)
        } catch {
            file.gzip.reader = nil
            file.gzip.claim = nil
            file.gzip.isComplete = true
            note(error.why, of: file)
            return false
        }
        if let claim = file.gzip.claim {
            return check(claim, file, reader, hasEnded: count == 0)
        }
        if missing > 0, count > 0 {
            if reader.position == file.position { file.tail = file.gzip.tail }
            return true
        }
        return try cut(file, count)
    }

    /// Decompresses into the buffer, up to a number of bytes; 0 stands for no limit.
    private func decompress(
        _ file: FollowedFile, _ reader: GzipReader, atMost limit: UInt64
    ) throws(GzipReader.Fault) -> Int {
        let room = limit == 0 ? limits.bytesPerTurn : Int(min(limit, UInt64(limits.bytesPerTurn)))
        let count = try reader.read(into: &buffer, 0..<room)
        file.gzip.tail.append(contentsOf: buffer[max(0, count - Fingerprint.tailBytes)..<count])
        file.gzip.tail.removeFirst(max(0, file.gzip.tail.count - Fingerprint.tailBytes))
        return count
    }

    /// Once the file was read to the place that the claim names: looks whether its content is the same.
    private func check(
        _ claim: GzipProgress.Claim, _ file: FollowedFile, _ reader: GzipReader, hasEnded: Bool
    ) -> Bool {
        let isThere = reader.position == claim.mark.offset
        guard isThere || hasEnded else { return true }
        file.gzip.claim = nil
        let isSame = isThere && fingerprint.mark(at: reader.position, tail: file.gzip.tail) == claim.mark
        if isSame, claim.track.file != nil {
            file.gzip.reader = nil
            file.state = .copy(of: claim.track, own: nil)
        } else if isSame, pool.contains(where: { $0 === claim.track }) {
            if claim.track.identity != file.identity { statistics.recognized += 1 }
            take(claim.track)
            file.follow(claim.track, tail: file.gzip.tail)
            return true
        } else if !isThere, isBeginning(file, of: claim.track, bytes: reader.position) {
            file.gzip.reader = nil
            file.copiedBytes = reader.position
            file.state = .copy(of: claim.track, own: nil)
        } else {
            file.gzip.refuted.insert(claim.track.session)
            file.gzip.reader = nil
            enqueueToIdentify(file)
        }
        return false
    }

    /// Whether a file that ended after so many bytes is a copy of the beginning of one that is being read.
    private func isBeginning(_ file: FollowedFile, of track: FileTrack, bytes count: UInt64) -> Bool {
        guard let other = track.file, !other.isCompressed, open(other), let raw = other.descriptor?.raw else {
            return false
        }
        return tail(raw, before: count) == file.gzip.tail
    }

    /// Hands over the lines that are complete with the bytes in the buffer; with none, those at the end.
    private func cut(_ file: FollowedFile, _ count: Int) throws -> Bool {
        guard let track = file.track else { return false }
        file.gzip.waiting.append(contentsOf: buffer[..<count])
        let waiting = file.gzip.waiting
        var isMidLine = file.isMidLine
        var done = try FileLines.cut(waiting.span, at: file.position, isMidLine: &isMidLine) {
            try append($0, $1, track, ordinal: $2)
        }
        if count == 0 {
            try FileLines.finish(waiting.span.extracting(done...), at: file.position + UInt64(done)) {
                try append($0, $1, track, ordinal: $2)
            }
            done = waiting.count
        }
        if done > 0 { advance(file, track, reading: waiting.span.extracting(first: done)) }
        file.gzip.waiting.removeFirst(done)
        guard count == 0 else { return true }
        file.gzip.reader = nil
        file.gzip.waiting = []
        file.gzip.isComplete = true
        return false
    }
}
