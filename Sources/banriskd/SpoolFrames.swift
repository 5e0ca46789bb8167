import Pipeline
import RiskModel
import Spool

/// The spool's frames, from the oldest on; ends when the spool is closed and everything in it was given out.
struct SpoolFrames: FrameSource, ~Copyable {
    private static let maximumBytes = 8 << 20
    private static let pollMilliseconds = 1000

    private let spool: Spool
    private var reader: SpoolReader
    private var last: UInt64 = 0

    init(_ spool: Spool) {
        self.spool = spool
        reader = spool.makeReader(from: 1)
    }

    mutating func next(into batch: inout FrameBatch, maximumFrames: Int, notAfter: UInt64?) throws -> Bool {
        // Looked at before reading: what was committed by the closing is then read.
        let isClosed = spool.isClosed
        let count = try reader.read(
            into: &batch, maximumFrames: maximumFrames, maximumBytes: Self.maximumBytes, notAfter: notAfter)
        if let frame = batch.frames.last { last = frame.seq }
        if count > 0 || notAfter != nil { return true }
        if isClosed { return false }
        _ = spool.waitForSequence(after: max(last, spool.durableSequence), timeoutMilliseconds: Self.pollMilliseconds)
        return true
    }
}
