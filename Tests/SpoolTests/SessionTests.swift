import RiskModel
import TestSupport
import Testing
@testable import Spool

struct SessionTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test
    func `a frame that is sent again is stored once, and answered with its session's last number`() throws {
        let spool = try Spool(directory: folder.path)
        let a = Record.session(7, 1...5)
        let b = Record.session(8, 1...3, from: 6)
        for record in a + b { #expect(try spool.append(record) == record.sequence) }
        for record in a { #expect(try spool.append(record) == 5) }
        #expect(try spool.append(b[0]) == 8)
        #expect(spool.statistics.repeatedFrames == 6)
        #expect(spool.lastOrdinal(of: 7) == 5)
        #expect(spool.lastOrdinal(of: 8) == 3)
        #expect(spool.lastOrdinal(of: 9) == nil)
        let more = Record.session(7, 6...6, from: 9)
        #expect(try spool.append(more[0]) == 9)
        spool.settle()
        #expect(try spool.records() == a + b + more)
        spool.close()

        let again = try Spool(directory: folder.path)
        #expect(again.lastOrdinal(of: 7) == 6)
        #expect(again.lastOrdinal(of: 8) == 3)
        #expect(try again.append(b[2]) == 8)
        #expect(try again.records() == a + b + more)
    }

    @Test
    func `frames without a session are stored as often as they come`() throws {
        let spool = try Spool(directory: folder.path)
        // The quarantine's have session 0; an origin without the flag counts for nothing, and is not stored.
        let quarantined = Record.session(0, 1...3)
        try spool.append(quarantined)
        try spool.append(quarantined)
        let plain = Record.several(1, from: 7)[0]
        try spool.append(
            plain.bytes.span, source: plain.source, flags: plain.flags, origin: .init(session: 5, ordinal: 1))
        spool.settle()
        let second = quarantined.map { record in
            var record = record
            record.sequence += 3
            return record
        }
        #expect(try spool.records() == quarantined + second + [plain])
        #expect(spool.lastOrdinal(of: 0) == nil)
        #expect(spool.lastOrdinal(of: 5) == nil)
        #expect(spool.statistics.sessions == 0)
    }

    @Test
    func `what a crash cut off may be sent again`() throws {
        let records = Record.session(3, 1...10)
        let spool = try Spool(directory: folder.path)
        try spool.append(records)
        spool.close()
        let name = folder.segments[0]
        try folder.write(try folder.contents(name).dropLast(1), to: name)
        let again = try Spool(directory: folder.path)
        #expect(again.lastOrdinal(of: 3) == 9)
        try again.append(records)
        again.settle()
        #expect(try again.records() == records)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `the table holds what a list with the newest in front holds`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...6, using: &random)
        var table = SessionTable(capacity: capacity)
        var list: [(session: UInt64, last: SessionTable.Last)] = []
        var forgotten: UInt64 = 0
        for sequence in 1...400 as ClosedRange<UInt64> {
            let origin = FrameOrigin(
                session: UInt64.random(in: 1...8, using: &random), ordinal: UInt64.random(in: 0...30, using: &random))
            let place = list.firstIndex { $0.session == origin.session }
            let known = place.map { list[$0].last }
            let isRepeated = known.map { origin.ordinal <= $0.ordinal } ?? false
            #expect(table.note(origin, sequence: sequence) == (isRepeated ? known : nil))
            if !isRepeated {
                if let place { list.remove(at: place) }
                list.insert((origin.session, .init(ordinal: origin.ordinal, sequence: sequence)), at: 0)
                if list.count > capacity {
                    list.removeLast()
                    forgotten += 1
                }
            }
            for session in 0...9 as ClosedRange<UInt64> {
                #expect(table.last(of: session) == list.first { $0.session == session }?.last)
            }
            #expect(table.count == list.count)
            #expect(table.forgotten == forgotten)
        }
    }
}
