import RiskModel
import TestSupport
import Testing
@testable import Spool

/// Random damage to files: recovery loses only what it covers, says so, and never fails.
struct DamageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private struct Frame {
        var record: Record
        var segment: String
        /// As they were written.
        var bytes: [UInt8]
        var group: Int
    }

    /// Writes records in groups and segments; gives where each stands.
    private func prepare(_ limits: Spool.Limits, _ random: inout SeededGenerator) throws -> [Frame] {
        let driver = try SpoolDriver(folder.path, limits)
        var records: [Record] = []
        var groups: [Int] = []
        for group in 0..<Int.random(in: 1...8, using: &random) {
            for _ in 0..<Int.random(in: 1...15, using: &random) {
                let record = Record.random(UInt64(records.count + 1), maximumBytes: 200, using: &random)
                records.append(record)
                groups.append(group)
                try driver.spool.append(record)
            }
            try #require(driver.commit())
        }
        driver.close()
        let names = folder.segments
        var frames: [Frame] = []
        var position = 0
        for (record, group) in zip(records, groups) {
            let index = try #require(names.lastIndex { Segment.first(name: $0) ?? 0 <= record.sequence })
            if Segment.first(name: names[index]) == record.sequence { position = 36 }
            let bytes = try folder.contents(names[index])[position..<position + record.storedBytes]
            frames.append(Frame(record: record, segment: names[index], bytes: Array(bytes), group: group))
            position = bytes.endIndex
        }
        return frames
    }

    private func damage(_ file: inout [UInt8], _ random: inout SeededGenerator) {
        func noise(_ count: Int) -> [UInt8] {
            let isZero = Bool.random(using: &random)
            return (0..<count).map { _ in isZero ? 0 : UInt8.random(in: 0...255, using: &random) }
        }
        let low = Int.random(in: 0...file.count, using: &random)
        let high = min(file.count, low + Int.random(in: 0...300, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where low < file.count: file[low] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 1: file.replaceSubrange(low..<high, with: noise(high - low))
        case 2: file.removeSubrange(low..<high)
        case 3: file.insert(contentsOf: noise(Int.random(in: 1...300, using: &random)), at: low)
        case 4: file.removeSubrange(low...)
        default: file += noise(Int.random(in: 1...300, using: &random))
        }
    }

    /// Whether `bytes` stand in `file` in one piece, wherever.
    private func holds(_ bytes: [UInt8], _ file: [UInt8]) -> Bool {
        guard file.count >= bytes.count else { return false }
        return (0...file.count - bytes.count).contains { file[$0] == bytes[0] && file[$0...].starts(with: bytes) }
    }

    /// The first frame that is missing and may never have been acknowledged: one of the newest segment, of the last
    /// group of which something is left or of a later one, and not applied.
    private func firstUnproven(
        _ frames: [Frame], _ whole: [Frame], _ newest: [UInt8], header: [UInt8], _ applied: UInt64
    ) -> UInt64 {
        guard newest.count <= 36 || newest.starts(with: header) else { return .max }
        let segment = frames.filter { $0.segment == frames.last?.segment }
        let present = Set(whole.map(\.record.sequence))
        let group = segment.last { present.contains($0.record.sequence) }?.group ?? 0
        let missing = segment.first {
            $0.group >= group && $0.record.sequence > applied && !present.contains($0.record.sequence)
        }
        return missing?.record.sequence ?? .max
    }

    @Test(arguments: 1...seedCount)
    func `damage costs the frames that it touches, and is reported`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var limits = Spool.Limits()
        limits.segmentBytes = Int.random(in: 200...4000, using: &random)
        let frames = try prepare(limits, &random)
        let names = folder.segments
        var files: [String: [UInt8]] = [:]
        for name in names { files[name] = try folder.contents(name) }
        let written = files
        let headers = files.mapValues { Array($0[..<36]) }
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let name = random.pick(names)
            if var file = files[name] {
                damage(&file, &random)
                files[name] = file
                try folder.write(file, to: name)
            }
        }
        let count = UInt64(frames.count)
        let applied = random.pick([0, UInt64.random(in: 0...count, using: &random), count])

        let spool = try Spool(directory: folder.path, limits: limits, applied: applied)
        let report = spool.recovery
        let read = try spool.records(from: report.firstReadable)
        let whole = frames.filter { frame in
            guard let file = files[frame.segment], let header = headers[frame.segment] else { return false }
            return file.starts(with: header) && holds(frame.bytes, file)
        }
        let newest = try #require(names.last)
        let end = firstUnproven(frames, whole, files[newest] ?? [], header: headers[newest] ?? [], applied)
        let expected = whole.map(\.record).filter { $0.sequence < end }
        #expect(read.map(\.sequence) == expected.map(\.sequence))
        #expect(read == expected)
        // Every number up to the last is read or reported as lost.
        let reported = report.damages.compactMap(\.lost)
        #expect(report.lastSequence >= applied)
        for sequence in stride(from: 1, through: report.lastSequence, by: 1)
        where !read.contains(where: { $0.sequence == sequence }) {
            #expect(reported.contains { $0.contains(sequence) })
        }
        if report.damages.isEmpty, report.tornTail == nil {
            // All is there, but perhaps for whole frames at the very end, or with noise behind the end of a full segment.
            for (name, file) in files {
                let before = try #require(written[name])
                #expect(name == newest ? before.starts(with: file) : file.starts(with: before))
            }
        }

        // New frames go on behind all numbers that may have been acknowledged.
        let more = Record.several(3, from: report.lastSequence + 1, seed: seed)
        try spool.append(more)
        spool.close()
        let again = try Spool(directory: folder.path, limits: limits, applied: applied)
        #expect(try again.records(from: again.recovery.firstReadable) == read + more)
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `a segment in memory is read as its file is`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        _ = try prepare(.init(), &random)
        let name = folder.segments[0]
        var image = try folder.contents(name)
        damage(&image, &random)
        try folder.write(image, to: name)
        var batch = FrameBatch()
        let survey = try SegmentSurvey(image: image, into: &batch)
        var scanner = try SegmentScanner.open(name, in: SpoolDirectory(path: folder.path))
        #expect((survey == nil) == (scanner == nil))
        var frames: [UInt64] = []
        while let item = try scanner?.next() {
            switch item {
            case .frame(let found):
                frames.append(1 + UInt64(found.header.index))
                scanner?.advance(past: found)
            case .damage: continue
            case .end: scanner = nil
            }
        }
        #expect(batch.frames.map(\.seq) == frames)
        #expect(survey?.frames ?? 0 == frames.count)
    }

    /// More for a long run, by the environment.
    private static let seedCount: UInt64 = SeedCount.fromEnvironment("BANRISK_SPOOL_SEEDS", otherwise: 150)
}
