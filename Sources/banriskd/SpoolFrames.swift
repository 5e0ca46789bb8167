import Assembly
import Ordering
import Pipeline
import RiskModel
import Settings
import Spool

/// The spool's frames, from a number on.
///
/// Ends when the spool is closed and everything in it was given out, or after a time that a stop may take; at once while the
/// state is only being rebuilt. What is left then is for the next start.
///
/// Where events wait for others and nothing comes, it appends a frame that says so: the pause stands in the spool like
/// everything else that results depend on.
struct SpoolFrames: FrameSource, ~Copyable {
    private static let maximumBytes = 8 << 20
    private static let pollMilliseconds = 200
    /// How long a backlog is worked off after the closing; the rest is for the next start.
    private static let drainLimit = Duration.seconds(30)
    /// The shortest time without frames that counts as a pause.
    private static let shortestPause = Duration.seconds(1)

    private let spool: Spool
    private let pipeline: Pipeline
    private let live: LiveAssembly
    private let forgetter: Forgetter
    private let stop: StopRequest
    private var reader: SpoolReader
    private var last: UInt64
    private var lastIsPause = false
    private var lastArrival = ContinuousClock.now
    private var drainDeadline: ContinuousClock.Instant?

    init(
        _ spool: Spool, from seq: UInt64, pipeline: Pipeline, live: LiveAssembly, forgetter: Forgetter,
        stop: StopRequest
    ) {
        self.spool = spool
        self.pipeline = pipeline
        self.live = live
        self.forgetter = forgetter
        self.stop = stop
        last = seq - 1
        reader = spool.makeReader(from: max(seq, spool.recovery.firstReadable))
    }

    mutating func next(into batch: inout FrameBatch, maximumFrames: Int, notAfter: UInt64?) throws -> Bool {
        // Looked at before reading: what was committed by the closing is then read.
        let isClosed = spool.isClosed
        if isClosed {
            let deadline = drainDeadline ?? .now + Self.drainLimit
            drainDeadline = deadline
            if notAfter != nil || deadline < .now || stop.isHurried { return false }
        }
        let barrier = notAfter == nil ? forgetter.barrier : nil
        let count = try reader.read(
            into: &batch, maximumFrames: maximumFrames, maximumBytes: Self.maximumBytes,
            notAfter: notAfter ?? barrier)
        if let frame = batch.frames.last {
            last = frame.seq
            lastIsPause = frame.source == .pause
            lastArrival = .now
        }
        if count > 0 || notAfter != nil { return true }
        if isClosed { return false }
        if barrier != nil {
            forgetter.reach()
            return true
        }
        let durable = spool.waitForSequence(
            after: max(last, spool.durableSequence), timeoutMilliseconds: Self.pollMilliseconds)
        if durable <= last { try notePause() }
        return true
    }

    /// Ends the waiting of events for others that may come late, when nothing has come for as long as they may be.
    private mutating func notePause() throws {
        let lateness = Duration.microseconds(live.current.configuration.time.allowedLateness.microseconds)
        let ordering = pipeline.statistics.ordering
        guard ordering.held > 0 || ordering.inDoubt > 0, !lastIsPause,
            ContinuousClock.now - lastArrival >= max(lateness, Self.shortestPause)
        else { return }
        let text: [UInt8] = Array("pause".utf8)
        do {
            try spool.append(text.span, source: .pause, flags: [], origin: .none)
        } catch SpoolError.closed {
        }
    }
}
