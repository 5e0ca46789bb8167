import RiskModel
import Synchronization
import Testing
@testable import Spool

struct RetentionTests {
    private let folder: TemporaryFolder
    /// Seconds since 1970.
    private let clock = Clock()

    private final class Clock: Sendable {
        let seconds = Mutex<Int64>(1_000_000)
        func set(_ value: Int64) { seconds.withLock { $0 = value } }
        var now: Timestamp { Timestamp(seconds: seconds.withLock { $0 }) }
    }

    init() throws { folder = try TemporaryFolder() }

    private func open(_ limits: Spool.Limits) throws -> Spool {
        try Spool(directory: folder.path, limits: limits, disk: .system, now: { [clock] in clock.now })
    }

    @Test
    func `only released segments are removed, the oldest first, and never the newest`() throws {
        var limits = Spool.Limits()
        limits.segmentBytes = 500
        limits.retainedBytes = 2000
        let spool = try Spool(directory: folder.path, limits: limits)
        let records = Record.several(100)
        try spool.append(records)
        spool.settle()
        let before = folder.segments
        spool.release(through: 0)
        #expect(folder.segments == before)
        spool.release(through: 20)
        let oldest = spool.statistics.oldestSequence
        #expect(oldest > 1 && oldest <= 21)
        #expect(before.suffix(folder.segments.count) == folder.segments)
        #expect(try spool.records(from: oldest) == Array(records[Int(oldest - 1)...]))
        #expect(throws: SpoolError.notRetained(sequence: 1, oldest: oldest)) { _ = try spool.records() }
        spool.release(through: 100)
        #expect(spool.statistics.retainedBytes <= 2000)
        #expect(spool.statistics.retainedBytes > 1000)
        spool.close()

        limits.retainedBytes = 0
        let again = try Spool(directory: folder.path, limits: limits)
        again.release(through: 100)
        #expect(folder.segments == before.suffix(1))
        #expect(again.durableSequence == 100)
    }

    /// One frame in each segment, received at these times; everything but the newest released.
    private func numbersKept(times: [Int64], limit: Int, verifiedBytes: Int? = nil) throws -> [UInt64] {
        var limits = Spool.Limits()
        limits.segmentBytes = 1
        limits.retainedSeconds = limit
        var spool = try open(limits)
        for (i, time) in times.enumerated() {
            clock.set(time)
            try spool.append(Record(sequence: UInt64(i + 1), bytes: [1], source: .stream, flags: []))
            spool.settle()
        }
        if let verifiedBytes {
            spool.close()
            limits.verifiedBytes = verifiedBytes
            spool = try open(limits)
        }
        // The clock alone changes nothing.
        clock.set(.max / 10_000_000)
        spool.release(through: UInt64(times.count))
        return folder.segments.compactMap { Segment.first(name: $0) }
    }

    @Test(arguments: [nil, Int.max, 0])
    func `a segment goes when its newest frame is older than the limit`(verifiedBytes: Int?) throws {
        let times: [Int64] = [1000, 1010, 1020, 1030, 1040]
        #expect(
            try numbersKept(times: times, limit: 25, verifiedBytes: verifiedBytes)
                == (verifiedBytes == 0 ? [2, 3, 4, 5] : [3, 4, 5]))
    }

    @Test
    func `frames that were received with the clock ahead go with the ones after them`() throws {
        #expect(try numbersKept(times: [1000, 9_000_000, 1010, 1020, 1100], limit: 50) == [5])
    }

    @Test
    func `frames that were received with the clock ahead stay until later ones are old`() throws {
        #expect(try numbersKept(times: [1000, 9_000_000, 1090, 1100], limit: 50) == [2, 3, 4])
    }

    @Test
    func `what is not released stays, however old`() throws {
        var limits = Spool.Limits()
        limits.segmentBytes = 1
        limits.retainedSeconds = 1
        let spool = try open(limits)
        for i in 1...5 {
            clock.set(Int64(1000 * i))
            try spool.append(Record(sequence: UInt64(i), bytes: [1], source: .stream, flags: []))
            spool.settle()
        }
        spool.release(through: 2)
        #expect(spool.statistics.oldestSequence == 3)
        #expect(folder.segments.count == 3)
    }

    @Test
    func `a frame comes back with the time at which it was appended`() throws {
        let spool = try open(.init())
        for i in 1...5 {
            clock.set(Int64(1000 * i))
            try spool.append(Record.several(2, from: UInt64(2 * i - 1)))
        }
        spool.settle()
        let expected = (0..<10).map { Timestamp(seconds: Int64(1000 * ($0 / 2 + 1))) }
        #expect(try spool.frames().map(\.received) == expected)
        spool.close()
        #expect(try open(.init()).frames().map(\.received) == expected)
    }
}
