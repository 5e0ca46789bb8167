import Dispatch
import Glibc
package import RiskModel
import Synchronization

/// Frames on disk, in order, numbered from 1.
///
/// - An acknowledgement means on disk: ``durableSequence`` covers a frame only after its bytes were synced.
/// - The number is the order. Numbers have no gaps except where a disk was damaged; then the loss is reported.
/// - A frame that a sender numbers is stored once, however often it is sent.
/// - Bounded: what waits for the disk by ``Limits/pendingBytes``, where appends wait; what is kept by
///   ``Limits/retainedBytes`` and ``Limits/retainedSeconds``, where the oldest segments go whose frames were released;
///   sessions by number, where the one is forgotten that has appended nothing for the longest time.
///
/// Frames reach the disk in groups, by a thread of its own. docs/specs/spool.md describes the files.
package final class Spool: AcknowledgingSink, Sendable {
    package struct Limits: Sendable {
        /// A segment ends with the frame that reaches this size. At most 4 GiB.
        package var segmentBytes = 128 << 20
        /// How much may wait for the disk in memory, with 28 or 44 bytes for each frame. Half of it is for what is
        /// being written.
        package var pendingBytes = 16 << 20
        /// How long a group waits for more frames. It waits no longer once a quarter of ``pendingBytes`` has come.
        package var commitDelayMilliseconds = 2
        /// Beyond this size the oldest released segments are removed.
        package var retainedBytes = 16 << 30
        /// Released segments are removed when their newest frame was received longer ago than this; `nil` for no limit.
        ///
        /// "Now" is when the newest frame on disk was received, so a clock that jumps removes nothing by itself.
        package var retainedSeconds: Int?
        /// How much is verified at the opening, from the newest frame back; readers verify all that they read anyway.
        package var verifiedBytes = 1 << 30

        /// How many sessions are remembered.
        var sessions = SessionTable.standardCapacity
        /// How long a commit that failed waits.
        var retryMilliseconds = 200

        package init() {}

        /// What one group can hold; the longest frame fits at least.
        var groupBytes: Int { max(pendingBytes / 2, FrameHeader.maximumBytes + Frame.maximumBytes) }
        var eagerBytes: Int { groupBytes / 2 }
    }

    /// What was found in the directory at the opening.
    package let recovery: RecoveryReport

    let core: SpoolCore
    /// Entered until the committer has ended.
    private let committing = DispatchGroup()

    /// Opens or creates the spool in `directory`, and takes its lock.
    ///
    /// - Parameter applied: the highest number that the store has seen. New frames get higher ones even if the
    ///   directory was emptied or its last frames were lost; they would count as applied otherwise.
    /// - Throws: ``SpoolError/inUse(directory:holder:)`` while another process has the spool.
    package convenience init(directory: String, limits: Limits = Limits(), applied: UInt64 = 0) throws(SpoolError) {
        try self.init(directory: directory, limits: limits, applied: applied, disk: .system)
    }

    convenience init(
        directory path: String, limits: Limits, applied: UInt64 = 0, disk: Disk,
        now: @escaping @Sendable () -> Timestamp = wallClock
    ) throws(SpoolError) {
        let directory = try SpoolDirectory(path: path, disk: disk)
        let found = try Recovery(
            directory: directory, verifiedBytes: limits.verifiedBytes, sessionCapacity: limits.sessions,
            applied: applied)
        let core = SpoolCore(directory: directory, limits: limits, recovery: found, now: now)
        self.init(core: core, recovery: found.report)
        let resumption = found.resumption
        DispatchQueue(label: "banrisk.spool.committer").async(group: committing) {
            var committer = Committer(core: core, resumption: resumption)
            committer.run()
        }
    }

    /// A spool that has no committer yet.
    init(core: SpoolCore, recovery: RecoveryReport) {
        self.core = core
        self.recovery = recovery
    }

    deinit { close() }

    /// Appends a copy of `line` to the next group. From any thread; waits while too much waits for the disk.
    ///
    /// The frames of a session (`flags` has ``FrameFlags/numbered``, and the session is not 0) come with rising
    /// ordinals. One whose ordinal is not above the session's last was stored already, and is not stored again.
    ///
    /// - Returns: the frame's number. For one that was stored already the number of its session's last frame: when that
    ///   is on disk, so is this one.
    /// - Throws: ``SpoolError/closed``; ``SpoolError/frameLength(_:)`` for 0 or more than ``Frame/maximumBytes`` bytes.
    @discardableResult
    package func append(
        _ line: Span<UInt8>, source: Source, flags: FrameFlags, origin: FrameOrigin
    ) throws -> UInt64 {
        let count = line.count
        guard (1...Frame.maximumBytes).contains(count) else { throw SpoolError.frameLength(count) }
        let isOfSession = flags.isNumbered && origin.session != 0
        let eagerBytes = core.limits.eagerBytes
        let received = core.now()
        let (sequence, wake) = try core.monitor.wait(for: .space) {
            $0.pending.fits(count) || $0.phase != .open
        } then: { state throws(SpoolError) in
            guard state.phase == .open else { throw .closed }
            let sequence = state.appended + 1
            if isOfSession, let last = state.sessions.note(origin, sequence: sequence) {
                state.repeated += 1
                return (last.sequence, false)
            }
            let before = state.pending.count
            state.pending.append(line, source: source, flags: flags, received: received, origin: origin)
            state.appended = sequence
            return (sequence, before == 0 || (before < eagerBytes && state.pending.count >= eagerBytes))
        }
        if wake { core.monitor.wakeOne(.work) }
        return sequence
    }

    /// The highest number that is on disk, with all before it.
    package var durableSequence: UInt64 { core.durable.load(ordering: .acquiring) }

    /// Has `body` called after each commit, on the committer's thread, which waits for it: it must be quick.
    ///
    /// For good, beside those that were given before: each way in asks once. All are let go of when the spool is closed.
    /// What was committed before the call is not told: look at ``durableSequence`` after it.
    package func onDurable(_ body: @escaping @Sendable () -> Void) {
        core.monitor.withLock { if $0.phase != .closed { $0.observers.append(body) } }
    }

    /// The highest ordinal of a session that was appended; it may still wait for the disk. `nil` if there is none.
    ///
    /// Known of the 65,536 sessions that appended last, and after a start as far as their frames are in the part of the
    /// spool that is verified then.
    package func lastOrdinal(of session: UInt64) -> UInt64? {
        core.monitor.withLock { $0.sessions.last(of: session)?.ordinal }
    }

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
    /// as far as ``Limits/retainedBytes`` or ``Limits/retainedSeconds`` asks for it. The newest segment stays.
    package func release(through sequence: UInt64) {
        let limits = core.limits
        let expired = core.monitor.withLock {
            $0.expire(through: sequence, limits)
            return $0.expired
        }
        for segment in expired {
            do {
                // From the oldest, one by one, so that a crash in between leaves no hole.
                try core.directory.remove(segment.name)
                try core.directory.sync()
            } catch {
                return  // The next release tries again.
            }
            core.monitor.withLock { $0.expired.removeAll { $0 == segment } }
        }
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
                commits: state.commits, skippedSequences: state.skipped, repeatedFrames: state.repeated,
                sessions: state.sessions.count, forgottenSessions: state.sessions.forgotten, stalled: state.stalled)
        }
    }

    /// A reader whose first frame is `sequence`, or the next one that is there.
    package func makeReader(from sequence: UInt64) -> SpoolReader { SpoolReader(core: core, next: max(1, sequence)) }

    /// The time of the last tick, a few milliseconds ago.
    private static func wallClock() -> Timestamp {
        var time = timespec()
        // SAFETY: the call writes only into `time`.
        unsafe _ = clock_gettime(CLOCK_REALTIME_COARSE, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        return Timestamp(microseconds: max(0, microseconds))
    }
}
