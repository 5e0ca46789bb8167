import RiskModel
@testable import Spool
import Testing

/// Frames that are overwritten where they stand.
struct RewriteTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func limits() -> Spool.Limits {
        var limits = Spool.Limits()
        limits.segmentBytes = 1500
        return limits
    }

    /// Overwrites the frames with these numbers.
    private static func erase(_ numbers: Set<UInt64>, in spool: Spool) throws -> RewriteReport {
        try spool.rewrite(where: { _ in true }) { frames in
            var redactions: [Int: Redaction] = [:]
            for (index, frame) in frames.frames.enumerated() where numbers.contains(frame.seq) {
                redactions[index] =
                    frame.seq % 2 == 0 ? .erased : .line([UInt8](repeating: UInt8(ascii: "y"), count: frame.count))
            }
            return redactions
        }
    }

    /// What must come of the records: an even number is erased, an odd one has another line.
    private static func expected(_ records: [Record], _ numbers: Set<UInt64>) -> [Record] {
        records.map { record in
            guard numbers.contains(record.sequence) else { return record }
            var record = record
            let isErased = record.sequence % 2 == 0
            record.bytes = [UInt8](repeating: UInt8(ascii: isErased ? "x" : "y"), count: record.bytes.count)
            if isErased { record.flags.insert(.erased) }
            return record
        }
    }

    @Test
    func `numbers, lengths, sources and origins stay, and a restart reads the same`() throws {
        let records = Record.several(200)
        let numbers: Set<UInt64> = [1, 2, 77, 78, 199, 200]
        let spool = try Spool(directory: folder.path, limits: Self.limits())
        try spool.append(records)
        spool.settle()
        let before = folder.names
        let report = try Self.erase(numbers, in: spool)
        #expect(report.erased == 3 && report.altered == 3 && report.throughSequence == 200)
        #expect(report.segmentsWritten < report.segments)
        #expect(folder.names == before)
        let expected = Self.expected(records, numbers)
        #expect(try spool.records() == expected)
        spool.close()
        let again = try Spool(directory: folder.path, limits: Self.limits())
        #expect(again.recovery.damages.isEmpty && again.recovery.tornTail == nil)
        #expect(try again.records() == expected)
    }

    @Test
    func `a reader sees what is there, and new frames go on behind it`() throws {
        let records = Record.several(60)
        let spool = try Spool(directory: folder.path)
        try spool.append(records[..<50])
        spool.settle()
        var reader = spool.makeReader(from: 1)
        var batch = FrameBatch()
        #expect(try reader.read(into: &batch, maximumFrames: 10, maximumBytes: .max) == 10)
        _ = try Self.erase([20, 30], in: spool)
        try spool.append(records[50...])
        spool.settle()
        batch.removeAll()
        #expect(try reader.read(into: &batch, maximumFrames: 100, maximumBytes: .max) == 50)
        let read = batch.frames.map { batch.bytes(of: $0) }.map(Array.init)
        #expect(read == Self.expected(records, [20, 30])[10...].map(\.bytes))
        #expect(spool.statistics.segments == 2)
    }

    @Test
    func `segments without a suspect are not touched`() throws {
        let spool = try Spool(directory: folder.path)
        try spool.append(Record.several(20))
        spool.settle()
        let report = try spool.rewrite(where: { _ in false }) { _ in
            Issue.record("nothing to look at")
            return [:]
        }
        #expect(report.segmentsWritten == 0 && report.segments == 1)
    }
}
