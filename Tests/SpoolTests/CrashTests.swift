import RiskModel
import TestSupport
import Testing
@testable import Spool

/// Random operations on a disk that fails and dies, against a plain list of records.
struct CrashTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: 1...seedCount)
    func `after any fault and any crash the spool holds what was acknowledged, once and in order`(seed: UInt64) throws {
        var run = try Run(folder, seed: seed)
        for _ in 0..<40 { try run.step() }
        try run.crash()
    }

    @Test
    func `the faults are met`() throws {
        var lost = 0
        var failedSyncs = 0
        var failedWrites = 0
        for seed in 1...20 as ClosedRange<UInt64> {
            var run = try Run(try TemporaryFolder(), seed: seed)
            for _ in 0..<40 { try run.step() }
            lost += run.disk.lostSectors
            failedSyncs += run.disk.failedSyncs
            failedWrites += run.disk.failedWrites
        }
        #expect(lost > 20)
        #expect(failedSyncs > 20)
        #expect(failedWrites > 20)
    }

    /// More for a long run, by the environment.
    private static let seedCount: UInt64 = SeedCount.fromEnvironment("BANRISK_SPOOL_SEEDS", otherwise: 150)

    /// The sessions that a spool remembers, as a list with the newest in front.
    private struct Sessions {
        let capacity: Int
        var list: [(session: UInt64, ordinal: UInt64, sequence: UInt64)] = []

        func last(_ session: UInt64) -> (ordinal: UInt64, sequence: UInt64)? {
            list.first { $0.session == session }.map { ($0.ordinal, $0.sequence) }
        }

        mutating func note(_ record: Record) {
            let origin = record.origin
            guard origin.session != 0, origin.ordinal > last(origin.session)?.ordinal ?? 0 else { return }
            list.removeAll { $0.session == origin.session }
            list.insert((origin.session, origin.ordinal, record.sequence), at: 0)
            list.removeLast(max(0, list.count - capacity))
        }
    }

    private struct Run {
        let disk: CrashDisk
        private let folder: TemporaryFolder
        private var random: SeededGenerator
        private var limits = Spool.Limits()
        private var driver: SpoolDriver?
        /// All records, by number less one.
        private var records: [Record] = []
        private var released: UInt64 = 0
        private var sessions: Sessions

        init(_ folder: TemporaryFolder, seed: UInt64) throws {
            self.folder = folder
            random = SeededGenerator(seed: seed)
            limits.segmentBytes = Int.random(in: 200...6000, using: &random)
            limits.retainedBytes = Int.random(in: 0...10_000, using: &random)
            limits.sessions = Int.random(in: 1...6, using: &random)
            limits.retryMilliseconds = 0
            sessions = Sessions(capacity: limits.sessions)
            disk = CrashDisk(
                folder, faultsPerThousand: random.pick([0, 20, 200]), random: SeededGenerator(seed: seed ^ 0x5555))
            try open()
        }

        private var spool: Spool {
            get throws { try #require(driver).spool }
        }

        mutating func step() throws {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<9: try append()
            case 9..<14: try commit()
            case 14..<17: try read()
            case 17:
                released = UInt64.random(in: released...max(released, try spool.durableSequence), using: &random)
                try spool.release(through: released)
                if disk.isDead { try crash() }
            case 18:
                driver?.close()
                try crash()
            default:
                disk.die(after: Int.random(in: 0...12, using: &random))
            }
        }

        private mutating func append() throws {
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                var record = Record.random(UInt64(records.count + 1), maximumBytes: 400, using: &random)
                if Bool.random(using: &random) {
                    let session = UInt64.random(in: 1...8, using: &random)
                    let last = sessions.last(session)?.ordinal ?? 0
                    // The next, one further on, or one that has been.
                    let ordinal = last + UInt64.random(in: 0...6, using: &random)
                    record.flags.insert(.numbered)
                    record.origin = FrameOrigin(session: session, ordinal: max(1, ordinal > 4 ? ordinal - 4 : ordinal))
                }
                if let last = sessions.last(record.origin.session), record.origin.ordinal <= last.ordinal {
                    try #require(try spool.append(record) == last.sequence)
                } else {
                    try #require(try spool.append(record) == record.sequence)
                    records.append(record)
                    sessions.note(record)
                }
            }
        }

        private mutating func commit() throws {
            let isCommitted = driver?.commit() ?? false
            try #require(isCommitted || disk.isDead)
            if isCommitted { try #require(try spool.durableSequence == UInt64(records.count)) }
            if disk.isDead { try crash() }
        }

        private mutating func read() throws {
            let spool = try spool
            let oldest = spool.statistics.oldestSequence
            let durable = spool.durableSequence
            try #require(oldest <= released + 1)
            let from = UInt64.random(in: oldest...durable + 1, using: &random)
            try #require(try spool.records(from: from) == Array(records[Int(from - 1)..<Int(durable)]))
            for session in 0...9 as ClosedRange<UInt64> {
                try #require(spool.lastOrdinal(of: session) == sessions.last(session)?.ordinal)
            }
        }

        /// Ends this life, and begins the next on what is left.
        mutating func crash() throws {
            let durable = try spool.durableSequence
            try spool.close()
            driver = nil
            try disk.revive(powerLoss: Bool.random(using: &random))
            try open()
            let last = try spool.recovery.lastSequence
            try #require(last >= durable)
            try #require(last <= UInt64(records.count))
            records.removeLast(records.count - Int(last))
            let oldest = try spool.statistics.oldestSequence
            sessions.list = []
            for record in records[Int(oldest - 1)...] { sessions.note(record) }
            let damages = try spool.recovery.damages
            try #require(
                damages == [], "released \(released), durable \(durable), oldest \(oldest): \(damages) \(folder.names)")
            try #require(try spool.records(from: oldest) == Array(records[Int(oldest - 1)...]))
            try #require(try spool.statistics.skippedSequences == 0)
            try read()
        }

        /// Opens the spool, which may fail and may die in the middle.
        private mutating func open() throws {
            // What the store has applied was on disk.
            let applied = UInt64.random(in: 0...released, using: &random)
            while driver == nil {
                if Int.random(in: 0..<8, using: &random) == 0 {
                    disk.die(after: Int.random(in: 0...6, using: &random))
                }
                do throws(SpoolError) {
                    driver = try SpoolDriver(folder.path, limits, applied: applied, disk: disk.disk)
                    disk.die(after: .max)
                } catch {
                    guard case .system = error else { throw error }
                    try disk.revive(powerLoss: Bool.random(using: &random))
                }
            }
            let spool = try spool
            disk.onDeath = { [weak spool] in spool?.close() }
        }
    }
}
