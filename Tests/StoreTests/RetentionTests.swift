import RiskModel
import TestSupport
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

    // MARK: - Accounts

    private static let span = Interval(seconds: 100)

    /// Accounts that come, get scores, leave memory and come back, by chance; some with a verdict that holds.
    private static func lives(seed: UInt64) -> [Changes] {
        var random = SeededGenerator(seed: seed)
        var seen: [String: Int] = [:]
        var held: [String: Int] = [:]
        return (1...120).map { number in
            var changes = Changes()
            let seconds = 10 * number
            changes.throughSeq = UInt64(number)
            changes.watermark = Fixtures.time(seconds)
            let account = random.pick(["a", "b", "c", "d", "e", "é"])
            guard seen[account] == nil || random.next() % 3 > 0 else {
                changes.departures[ExactText(account)] = Departure(
                    lastSeen: Fixtures.time(seen[account] ?? 0), span: span,
                    heldUntil: held[account].map(Fixtures.time) ?? .epoch)
                seen[account] = nil
                return changes
            }
            if seen[account] == nil {
                changes.newAccounts = [
                    NewAccount(
                        account: account, firstSeen: Fixtures.time(seconds), watermark: Fixtures.time(seconds))
                ]
                held[account] = nil
            }
            seen[account] = seconds
            if random.next() % 3 == 0 {
                changes.scores[ExactText(account)] = Fixtures.score(account, [1_000 + number, 0, 0])
                changes.campaignMembers = [Fixtures.member(account, of: 6)]
            }
            if random.next() % 5 == 0 {
                held[account] = seconds + 250
            }
            return changes
        }
    }

    private func dump(_ stream: [Changes], cut size: Int) throws -> String {
        let scratch = try Scratch()
        let writer = try scratch.openWriter(limits: .init(retention: Retention(accounts: Self.span)))
        for start in stride(from: 0, to: stream.count, by: size) {
            var part = stream[start]
            for next in stream[(start + 1)..<min(start + size, stream.count)] { part.append(next) }
            try writer.write(part)
        }
        #expect(
            try scratch.sqlite3("SELECT value = (SELECT count(*) FROM accounts) FROM meta WHERE key = 'accounts'")
                == "1")
        return try scratch.dump()
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `accounts that are over leave the tables, whatever the cuts`(seed: UInt64) throws {
        let stream = Self.lives(seed: seed)
        let whole = try dump(stream, cut: 1)
        for size in [2, 3, 7, 40, 120] { #expect(try dump(stream, cut: size) == whole, "cut \(size)") }
    }

    @Test func `an account goes when it is over, unless a verdict holds, and one that comes back in time stays`() throws
    {
        let scratch = try Scratch()
        let writer = try scratch.openWriter(limits: .init(retention: Retention(accounts: Self.span)))
        var seq: UInt64 = 0
        func write(at seconds: Int, _ change: (inout Changes) -> Void = { _ in }) throws -> String {
            var changes = Changes()
            seq += 1
            changes.throughSeq = seq
            changes.watermark = Fixtures.time(seconds)
            change(&changes)
            try writer.write(changes)
            return try scratch.sqlite3(
                "SELECT group_concat(account, '') FROM (SELECT account FROM accounts ORDER BY 1)")
        }
        func come(_ account: String, _ seconds: Int) -> NewAccount {
            NewAccount(account: account, firstSeen: Fixtures.time(seconds), watermark: Fixtures.time(seconds))
        }
        _ = try write(at: 0) { changes in
            changes.newAccounts = ["a", "b", "c", "d"].map { come($0, 0) }
            changes.scores[ExactText("a")] = Fixtures.score("a", [1_000, 0, 0])
            changes.campaignMembers = [Fixtures.member("a", of: 6), Fixtures.member("d", of: 6)]
        }
        let all = try write(at: 50) { changes in
            for name in ["a", "b", "c"] {
                changes.departures[ExactText(name)] = Departure(
                    lastSeen: Fixtures.time(0), span: Self.span,
                    heldUntil: name == "b" ? Fixtures.time(300) : .epoch)
            }
        }
        #expect(all == "abcd")
        // Back in time: it is in memory again.
        #expect(try write(at: 100) { $0.newAccounts = [come("c", 100)] } == "abcd")
        #expect(try write(at: 101) == "bcd")
        #expect(try scratch.sqlite3("SELECT count(*) FROM contributions") == "0")
        #expect(try scratch.sqlite3("SELECT account FROM campaign_members") == "d")
        #expect(try scratch.sqlite3("SELECT first_seen < '\(Fixtures.time(1).column)' FROM accounts") == "1\n1\n1")
        #expect(try write(at: 299) == "bcd")
        #expect(try write(at: 300) == "cd")
    }
}
