import RiskModel
import Synchronization

/// What the spool, its committer and its readers share.
final class SpoolCore: Sendable {
    struct State: ~Copyable {
        var pending: CommitBuffer
        /// The number of the newest frame in `pending`, or on disk.
        var appended: UInt64
        var durable: UInt64
        /// The segments with durable frames, ascending.
        var segments: [Segment]
        /// Segments that are no longer kept, but whose files are not removed yet, ascending.
        var expired: [Segment] = []
        var sessions: SessionTable
        var phase = Phase.open
        var stalled: SpoolError?
        var commits: UInt64 = 0
        var skipped: UInt64 = 0
        var repeated: UInt64 = 0
        /// The committer is to begin another segment.
        var mustCloseSegment = false
        /// Whom to tell after each commit.
        var observers: [@Sendable () -> Void] = []
    }

    enum Phase {
        case open
        /// Takes no more frames; the committer writes what is pending.
        case closing
        case closed
    }

    let directory: SpoolDirectory
    let limits: Spool.Limits
    /// The wall clock.
    let now: @Sendable () -> Timestamp
    let monitor: Monitor<State>
    /// The same as in the state, for readers without the lock.
    let durable: Atomic<UInt64>
    /// Rises when segments were written anew: what a reader has open is not what is there.
    let readersMustReopen = Atomic<UInt64>(0)

    init(
        directory: consuming SpoolDirectory, limits: Spool.Limits, recovery: Recovery,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.directory = directory
        self.limits = limits
        self.now = now
        let last = recovery.report.lastSequence
        durable = Atomic(last)
        monitor = Monitor(
            State(
                pending: CommitBuffer(capacity: limits.groupBytes), appended: last, durable: last,
                segments: recovery.segments, sessions: recovery.sessions))
    }

    /// The segment with frame `sequence`, or with the first one after it; `nil` if none is durable.
    ///
    /// - Returns: also whether the segment is the newest, which may still grow.
    /// - Throws: ``SpoolError/notRetained(sequence:oldest:)`` for a number before the oldest segment's.
    func segment(with sequence: UInt64) throws(SpoolError) -> (segment: Segment, isNewest: Bool)? {
        try monitor.withLock { state throws(SpoolError) in
            guard let oldest = state.segments.first else { return nil }
            guard sequence >= oldest.first else {
                throw .notRetained(sequence: sequence, oldest: oldest.first)
            }
            var low = 0
            var high = state.segments.count
            while low < high {
                let middle = (low + high) / 2
                if state.segments[middle].last < sequence { low = middle + 1 } else { high = middle }
            }
            return low < state.segments.count ? (state.segments[low], low == state.segments.count - 1) : nil
        }
    }

    /// Has the committer end the segment that grows, and waits for that: none is written to any more that is there now.
    func closeNewestSegment() throws(SpoolError) {
        let isOpen = monitor.withLock { state in
            state.mustCloseSegment = state.phase == .open
            return state.phase == .open
        }
        guard isOpen else { throw .closed }
        monitor.wakeAll(.work)
        let isClosed = monitor.wait(for: .durable) {
            !$0.mustCloseSegment || $0.phase == .closed
        } then: {
            $0.phase == .closed
        }
        if isClosed { throw .closed }
    }
}
