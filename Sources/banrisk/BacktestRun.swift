import Assembly
import Evaluation
import Pipeline
import RiskModel
import Spool

/// The same frames under two sets of rules, in one pass, into databases that are gone afterwards.
struct BacktestRun {
    private static let batchFrames = 8192

    private let folder: TemporaryFolder
    private var before: BacktestSide
    private var after: BacktestSide
    private var firstSeq: UInt64?

    init(before: Assembly, after: Assembly) throws {
        folder = try TemporaryFolder()
        self.before = try BacktestSide(before, database: folder.file("before.db"))
        self.after = try BacktestSide(after, database: folder.file("after.db"))
    }

    /// Takes all frames of a source; shows meanwhile how far it is.
    mutating func run(_ source: inout some FrameSource & ~Copyable, totalBytes: Int?) throws {
        var batch = FrameBatch()
        var progress = ProgressBar(totalBytes: totalBytes)
        var bytes = 0
        while try source.next(into: &batch, maximumFrames: Self.batchFrames, notAfter: nil) {
            firstSeq = firstSeq ?? batch.frames.first?.seq
            try before.process(batch)
            try after.process(batch)
            bytes += batch.bytes.count + batch.frames.count
            progress.update(bytes: bytes, events: before.pipeline.statistics.frames)
            batch.removeAll()
        }
        progress.clear()
        try before.finish()
        try after.finish()
    }

    func report(_ moment: Moment) throws -> BacktestReport {
        try BacktestReport(before: before, after: after, moment: moment, firstSeq: firstSeq)
    }
}

/// The frames that a spool keeps.
struct ArchiveFrames: FrameSource, ~Copyable {
    private static let maximumBytes = 8 << 20

    private var archive: SpoolArchive

    /// - Throws: ``ToolError/faultyInput(_:)`` where the spool cannot be read.
    init(directory: String) throws(ToolError) {
        do {
            archive = try SpoolArchive(directory: directory)
        } catch {
            throw .faultyInput("\(error)")
        }
    }

    mutating func next(into batch: inout FrameBatch, maximumFrames: Int, notAfter: UInt64?) throws -> Bool {
        do {
            return try archive.read(into: &batch, maximumFrames: maximumFrames, maximumBytes: Self.maximumBytes) > 0
        } catch {
            throw ToolError.faultyInput("\(error)")
        }
    }
}
