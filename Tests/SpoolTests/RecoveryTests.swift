import Glibc
import RiskModel
import TestSupport
import Testing
@testable import Spool

struct RecoveryTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Writes `records` into one segment; gives its name and bytes, and where each frame begins, and the end.
    private func prepare(_ records: [Record]) throws -> (name: String, bytes: [UInt8], starts: [Int]) {
        let spool = try Spool(directory: folder.path)
        try spool.append(records)
        spool.close()
        let name = try #require(folder.segments.first)
        var starts = [36]
        for record in records { starts.append(starts[starts.count - 1] + record.storedBytes) }
        let bytes = try folder.contents(name)
        try #require(bytes.count == starts.last)
        return (name, bytes, starts)
    }

    @Test
    func `a file cut at any byte of its last frames loses only the frames that were cut`() throws {
        let records = Record.several(12)
        let (name, bytes, starts) = try prepare(records)
        let more = Record.several(3, from: 1, seed: 99)
        for cut in starts[8]...bytes.count {
            try folder.write(bytes[..<cut], to: name)
            let whole = starts.lastIndex { $0 <= cut } ?? 0
            let spool = try Spool(directory: folder.path)
            #expect(spool.recovery.lastSequence == UInt64(whole))
            #expect(spool.recovery.damages.isEmpty)
            #expect(
                spool.recovery.tornTail
                    == (starts.contains(cut)
                        ? nil : .init(segment: name, offset: starts[whole], bytes: cut - starts[whole], lost: nil)))
            #expect(try spool.records() == Array(records[..<whole]))
            try spool.append(more)
            spool.settle()
            #expect(try spool.records().map(\.bytes) == (records[..<whole] + more).map(\.bytes))
            spool.close()
            #expect(folder.segments == [name])
        }
    }

    @Test(arguments: 0...37)
    func `a file cut within its header or behind it is removed or kept`(cut: Int) throws {
        let (name, bytes, _) = try prepare(Record.several(3))
        try folder.write(bytes[..<cut], to: name)
        let spool = try Spool(directory: folder.path)
        #expect(spool.durableSequence == 0)
        #expect((spool.recovery.tornTail == nil) == (cut == 36))
        let records = Record.several(5, seed: 2)
        try spool.append(records)
        spool.settle()
        #expect(try spool.records() == records)
    }

    @Test
    func `zeros behind the last frame are cut`() throws {
        let records = Record.several(10)
        let (name, bytes, _) = try prepare(records)
        try folder.write(bytes + [UInt8](repeating: 0, count: 5000), to: name)
        let spool = try Spool(directory: folder.path)
        #expect(spool.recovery.tornTail == .init(segment: name, offset: bytes.count, bytes: 5000, lost: nil))
        #expect(try spool.records() == records)
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `a flipped bit costs its frame alone, and is reported with its extent`(seed: UInt64) throws {
        let records = Record.several(30, seed: seed)
        let (name, bytes, starts) = try prepare(records)
        var random = SeededGenerator(seed: seed)
        let victim = Int.random(in: 0..<29, using: &random)
        var damaged = bytes
        let position = Int.random(in: starts[victim]..<starts[victim + 1], using: &random)
        damaged[position] ^= 1 << UInt8.random(in: 0...7, using: &random)
        try folder.write(damaged, to: name)

        let spool = try Spool(directory: folder.path)
        let sequence = UInt64(victim + 1)
        #expect(
            spool.recovery.damages == [
                .init(
                    segment: name, offset: starts[victim], bytes: records[victim].storedBytes, lost: sequence...sequence
                )
            ])
        #expect(spool.recovery.tornTail == nil)
        var expected = records
        expected.remove(at: victim)
        #expect(try spool.records() == expected)
        #expect(spool.statistics.skippedSequences == 1)
        #expect(try spool.records(notAfter: sequence) == Array(records[..<victim]))
        let more = Record.several(5, from: 31, seed: 77)
        try spool.append(more)
        spool.settle()
        #expect(try spool.records() == expected + more)
    }

    @Test
    func `a frame inside of an event is not taken for one behind damage`() throws {
        // The event holds a whole frame as the format has it, with the checksum of a sender who does not know the salt.
        var inner = [UInt8](repeating: 0, count: 16) + Array("forged".utf8)
        inner[4] = 6
        inner[8] = 1
        inner[12] = Source.stream.rawValue
        let checksum = CRC32C.checksum(inner.span.bytes.extracting(4...))
        for i in 0..<4 { inner[i] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * i)) }
        var records = Record.several(3)
        records[1].bytes = inner + inner
        let (name, bytes, starts) = try prepare(records)
        var damaged = bytes
        damaged[starts[1] + 5] ^= 0x40
        try folder.write(damaged, to: name)
        #expect(try Spool(directory: folder.path).records() == [records[0], records[2]])
    }

    @Test(arguments: [false, true])
    func `a segment whose header is damaged is skipped and its numbers are not given again`(newest: Bool) throws {
        var limits = Spool.Limits()
        limits.segmentBytes = 400
        let records = Record.several(60)
        let first = try Spool(directory: folder.path, limits: limits)
        try first.append(records)
        first.close()
        let names = folder.segments
        let index = newest ? names.count - 1 : 3
        var bytes = try folder.contents(names[index])
        bytes[20] ^= 1
        try folder.write(bytes, to: names[index])

        let spool = try Spool(directory: folder.path, limits: limits)
        let damage = try #require(spool.recovery.damages.first)
        let lost = try #require(damage.lost)
        #expect(damage.segment == names[index])
        #expect(damage.bytes == bytes.count)
        let more = Record(sequence: max(60, newest ? lost.upperBound : 0) + 1, bytes: [1], source: .file, flags: [])
        try spool.append(more)
        spool.settle()
        #expect(try spool.records() == records.filter { !lost.contains($0.sequence) } + [more])
        #expect(folder.names.contains(names[index]))
    }

    @Test
    func `a segment of a newer version is refused by name`() throws {
        let (name, bytes, _) = try prepare(Record.several(3))
        var newer = bytes
        newer[8] = 2
        let checksum = CRC32C.checksum(newer.span.bytes.extracting(0..<32))
        for i in 0..<4 { newer[32 + i] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * i)) }
        try folder.write(newer, to: name)
        #expect(throws: SpoolError.unsupportedVersion(path: "\(folder.path)/\(name)", version: 2)) {
            _ = try Spool(directory: folder.path)
        }
    }

    @Test
    func `damage in a segment too old to verify is skipped by the reader`() throws {
        var limits = Spool.Limits()
        limits.segmentBytes = 400
        limits.verifiedBytes = 0
        let records = Record.several(60)
        let first = try Spool(directory: folder.path, limits: limits)
        try first.append(records)
        first.close()
        let name = folder.segments[0]
        var bytes = try folder.contents(name)
        bytes[36] ^= 1
        try folder.write(bytes, to: name)
        let spool = try Spool(directory: folder.path, limits: limits)
        #expect(spool.recovery.damages.isEmpty)
        #expect(try spool.records() == Array(records[1...]))
        #expect(spool.statistics.skippedSequences == 1)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `random appends, reopenings and torn writes leave what an array holds`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var limits = Spool.Limits()
        limits.segmentBytes = Int.random(in: 200...3000, using: &random)
        var model: [Record] = []
        for _ in 0..<15 {
            let spool = try Spool(directory: folder.path, limits: limits)
            try #require(spool.durableSequence == UInt64(model.count))
            try #require(try spool.records() == model)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                for _ in 0..<Int.random(in: 1...20, using: &random) {
                    let record = Record.random(UInt64(model.count + 1), maximumBytes: 300, using: &random)
                    model.append(record)
                    try spool.append(record)
                }
                spool.settle()
                let from = UInt64.random(in: 1...UInt64(model.count), using: &random)
                try #require(try spool.records(from: from) == Array(model[Int(from - 1)...]))
            }
            spool.close()
            // A torn write: some bytes of the end are gone, or noise follows.
            guard let name = folder.segments.last else { continue }
            let bytes = try folder.contents(name)
            if Bool.random(using: &random) {
                let noise = (0..<Int.random(in: 1...100, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                try folder.write(bytes + noise, to: name)
            } else {
                var cut = Int.random(in: 0...min(400, bytes.count - 36), using: &random)
                try folder.write(bytes.dropLast(cut), to: name)
                var size = bytes.count
                while cut > 0, size > 36, let last = model.last {
                    size -= last.storedBytes
                    cut -= last.storedBytes
                    model.removeLast()
                }
            }
        }
    }
}
