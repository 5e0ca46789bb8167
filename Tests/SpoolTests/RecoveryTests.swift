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
        return try prepare(groups: [records])
    }

    /// The same, with the frames written in these groups.
    private func prepare(groups: [[Record]]) throws -> (name: String, bytes: [UInt8], starts: [Int]) {
        var limits = Spool.Limits()
        limits.commitDelayMilliseconds = 60_000
        for group in groups {
            // The close commits what waits, as one group.
            let spool = try Spool(directory: folder.path, limits: limits)
            try spool.append(group)
            spool.close()
        }
        let records = groups.flatMap(\.self)
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
        #expect((spool.recovery.tornTail == nil) == [0, 36].contains(cut))
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
        let last = Record.several(1, from: 31)
        // The second group says that the first was synced.
        let (name, bytes, starts) = try prepare(groups: [records, last])
        var random = SeededGenerator(seed: seed)
        let victim = Int.random(in: 0..<30, using: &random)
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
        var expected = records + last
        expected.remove(at: victim)
        #expect(try spool.records() == expected)
        #expect(spool.statistics.skippedSequences == 1)
        #expect(try spool.records(notAfter: sequence) == Array(records[..<victim]))
        let more = Record.several(5, from: 32, seed: 77)
        try spool.append(more)
        spool.settle()
        #expect(try spool.records() == expected + more)
    }

    @Test(arguments: 0..<10, [0, 3, 6, 10] as [UInt64])
    func `the last group ends at its first frame that cannot be read, unless the store has applied that one`(
        victim: Int, applied: UInt64
    ) throws {
        let records = Record.several(10)
        let (name, bytes, starts) = try prepare(groups: [Array(records[..<5]), Array(records[5...])])
        var damaged = bytes
        damaged[starts[victim] + 30] ^= 1
        try folder.write(damaged, to: name)

        let spool = try Spool(directory: folder.path, applied: applied)
        let isKnown = victim < 5 || UInt64(victim) < applied
        let sequence = UInt64(victim + 1)
        let lost = RecoveryReport.Damage(
            segment: name, offset: starts[victim], bytes: starts[victim + 1] - starts[victim],
            lost: sequence...sequence)
        let torn = RecoveryReport.Damage(
            segment: name, offset: starts[victim], bytes: bytes.count - starts[victim], lost: nil)
        #expect(spool.recovery.damages == (isKnown ? [lost] : []))
        #expect(spool.recovery.tornTail == (isKnown ? nil : torn))
        var expected = isKnown ? records : Array(records[..<victim])
        if isKnown { expected.remove(at: victim) }
        #expect(try spool.records() == expected)
        // The numbers of what was not acknowledged are given again; those of what was are not.
        let next = isKnown ? 11 : max(sequence, applied + 1)
        let more = Record.several(3, from: next, seed: 5)
        try spool.append(more)
        spool.settle()
        #expect(try spool.records() == expected + more)
        spool.close()
        #expect(try Spool(directory: folder.path).records() == expected + more)
    }

    @Test
    func `a hole of frames that were synced and frames that were not is cut behind it`() throws {
        let records = Record.several(10)
        let (name, bytes, starts) = try prepare(groups: [Array(records[..<5]), Array(records[5...])])
        var damaged = bytes
        for i in 3..<7 { damaged[starts[i] + 30] ^= 1 }
        try folder.write(damaged, to: name)

        let lost = RecoveryReport.Damage(
            segment: name, offset: starts[3], bytes: starts[7] - starts[3], lost: 4...5)
        let spool = try Spool(directory: folder.path)
        #expect(spool.recovery.damages == [lost])
        #expect(
            spool.recovery.tornTail
                == .init(segment: name, offset: starts[7], bytes: bytes.count - starts[7], lost: nil))
        let more = Record.several(3, from: 6, seed: 5)
        try spool.append(more)
        spool.settle()
        #expect(try spool.records() == records[..<3] + more)
        spool.close()
        let again = try Spool(directory: folder.path)
        #expect(again.recovery.damages == [lost])
        #expect(again.recovery.tornTail == nil)
        #expect(try again.records() == records[..<3] + more)
    }

    @Test
    func `frames that are missing at the end of an older segment are reported`() throws {
        var limits = Spool.Limits()
        limits.segmentBytes = 400
        let records = Record.several(60)
        let first = try Spool(directory: folder.path, limits: limits)
        try first.append(records)
        first.close()
        let names = folder.segments
        let kept = try #require(Segment.first(name: names[2]))
        let next = try #require(Segment.first(name: names[3]))
        // The first frame of the third segment stays.
        let end = 36 + records[Int(kept) - 1].storedBytes
        try folder.write(try folder.contents(names[2])[..<end], to: names[2])
        let spool = try Spool(directory: folder.path, limits: limits)
        #expect(spool.recovery.damages == [.init(segment: names[2], offset: end, bytes: 0, lost: kept + 1...next - 1)])
        #expect(try spool.records() == records.filter { $0.sequence <= kept || $0.sequence >= next })
        #expect(spool.statistics.skippedSequences == next - kept - 1)
    }

    @Test
    func `a frame inside of an event is not taken for one behind damage`() throws {
        // The event holds a whole frame as the format has it, with the checksums of a sender who does not know the
        // salt.
        var inner = [UInt8](repeating: 0, count: 28) + Array("forged".utf8)
        inner[6] = Source.stream.rawValue
        inner[8] = 6
        inner[12] = 1
        let check = CRC32C.checksum(inner.span.bytes.extracting(6..<28))
        for i in 0..<2 { inner[4 + i] = UInt8(truncatingIfNeeded: check >> UInt32(8 * i)) }
        let checksum = CRC32C.checksum(inner.span.bytes.extracting(6...))
        for i in 0..<4 { inner[i] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * i)) }
        var records = Record.several(3)
        records[1].bytes = inner + inner
        let (name, bytes, starts) = try prepare(records)
        var damaged = bytes
        damaged[starts[1] + 9] ^= 0x40
        try folder.write(damaged, to: name)
        #expect(try Spool(directory: folder.path, applied: 3).records() == [records[0], records[2]])
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
        newer[8] = 3
        let checksum = CRC32C.checksum(newer.span.bytes.extracting(0..<32))
        for i in 0..<4 { newer[32 + i] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * i)) }
        try folder.write(newer, to: name)
        #expect(throws: SpoolError.unsupportedVersion(path: "\(folder.path)/\(name)", version: 3)) {
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
}
