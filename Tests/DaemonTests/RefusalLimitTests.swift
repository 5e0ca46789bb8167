import RiskModel
import Store
import Testing

@testable import banriskd

@Suite struct RefusalLimitTests {
    private static func entry(_ uid: UInt32?, second: Int, _ outcome: AuditEntry.Outcome = .refused) -> AuditEntry {
        AuditEntry(
            time: Timestamp(microseconds: Int64(second) * 1_000_000), uid: uid, user: nil, roles: "shipper",
            way: "control",
            action: "reload", outcome: outcome)
    }

    @Test func `of a flood of refusals sixty a minute are written, and then how many more there were`() {
        var limit = RefusalLimit()
        let first = (0..<1000).flatMap { _ in limit.admit(Self.entry(7, second: 30)) }
        #expect(first.count == 60)
        let next = limit.admit(Self.entry(7, second: 61))
        #expect(next.map(\.action) == ["refused", "reload"])
        #expect(next[0].subject == "940 more")
    }

    @Test func `others and what was done are always written`() {
        var limit = RefusalLimit()
        for _ in 0..<1000 { _ = limit.admit(Self.entry(7, second: 30)) }
        #expect(limit.admit(Self.entry(8, second: 30)).count == 1)
        #expect(limit.admit(Self.entry(7, second: 30, .done)).count == 1)
    }

    @Test func `a long subject is cut`() {
        let entry = AuditEntry(
            time: .epoch, uid: 7, user: nil, roles: "", way: "control", action: "verdict.banned",
            subject: String(repeating: "A", count: 64_000), outcome: .refused)
        #expect(entry.subject?.utf8.count == AuditEntry.maximumSubjectBytes)
    }
}
