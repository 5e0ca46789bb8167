import RiskModel
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

    init(core: SpoolCore, resumption: SegmentWriter.Resumption?) {
        self.core = core
        durable = core.durable.load(ordering: .relaxed)
        group = CommitBuffer(capacity: core.limits.groupBytes)
        // If the newest segment cannot be opened for writing, a new one is begun, with the error if that fails too.
        writer = resumption.flatMap { try? SegmentWriter(resuming: $0, in: core.directory) }
    }

    /// Commits until the spool is closed and nothing is pending.
    mutating func run() {
        while waitForGroup() {
            closeSegmentIfAsked()
            if core.monitor.withLock({ $0.pending.isEmpty }) { continue }
            if !commitPending() { break }
        }
        if let writer = writer.take() { writer.cut(in: core.directory) }
        core.monitor.withLock {
            $0.phase = .closed
            $0.observers = []
        }
        for event in Monitor<SpoolCore.State>.Event.allCases { core.monitor.wakeAll(event) }
    }

    /// Waits until there is a group. False when the spool is closed and there are no frames.
    private func waitForGroup() -> Bool {
        let monitor = core.monitor
        let isOver = monitor.wait(for: .work) {
            !$0.pending.isEmpty || $0.phase != .open || $0.mustCloseSegment
        } then: {
            $0.pending.isEmpty && !$0.mustCloseSegment
        }
        if isOver { return false }
        let eagerBytes = core.limits.eagerBytes
        monitor.wait(for: .work, milliseconds: core.limits.commitDelayMilliseconds) {
            $0.pending.count >= eagerBytes || $0.phase != .open || $0.mustCloseSegment
        } then: { _ in
        }
        return true
    }

    /// Ends the segment that grows, where somebody waits for that.
    private mutating func closeSegmentIfAsked() {
        guard core.monitor.withLock({ $0.mustCloseSegment }) else { return }
        if let writer = writer.take() { writer.cut(in: core.directory) }
        core.monitor.withLock { $0.mustCloseSegment = false }
        core.monitor.wakeAll(.durable)
    }

    /// Takes all pending frames and writes them, in as many segments as it takes.
    ///
    /// - Returns: false if they were given up, and with them all that follow.
    mutating func commitPending() -> Bool {
        core.monitor.withLock { swap(&$0.pending, &group) }
        core.monitor.wakeAll(.space)
        defer { group.removeAll() }
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
                core.monitor.wait(for: .work, milliseconds: core.limits.retryMilliseconds) {
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
        let fullBytes = core.limits.segmentBytes
        var writer = try takeWriter()
        let sealed = group.seal(
            from: start, firstIndex: writer.frames, salt: writer.salt, room: fullBytes - writer.end)
        do throws(SpoolError) {
            try group.withBytes(start..<sealed.end) { bytes throws(SpoolError) in
                try writer.write(bytes, fullBytes: fullBytes, in: core.directory)
            }
        } catch {
            self.writer = consume writer
            throw error
        }
        do throws(SpoolError) {
            try writer.sync(frames: sealed.frames, bytes: sealed.end - start, in: core.directory)
        } catch {
            writer.cut(in: core.directory)
            throw error
        }
        durable += UInt64(sealed.frames)
        publish(Segment(first: writer.first, last: durable, end: writer.end, received: sealed.received))
        self.writer = consume writer
        return sealed.end
    }

    /// The writer of the newest segment, or, when that is full, of a new one.
    private mutating func takeWriter() throws(SpoolError) -> SegmentWriter {
        if let current = writer.take() {
            if current.end < core.limits.segmentBytes { return current }
            current.cut(in: core.directory)
        }
        return try SegmentWriter(first: durable + 1, created: core.now(), in: core.directory)
    }

    private func publish(_ segment: Segment) {
        let observers = core.monitor.withLock { state in
            if state.segments.last?.first == segment.first { state.segments.removeLast() }
            state.segments.append(segment)
            state.durable = segment.last
            state.commits += 1
            state.stalled = nil
            return state.observers
        }
        core.durable.store(segment.last, ordering: .releasing)
        core.monitor.wakeAll(.durable)
        for observer in observers { observer() }
    }
}
