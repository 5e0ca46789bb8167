import Synchronization

/// Writes groups of frames, syncs them, and says so: the only one who writes segments. Runs on a thread of its own.
///
/// A group is what was appended while the group before was on its way to the disk, or, when little comes, within
/// ``Spool/Limits/commitDelayMilliseconds``. When the disk is full or fails, it tries again until it succeeds or the
/// spool is closed; appends wait meanwhile.
///
/// After a failed sync the kernel may have dropped the pages and call them clean (fsync(2), Errors), so a second sync
/// proves nothing: the segment is cut back to what was synced before, and the group is written into a new one.
struct Committer: ~Copyable {
    private let core: SpoolCore
    private var writer: SegmentWriter?
    private var group: CommitBuffer
    private var durable: UInt64

    private static let retryMilliseconds = 200

    init(core: SpoolCore, resumption: SegmentWriter.Resumption?, durable: UInt64) {
        self.core = core
        self.durable = durable
        group = CommitBuffer(capacity: core.limits.groupBytes)
        // If the newest segment cannot be opened for writing, a new one is begun, with the error if that fails too.
        writer = resumption.flatMap { try? SegmentWriter(resuming: $0, in: core.directory) }
    }

    /// Commits until the spool is closed and nothing is pending.
    mutating func run() {
        while takeGroup(), commit() { group.removeAll() }
        core.monitor.withLock { $0.phase = .closed }
        for event in Monitor<SpoolCore.State>.Event.allCases { core.monitor.wakeAll(event) }
    }

    /// Waits for frames and takes them all. False when the spool is closed and there are none.
    private mutating func takeGroup() -> Bool {
        let monitor = core.monitor
        let isOver = monitor.wait(for: .work) {
            !$0.pending.isEmpty || $0.phase != .open
        } then: {
            $0.pending.isEmpty
        }
        if isOver { return false }
        let eagerBytes = core.limits.eagerBytes
        monitor.wait(for: .work, milliseconds: core.limits.commitDelayMilliseconds) {
            $0.pending.count >= eagerBytes || $0.phase != .open
        } then: {
            swap(&$0.pending, &group)
        }
        monitor.wakeAll(.space)
        return true
    }

    /// Writes the group, in as many segments as it takes. False if it was given up, and with it all that follows.
    private mutating func commit() -> Bool {
        var done = 0
        while done < group.count {
            do throws(SpoolError) {
                done = try commit(from: done)
            } catch {
                let isOpen = core.monitor.withLock {
                    $0.stalled = error
                    return $0.phase == .open
                }
                // At the close the rest is given up: it was never acknowledged.
                guard isOpen else { return false }
                core.monitor.wait(for: .work, milliseconds: Self.retryMilliseconds) {
                    $0.phase != .open
                } then: { _ in
                }
            }
        }
        return true
    }

    /// Writes and syncs frames of the group from `start` on, up to the one that fills the segment.
    ///
    /// - Returns: where the first frame stands that is for the next segment.
    private mutating func commit(from start: Int) throws(SpoolError) -> Int {
        var writer: SegmentWriter
        if let current = self.writer.take(), current.end < core.limits.segmentBytes {
            writer = current
        } else {
            writer = try SegmentWriter(first: durable + 1, in: core.directory, disk: core.disk)
        }
        let sealed = group.seal(
            from: start, firstIndex: writer.frames, salt: writer.salt, room: core.limits.segmentBytes - writer.end)
        do throws(SpoolError) {
            try group.withBytes(start..<sealed.end) { bytes throws(SpoolError) in
                try writer.write(bytes, disk: core.disk)
            }
        } catch {
            self.writer = consume writer
            throw error
        }
        do throws(SpoolError) {
            try writer.sync(frames: sealed.frames, bytes: sealed.end - start, disk: core.disk)
        } catch {
            writer.cut()
            throw error
        }
        durable += UInt64(sealed.frames)
        publish(Segment(first: writer.first, last: durable, end: writer.end))
        self.writer = consume writer
        return sealed.end
    }

    private func publish(_ segment: Segment) {
        core.monitor.withLock { state in
            if state.segments.last?.first == segment.first { state.segments.removeLast() }
            state.segments.append(segment)
            state.durable = segment.last
            state.commits += 1
            state.stalled = nil
        }
        core.durable.store(segment.last, ordering: .releasing)
        core.monitor.wakeAll(.durable)
    }
}
