import Pipeline
import RiskModel
import Spool

/// The spool's frames, from the oldest that is retained.
///
/// Ends when the spool is closed and everything in it was given out, or after a time that a stop may take; at once while the
/// state is only being rebuilt. What is left then is for the next start.
struct SpoolFrames: FrameSource, ~Copyable {
    private static let maximumBytes = 8 << 20
    private static let pollMilliseconds = 1000
    /// How long a backlog is worked off after the closing; the rest is for the next start.
    private static let drainLimit = Duration.seconds(30)

    private let spool: Spool
    private var reader: SpoolReader
    private var last: UInt64 = 0
    private var drainDeadline: ContinuousClock.Instant?

    init(_ spool: Spool) {
        self.spool = spool
        reader = spool.makeReader(from: spool.recovery.firstReadable)
    }

    mutating func next(into batch: inout FrameBatch, maximumFrames: Int, notAfter: UInt64?) throws -> Bool {
        // Looked at before reading: what was committed by the closing is then read.
        let isClosed = spool.isClosed
        if isClosed {
            let deadline = drainDeadline ?? .now + Self.drainLimit
            drainDeadline = deadline
            if notAfter != nil || deadline < .now { return false }
        }
        let count = try reader.read(
            into: &batch, maximumFrames: maximumFrames, maximumBytes: Self.maximumBytes, notAfter: notAfter)
        if let frame = batch.frames.last { last = frame.seq }
        if count > 0 || notAfter != nil { return true }
        if isClosed { return false }
        _ = spool.waitForSequence(after: max(last, spool.durableSequence), timeoutMilliseconds: Self.pollMilliseconds)
        return true
    }
}
