import Glibc
import RiskModel

/// What is remembered of the files, on disk.
///
/// A place may be in the state only once everything before it is in the spool and synced there, so it waits in a
/// checkpoint until the sink says so.
extension FollowServer {
    /// Places up to which tracks were read, to be saved when everything up to `sequence` is on disk.
    struct Checkpoint {
        var sequence: UInt64
        var places: [(track: FileTrack, mark: Fingerprint.Mark)]
        /// What was read since the checkpoint before.
        var bytes: Int
    }

    /// How often it is looked whether what is to be saved is on disk.
    private static let syncInterval = Duration.milliseconds(10)

    func saveIfDue() {
        let isMoving = checkpoint != nil || !dirty.isEmpty
        // While many files come in, their tracks are saved many at a time.
        let isNewDue = mustSave && (!isIdentifying || now >= nextNewSave)
        let isDue = isNewDue || (isMoving && (now >= nextSave || unsavedBytes >= limits.unsavedBytes))
        guard isDue, !isSaveFailing || now >= nextSave else { return }
        let isMoved = advanceCheckpoint()
        guard mustSave || isMoved else { return }
        save()
        let end = ContinuousClock.now
        nextNewSave = end + (end - now) * 10
    }

    /// Lets the tracks know what is on disk, and notes what is to be there by the next time.
    ///
    /// - Returns: whether a track has moved.
    private func advanceCheckpoint() -> Bool {
        nextSave = now + Self.syncInterval
        var isMoved = false
        if let reached = checkpoint {
            guard sink.durableSequence >= reached.sequence else { return false }
            for place in reached.places {
                place.track.durable = place.mark
                if place.track.live != place.mark { dirty.append(place.track) }
            }
            unsavedBytes -= reached.bytes
            checkpoint = nil
            isMoved = true
            if unsavedBytes < limits.unsavedBytes { nextSave = now + limits.saveInterval }
        }
        if !dirty.isEmpty {
            for track in dirty { completeHead(track) }
            checkpoint = Checkpoint(
                sequence: lastSequence, places: dirty.map { ($0, $0.live) }, bytes: unsavedBytes)
            dirty = []
        }
        rememberCopies()
        return isMoved
    }

    /// A file that was short when it was first seen is known by more of it now.
    private func completeHead(_ track: FileTrack) {
        guard track.head.offset < Fingerprint.headBytes, track.head.offset < track.live.offset, let file = track.file,
            !file.isCompressed, open(file), let raw = file.descriptor?.raw
        else { return }
        let beginning = bytes(raw, 0..<min(UInt64(Fingerprint.headBytes), track.live.offset))
        guard fingerprint.matches(track.head, beginning) else { return }
        track.know(beginning, fingerprint)
    }

    /// A copy of which everything was read in its original need not be looked at when the original has gone.
    private func rememberCopies() {
        for file in files.values {
            guard case .copy(let track?, nil) = file.state, let bytes = file.copiedBytes, track.durable.offset >= bytes
            else { continue }
            if file.isCompressed { spend(file) } else { remember(file, file.copy) }
        }
    }

    /// Remembers that all of a compressed file was read elsewhere. What it holds is not known without reading all of it; it
    /// does not change, either.
    func spend(_ file: FollowedFile) {
        let mark = Fingerprint.Mark(offset: file.status.size)
        remember(file, FileTrack(name: file.name, identity: file.identity, at: mark, isCopy: true))
    }

    private func remember(_ file: FollowedFile, _ own: FileTrack?) {
        let original: FileTrack? = if case .copy(let track, _) = file.state { track } else { nil }
        file.state = .copy(of: original, own: own)
        mustSave = true
    }

    private func save() {
        let tracks = files.values.compactMap(\.remembered)
        let state = FollowState(seed: fingerprint.seed, patterns: knownPatterns, tracks: pool + tracks)
        do throws(FollowError) {
            try state.save(path: statePath)
            for track in state.tracks { track.isSaved = true }
            if isSaveFailing { notify(.saves) }
            isSaveFailing = false
            mustSave = false
        } catch {
            statistics.failedSaves += 1
            if !isSaveFailing { notify(.cannotSave(why: "\(error)")) }
            isSaveFailing = true
            mustSave = true
            nextSave = now + Self.retryInterval
        }
    }

    /// Saves what the sink has on disk within a second.
    func finish() {
        let deadline = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < deadline, sink.durableSequence < lastSequence { usleep(1000) }
        // The first settles what waits, the second what has come since.
        for _ in 0..<2 { _ = advanceCheckpoint() }
        save()
    }
}
