import Dispatch
package import RiskModel
import Synchronization

/// Frames on disk, in order, numbered from 1.
///
/// - An acknowledgement means on disk: ``durableSequence`` covers a frame only after its bytes were synced.
/// - The number is the order. Numbers have no gaps except where a disk was damaged; then the loss is reported.
/// - Bounded: what waits for the disk by ``Limits/pendingBytes``, where appends wait; what is kept by
///   ``Limits/retainedBytes``, where the oldest segments go whose frames were released.
///
/// Frames reach the disk in groups, by a thread of its own. docs/specs/spool.md describes the files.
package final class Spool: FrameSink, Sendable {
    package struct Limits: Sendable {
        /// A segment ends with the frame that reaches this size. At most 4 GiB.
        package var segmentBytes = 128 << 20
        /// How much may wait for the disk in memory, with 16 bytes for each frame. Half of it is for what is being
        /// written.
        package var pendingBytes = 16 << 20
        /// How long a group waits for more frames. It waits no longer once a quarter of ``pendingBytes`` has come.
        package var commitDelayMilliseconds = 2
        /// Beyond this size the oldest released segments are removed.
        package var retainedBytes = 16 << 30
        /// How much is verified at the opening, from the newest frame back; readers verify all that they read anyway.
        package var verifiedBytes = 1 << 30

        package init() {}

        /// What one group can hold; the longest frame fits at least.
        var groupBytes: Int { max(pendingBytes / 2, FrameHeader.byteCount + Frame.maximumBytes) }
        var eagerBytes: Int { groupBytes / 2 }
    }

    /// What was found in the directory at the opening.
    package let recovery: RecoveryReport

    private let core: SpoolCore
    /// Entered until the committer has ended.
    private let committing = DispatchGroup()

    /// Opens or creates the spool in `directory`, and takes its lock.
    ///
    /// - Parameter applied: the highest number that the store has seen. New frames get higher ones even if the
    /// directory
    ///   was emptied or its last frames were lost; they would count as applied otherwise.
    /// - Throws: ``SpoolError/inUse(directory:holder:)`` while another process has the spool.
    package convenience init(directory: String, limits: Limits = Limits(), applied: UInt64 = 0) throws(SpoolError) {
        try self.init(directory: directory, limits: limits, applied: applied, disk: .system)
    }

    init(directory path: String, limits: Limits, applied: UInt64, disk: Disk) throws(SpoolError) {
        let directory = try SpoolDirectory(path: path)
        let found = try Recovery(directory: directory, verifiedBytes: limits.verifiedBytes, applied: applied)
        let core = SpoolCore(directory: directory, limits: limits, disk: disk, recovery: found)
        self.core = core
        recovery = found.report
        let resumption = found.resumption
        let durable = found.report.lastSequence
        DispatchQueue(label: "banrisk.spool.committer").async(group: committing) {
            var committer = Committer(core: core, resumption: resumption, durable: durable)
            committer.run()
        }
    }

    deinit { close() }

    /// Appends a copy of `line` to the next group. From any thread; waits while too much waits for the disk.
    ///
    /// - Throws: ``SpoolError/closed``; ``SpoolError/frameLength(_:)`` for 0 or more than ``Frame/maximumBytes`` bytes.
    package func append(_ line: Span<UInt8>, source: Source, flags: FrameFlags) throws {
        let count = line.count
        guard (1...Frame.maximumBytes).contains(count) else { throw SpoolError.frameLength(count) }
        let eagerBytes = core.limits.eagerBytes
        let wake = try core.monitor.wait(for: .space) {
            $0.pending.fits(count) || $0.phase != .open
        } then: { state throws(SpoolError) in
            guard state.phase == .open else { throw .closed }
            let before = state.pending.count
            state.pending.append(line, source: source, flags: flags)
            state.appended += 1
            return before == 0 || (before < eagerBytes && state.pending.count >= eagerBytes)
        }
        if wake { core.monitor.wakeOne(.work) }
    }

    /// The highest number that is on disk, with all before it.
    package var durableSequence: UInt64 { core.durable.load(ordering: .acquiring) }

    /// Waits until a frame after `sequence` is on disk, or the time is over, or the spool is closed.
    ///
    /// - Returns: ``durableSequence``.
    package func waitForSequence(after sequence: UInt64, timeoutMilliseconds: Int) -> UInt64 {
        core.monitor.wait(for: .durable, milliseconds: timeoutMilliseconds) {
            $0.durable > sequence || $0.phase == .closed
        } then: {
            $0.durable
        }
    }

    /// Says that everything up to `sequence` is applied and may be removed: whole segments, from the oldest, and only
    /// as far
    /// as the spool is larger than ``Limits/retainedBytes``. The newest segment stays.
    package func release(through sequence: UInt64) {
        let retainedBytes = core.limits.retainedBytes
        let removed = core.monitor.withLock { state in
            var total = state.segments.reduce(0) { $0 + $1.end }
            var count = 0
            while total > retainedBytes, count < state.segments.count - 1, state.segments[count].last <= sequence {
                total -= state.segments[count].end
                count += 1
            }
            defer { state.segments.removeFirst(count) }
            return Array(state.segments.prefix(count))
        }
        // From the oldest, so that a crash in between leaves no hole. What cannot be removed now is found at the next
        // start.
        for segment in removed { try? core.directory.remove(segment.name) }
    }

    /// Commits what is pending, stops the committer and gives the lock free. Appends throw from now on.
    ///
    /// If the disk is full or broken at this moment, what is not on disk is given up: it was not acknowledged.
    package func close() {
        core.monitor.withLock { if $0.phase == .open { $0.phase = .closing } }
        core.monitor.wakeAll(.work)
        core.monitor.wakeAll(.space)
        committing.wait()
        core.directory.unlock()
    }

    /// Whether ``close()`` has ended: no frame comes any more, and all that are on disk can be read.
    package var isClosed: Bool { core.monitor.withLock { $0.phase == .closed } }

    package var statistics: SpoolStatistics {
        core.monitor.withLock { state in
            SpoolStatistics(
                appendedSequence: state.appended, durableSequence: state.durable,
                oldestSequence: state.segments.first?.first ?? state.durable + 1, segments: state.segments.count,
                retainedBytes: state.segments.reduce(0) { $0 + $1.end }, pendingBytes: state.pending.count,
                commits: state.commits, skippedSequences: state.skipped, stalled: state.stalled)
        }
    }

    /// A reader whose first frame is `sequence`, or the next one that is there.
    package func makeReader(from sequence: UInt64) -> SpoolReader { SpoolReader(core: core, next: max(1, sequence)) }
}
