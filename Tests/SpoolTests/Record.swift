import RiskModel
import TestSupport
@testable import Spool

/// A frame of the model: what a plain array holds.
struct Record: Equatable {
    var sequence: UInt64
    var bytes: [UInt8]
    var source: Source
    var flags: FrameFlags
    var origin = FrameOrigin.none

    /// Bytes in a segment file, by docs/specs/spool.md.
    var storedBytes: Int { (flags.rawValue & 4 == 0 ? 28 : 44) + bytes.count }

    static func random(_ sequence: UInt64, maximumBytes: Int = 60, using random: inout SeededGenerator) -> Record {
        let count = Int.random(in: 1...maximumBytes, using: &random)
        return Record(
            sequence: sequence, bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) },
            source: random.pick(Source.allCases), flags: FrameFlags(rawValue: UInt8.random(in: 0...3, using: &random)))
    }

    static func several(_ count: Int, from first: UInt64 = 1, seed: UInt64 = 1, maximumBytes: Int = 60) -> [Record] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { .random(first + UInt64($0), maximumBytes: maximumBytes, using: &generator) }
    }

    /// Frames of one session, with ordinals from `first` on.
    static func session(_ session: UInt64, _ ordinals: ClosedRange<UInt64>, from first: UInt64 = 1) -> [Record] {
        zip(ordinals, several(ordinals.count, from: first, seed: session)).map { ordinal, record in
            var record = record
            record.flags.insert(.numbered)
            record.origin = FrameOrigin(session: session, ordinal: ordinal)
            return record
        }
    }
}

extension Spool {
    @discardableResult
    func append(_ record: Record) throws -> UInt64 {
        try append(record.bytes.span, source: record.source, flags: record.flags, origin: record.origin)
    }

    func append(_ records: some Sequence<Record>) throws {
        for record in records { try append(record) }
    }

    /// Waits until everything appended so far is on disk.
    func settle() {
        let wanted = statistics.appendedSequence
        while durableSequence < wanted { _ = waitForSequence(after: wanted - 1, timeoutMilliseconds: 1000) }
    }

    /// All frames from `first` on, read in pieces of `frames`.
    func frames(from first: UInt64 = 1, frames: Int = 7, bytes: Int = .max, notAfter: UInt64? = nil) throws -> [(
        record: Record, received: Timestamp
    )] {
        var reader = makeReader(from: first)
        var found: [(record: Record, received: Timestamp)] = []
        var batch = FrameBatch()
        while true {
            batch.removeAll()
            let count = try reader.read(into: &batch, maximumFrames: frames, maximumBytes: bytes, notAfter: notAfter)
            guard count == batch.frames.count, count <= frames else { return [] }
            if count == 0 { return found }
            found += batch.frames.map {
                let record = Record(
                    sequence: $0.seq, bytes: Array(batch.bytes(of: $0)), source: $0.source, flags: $0.flags,
                    origin: $0.origin)
                return (record, $0.received)
            }
        }
    }

    func records(from first: UInt64 = 1, frames: Int = 7, bytes: Int = .max, notAfter: UInt64? = nil) throws -> [Record]
    {
        try self.frames(from: first, frames: frames, bytes: bytes, notAfter: notAfter).map(\.record)
    }
}
