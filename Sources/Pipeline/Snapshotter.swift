import Dispatch
import Glibc
package import Store
import Synchronization

/// Takes snapshots of a running pipeline: at intervals beside it, and at once where it stands still anyway.
///
/// A snapshot counts from when it is whole and on disk, and the database has durably what it includes: a state must never be
/// ahead of the database. Only then are older ones removed, and the spool told what no start needs any more.
package final class Snapshotter: Sendable {
    /// What has become of the snapshots since the start.
    package struct Statistics: Sendable, Hashable {
        package var written = 0
        package var failed = 0
        /// The last frame in the newest snapshot; 0 if there is none.
        package var lastSeq: UInt64 = 0
        /// How long the newest took to write, and for how long the pipeline stood still for it, in milliseconds.
        package var milliseconds = 0
        package var pauseMilliseconds = 0.0
        package var bytes = 0
        /// Why the last attempt failed; `nil` when it did not.
        package var failure: String?
    }

    private struct State {
        var statistics = Statistics()
        /// Is written by a child, or waits for the database.
        var running: ForkedSnapshot?
        var nextDue: ContinuousClock.Instant
        var isCancelled = false
    }

    /// A child that takes longer is stuck.
    private static let patience = Duration.seconds(600)

    private let folder: SnapshotFolder
    private let writer: StoreWriter
    private let interval: Duration
    private let onReleasable: @Sendable (UInt64) -> Void
    private let state: Mutex<State>
    private let background = DispatchQueue(label: "banrisk.snapshots")

    /// - Parameters:
    ///   - startSeq: the snapshot that the pipeline was restored from; 0 for none.
    ///   - onReleasable: called with a frame up to which no start needs any.
    package init(
        folder: SnapshotFolder, writer: StoreWriter, interval: Duration, startSeq: UInt64,
        onReleasable: @escaping @Sendable (UInt64) -> Void
    ) {
        self.folder = folder
        self.writer = writer
        self.interval = interval
        self.onReleasable = onReleasable
        state = Mutex(State(nextDue: .now + interval))
        state.withLock { $0.statistics.lastSeq = startSeq }
    }

    package var statistics: Statistics { state.withLock { $0.statistics } }

    /// Begins a snapshot beside the pipeline if one is due. To be called by the pipeline's thread, between two batches.
    package func takeIfDue(of pipeline: Pipeline) {
        let seq = pipeline.statistics.throughSeq
        let isDue = state.withLock { state in
            guard state.running == nil, ContinuousClock.now >= state.nextDue else { return false }
            state.nextDue = .now + interval
            return seq > state.statistics.lastSeq
        }
        guard isDue else { return }
        do throws(SnapshotError) {
            let start = ContinuousClock.now
            let child = try ForkedSnapshot(of: pipeline, to: folder.unfinishedPath(seq: seq))
            state.withLock { $0.running = child }
            background.async { [self] in
                do throws(SnapshotError) {
                    try child.wait(patience: Self.patience)
                    try finish(seq, since: start, pause: child.pause)
                } catch {
                    fail(error.description)
                }
                state.withLock { $0.running = nil }
            }
        } catch {
            fail(error.description)
        }
    }

    /// Writes a snapshot now, while the pipeline waits; the database must have everything. Nothing is done where the newest
    /// snapshot has this state already.
    ///
    /// - Parameter isSole: The older ones hold what must not be kept: it is written in any case, and they are removed.
    /// - Returns: whether there is one now.
    package func takeNow(of pipeline: Pipeline, isSole: Bool = false) -> Bool {
        cancel()
        background.sync {}
        state.withLock { $0.isCancelled = false }
        let seq = pipeline.statistics.throughSeq
        guard isSole || seq > statistics.lastSeq else { return true }
        let start = ContinuousClock.now
        do throws(SnapshotError) {
            let path = folder.unfinishedPath(seq: seq)
            // SAFETY: the path is a C string for the length of the call.
            unsafe _ = unlink(path)
            try pipeline.writeSnapshot(to: path)
            try finish(seq, since: start, pause: .now - start)
            if isSole { try folder.removeAll(but: seq) }
            return true
        } catch {
            fail(error.description)
            return false
        }
    }

    /// Gives up the snapshot that is being written, if one is.
    package func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.running?.cancel()
        }
    }

    /// Waits until the database has what the snapshot includes, and lets it count.
    private func finish(
        _ seq: UInt64, since start: ContinuousClock.Instant, pause: Duration
    ) throws(SnapshotError) {
        let path = folder.unfinishedPath(seq: seq)
        while writer.appliedSeq < seq {
            if state.withLock({ $0.isCancelled }) {
                unsafe _ = unlink(path)
                return
            }
            usleep(20_000)
        }
        do {
            try writer.makeDurable()
        } catch {
            unsafe _ = unlink(path)
            return fail("\(error)")
        }
        var status = stat()
        // SAFETY: stat writes only into `status`.
        unsafe _ = stat(path, &status)
        let releasable = try folder.publish(seq: seq)
        state.withLock { state in
            state.statistics.written += 1
            state.statistics.lastSeq = seq
            state.statistics.milliseconds = Int((.now - start) / .milliseconds(1))
            state.statistics.pauseMilliseconds = pause / .milliseconds(1)
            state.statistics.bytes = Int(status.st_size)
            state.statistics.failure = nil
        }
        onReleasable(releasable)
    }

    private func fail(_ why: String) {
        state.withLock { state in
            // A snapshot that was given up on purpose has not failed.
            if state.isCancelled { return }
            state.statistics.failed += 1
            state.statistics.failure = why
        }
    }
}
