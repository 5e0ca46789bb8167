import RiskModel
import Testing

@testable import Store

/// Rows that are over go, and what is left does not depend on how changes were cut.
@Suite struct RetentionTests {
    private static let retention = Retention(
        signals: Interval(seconds: 100), verdicts: Interval(seconds: 100), entities: Interval(seconds: 86_400))

    /// Ten changes, one each 30 seconds of event time, with a verdict each.
    private static let changes: [Changes] = (1...10).map { number in
        var changes = Changes()
        changes.throughSeq = UInt64(number)
        changes.watermark = Fixtures.time(30 * number)
        changes.verdicts = [
            Fixtures.verdict(
                number % 2 == 0 ? "even" : "odd\(number)", .cleared,
                until: number == 1 ? Fixtures.time(60) : .latest, at: 30 * number, seq: UInt64(number),
                order: UInt64(number))
        ]
        return changes
    }

    private func rows(cut size: Int) throws -> String {
        let scratch = try Scratch()
        let writer = try scratch.openWriter(limits: .init(retention: Self.retention))
        var start = 0
        while start < Self.changes.count {
            var part = Self.changes[start]
            for next in Self.changes[(start + 1)..<min(start + size, Self.changes.count)] { part.append(next) }
            try writer.write(part)
            start += size
        }
        return try scratch.sqlite3("SELECT id, account FROM verdicts ORDER BY id")
    }

    @Test func `verdicts that are over or superseded go, and those that hold stay`() throws {
        // At 300 what is before 200 may go: the first is over, 2, 4 and 6 were superseded; 3 and 5 hold.
        #expect(try rows(cut: 1) == "3|odd3\n5|odd5\n7|odd7\n8|even\n9|odd9\n10|even")
    }

    @Test(arguments: [2, 3, 7, 10])
    func `what is left does not depend on the cuts`(size: Int) throws {
        #expect(try rows(cut: size) == rows(cut: 1))
    }
}
