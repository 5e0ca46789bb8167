import Dispatch
import Glibc
import RiskModel
import TestSupport
import Testing
@testable import Spool

struct DiskFaultTests {
    private let folder: TemporaryFolder
    private let faults = FaultyDisk()

    init() throws { folder = try TemporaryFolder() }

    private func open(_ limits: Spool.Limits = .init()) throws -> Spool {
        try Spool(directory: folder.path, limits: limits, applied: 0, disk: faults.disk)
    }

    @Test
    func `a reader sees only what is synced`() throws {
        let gate = Gate()
        faults.setSyncs([.gate(gate)])
        let spool = try open()
        let records = Record.several(20)
        try spool.append(records)
        faults.met.wait()
        #expect(spool.durableSequence == 0)
        #expect(try spool.records().isEmpty)
        gate.open()
        spool.settle()
        #expect(try spool.records() == records)
    }

    @Test
    func `appends wait while a full disk is stated, and all is written when it has room`() throws {
        var limits = Spool.Limits()
        limits.pendingBytes = 1
        faults.setWrite(.error(ENOSPC))
        let spool = try open(limits)
        let records = Record.several(3000, maximumBytes: 200)
        let appending = DispatchGroup()
        DispatchQueue(label: "append").async(group: appending) { try? spool.append(records) }
        // At the second attempt the first has been stated.
        faults.met.wait()
        faults.met.wait()
        let stalled = spool.statistics.stalled
        #expect(stalled?.description.contains("errno \(ENOSPC)") == true)
        #expect(appending.wait(timeout: .now()) == .timedOut)
        #expect(spool.statistics.appendedSequence < 3000)
        #expect(spool.durableSequence == 0)
        faults.setWrite(.none)
        appending.wait()
        spool.settle()
        #expect(spool.statistics.stalled == nil)
        #expect(try spool.records() == records)
    }

    @Test
    func `close gives up on a full disk, and nothing was acknowledged`() throws {
        let spool = try open()
        let records = Record.several(10)
        try spool.append(records)
        spool.settle()
        faults.setWrite(.error(ENOSPC))
        try spool.append(records)
        faults.met.wait()
        spool.close()
        #expect(spool.durableSequence == 10)
        #expect(try Spool(directory: folder.path).records() == records)
    }

    @Test(arguments: 0...2)
    func `after a failed sync the group is in a new segment, once`(syncsBefore: Int) throws {
        let spool = try open()
        var records: [Record] = []
        for part in 0..<4 {
            if part == syncsBefore { faults.setSyncs([.error(EIO)]) }
            let more = Record.several(10, from: UInt64(records.count + 1), seed: UInt64(part))
            records += more
            try spool.append(more)
            spool.settle()
        }
        #expect(try spool.records() == records)
        #expect(folder.segments.count == (syncsBefore == 0 ? 1 : 2))
        spool.close()
        let again = try Spool(directory: folder.path)
        #expect(again.recovery.damages.isEmpty)
        #expect(try again.records() == records)
    }

    @Test(arguments: [ENOSPC, EOPNOTSUPP])
    func `room that cannot be reserved is no failure, and is asked for once in a segment`(code: CInt) throws {
        faults.setReserve(.error(code))
        let spool = try open()
        for part in 0..<3 {
            try spool.append(Record.several(10, from: UInt64(10 * part + 1), seed: UInt64(part)))
            spool.settle()
        }
        faults.met.wait()
        #expect(faults.met.wait(timeout: .now()) == .timedOut)
        #expect(spool.statistics.stalled == nil)
        #expect(try spool.records().count == 30)
    }
}
