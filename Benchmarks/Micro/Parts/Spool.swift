import Foundation
import RiskModel
import Spool

/// Lines into the spool, until they are on disk.
struct SpoolAppend: Part {
    static let name = "spool, append and sync"
    private let spool: Spool
    private let frames: [FrameBatch]

    init(_ workload: Workload) throws {
        frames = workload.frames
        spool = try Spool(directory: try workload.emptyFolder("spool-append").path)
    }

    func step(_ batch: Int) throws { try spool.take(frames[batch]) }
}

/// Lines out of the spool, their checksums verified. A class, since a reader cannot be copied.
final class SpoolRead: Part {
    static let name = "spool, read"
    private let spool: Spool
    private var reader: SpoolReader
    private var batch = FrameBatch()

    init(_ workload: Workload) throws {
        spool = try Spool(directory: try workload.emptyFolder("spool-read").path)
        for frames in workload.frames { try spool.take(frames) }
        reader = spool.makeReader(from: 1)
    }

    func step(_ batch: Int) throws {
        self.batch.removeAll()
        let count = try reader.read(
            into: &self.batch, maximumFrames: Workload.batchSize, maximumBytes: 64 << 20)
        precondition(count == Workload.batchSize, "all frames are there")
    }
}

extension Spool {
    /// Appends all frames, and waits until they are on disk.
    fileprivate func take(_ batch: FrameBatch) throws {
        var last: UInt64 = 0
        let bytes = batch.bytes.span
        for frame in batch.frames {
            let line = bytes.extracting(frame.offset..<frame.offset + frame.count)
            last = try append(line, source: .stream, flags: [], origin: .none)
        }
        while waitForSequence(after: last - 1, timeoutMilliseconds: 10_000) < last {}
    }
}
