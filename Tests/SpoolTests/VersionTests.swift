import RiskModel
import Testing
@testable import Spool

/// Segments of version 1, which earlier releases have left.
struct VersionTests {
    private let folder: TemporaryFolder
    private let created: UInt64 = 1_700_000_000_000_000

    init() throws { folder = try TemporaryFolder() }

    /// The bytes of a segment, by the specification of version 1.
    private func image(_ records: [Record], first: UInt64 = 1) -> [UInt8] {
        func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(value >> UInt64(8 * $0) & 255) }
        }
        func checksum(_ of: [UInt8], _ seed: UInt32 = 0) -> [UInt8] {
            bytes(UInt64(CRC32C.checksum(of.span.bytes, seed: seed)), 4)
        }
        let salt: UInt32 = 0xdead_beef
        var image = Array("BRSPOOL\n".utf8) + bytes(1, 4) + bytes(UInt64(salt), 4) + bytes(first, 8) + bytes(created, 8)
        image += checksum(image)
        for record in records {
            let frame =
                bytes(UInt64(record.bytes.count), 4) + bytes(record.sequence - first, 4)
                + [record.source.rawValue, record.flags.rawValue, 0, 0] + record.bytes
            image += checksum(frame, salt) + frame
        }
        return image
    }

    private let records = Record.several(10)
    private let name = "00000000000000000001.segment"

    @Test
    func `frames of version 1 are read, with the time at which their segment was made`() throws {
        try folder.write(image(records), to: name)
        let spool = try Spool(directory: folder.path)
        let frames = try spool.frames()
        #expect(frames.map(\.record) == records)
        #expect(frames.allSatisfy { $0.received == Timestamp(microseconds: Int64(created)) })
        #expect(spool.recovery.lastSequence == 10)
        #expect(spool.recovery.damages.isEmpty && spool.recovery.tornTail == nil)
    }

    @Test
    func `new frames go into a new segment`() throws {
        let image = image(records)
        try folder.write(image, to: name)
        let more = Record.session(1, 1...5, from: 11)
        for part in [more[..<2], more[2...]] {
            let spool = try Spool(directory: folder.path)
            try spool.append(part)
            spool.close()
        }
        #expect(try folder.contents(name) == image)
        #expect(folder.segments == [name, "00000000000000000011.segment"])
        let spool = try Spool(directory: folder.path)
        #expect(try spool.records() == records + more)
        #expect(spool.lastOrdinal(of: 1) == 5)
    }

    @Test
    func `damage and a torn tail are found as they were`() throws {
        var damaged = image(records)
        damaged[40] ^= 1
        try folder.write(damaged + [1, 2, 3], to: name)
        let spool = try Spool(directory: folder.path)
        #expect(spool.recovery.damages.map(\.lost) == [1...1])
        #expect(spool.recovery.tornTail?.bytes == 3)
        #expect(try spool.records() == Array(records[1...]))
        let more = Record.several(2, from: 11)
        try spool.append(more)
        spool.settle()
        #expect(try spool.records() == records[1...] + more)
    }

    @Test
    func `a segment of version 2 is written byte for byte as specified`() throws {
        let spool = try Spool(
            directory: folder.path, limits: .init(), disk: .system, now: { Timestamp(microseconds: 0x0102_0304_0506) })
        try spool.append([0xaa].span, source: .pause, flags: .unterminated, origin: .none)
        spool.settle()
        try spool.append(
            [0xbb, 0xcc].span, source: .stream, flags: .numbered,
            origin: .init(session: 0x1122_3344_5566_7788, ordinal: 9))
        spool.close()
        let bytes = try folder.contents(name)
        try #require(bytes.count == 36 + 29 + 46)
        #expect(Array(bytes[..<12]) == Array("BRSPOOL\n".utf8) + [2, 0, 0, 0])
        #expect(Array(bytes[16..<32]) == [1, 0, 0, 0, 0, 0, 0, 0, 6, 5, 4, 3, 2, 1, 0, 0])
        let salt = bytes.span.bytes.integer(at: 12, as: UInt32.self)
        let first = Array(bytes[36..<65])
        #expect(Array(first[6...]) == [4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 5, 4, 3, 2, 1, 0, 0, 0xaa])
        let second = Array(bytes[65...])
        #expect(
            Array(second[6...]) == [2, 4, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 6, 5, 4, 3, 2, 1, 0, 0]
                + [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 9, 0, 0, 0, 0, 0, 0, 0, 0xbb, 0xcc])
        for (frame, header) in [(first, 28), (second, 44)] {
            let raw = frame.span.bytes
            #expect(raw.integer(at: 0, as: UInt32.self) == CRC32C.checksum(raw.extracting(6...), seed: salt))
            #expect(
                raw.integer(at: 4, as: UInt16.self)
                    == UInt16(truncatingIfNeeded: CRC32C.checksum(raw.extracting(6..<header), seed: salt)))
        }
    }
}
