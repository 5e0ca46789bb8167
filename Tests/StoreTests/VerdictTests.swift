import Foundation
import RiskModel
import Testing

@testable import Store

@Suite struct VerdictTests {
    static let peer = VerdictPeer(uid: 1_000, name: "eve")

    private func object(_ text: String) throws -> [String: String] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String])
    }

    @Test func `all verdicts stay, and the last that is not over holds`() throws {
        let scratch = try Scratch()
        let writer = try scratch.openWriter()
        var changes = Changes()
        changes.throughSeq = 4
        changes.watermark = Fixtures.time(1_000)
        // In another order than they count: the order decides, not the place.
        changes.verdicts = [
            Fixtures.verdict("a", .withdrawn, at: 30, seq: 3, order: 4), Fixtures.verdict("a", .banned, at: 10, seq: 1),
            Fixtures.verdict("b", .cleared, until: Fixtures.time(999), at: 20, seq: 2),
            Fixtures.verdict("c", .compromised, until: Fixtures.time(1_001), at: 25, seq: 4, order: 3),
        ]
        try writer.write(changes)
        #expect(
            try scratch.sqlite3("SELECT id, account, verdict, until IS NULL, by FROM verdicts") == """
                1|a|banned|1|eve (uid 1000)
                2|b|cleared|0|eve (uid 1000)
                3|c|compromised|0|eve (uid 1000)
                4|a|withdrawn|1|eve (uid 1000)
                """)
        #expect(try scratch.sqlite3("SELECT account, verdict FROM verdicts_in_force") == "c|compromised")
        let reader = try StoreReader(path: scratch.database)
        var filter = VerdictFilter()
        #expect(try reader.verdicts(filter).map(\.id) == [4, 3, 2, 1])
        filter.account = "a"
        #expect(try reader.verdicts(filter).map(\.isInForce) == [false, false])
        filter.account = nil
        filter.inForce = true
        #expect(try reader.verdicts(filter).map(\.account) == ["c"])
    }

    @Test func `the names that no account has are told`() throws {
        let scratch = try Scratch()
        let writer = try scratch.openWriter()
        var changes = Changes()
        changes.throughSeq = 1
        changes.newAccounts = [NewAccount(account: "é", firstSeen: Fixtures.start)]
        try writer.write(changes)
        #expect(
            try StoreReader(path: scratch.database).unknown(among: ["z", "é", "e\u{301}", "a"]) == [
                "z", "e\u{301}", "a",
            ])
    }

    @Test(arguments: [
        "alice", "\"quoted\" \\ back", "naïve 名前 🦊", "e\u{301}", "line\nbreak\u{1b}[31m", "a/b", "\u{2028}\u{85}",
    ])
    func `a request arrives as it was sent, and becomes an event of JSON`(text: String) throws {
        let request = VerdictRequest(
            accounts: [text, "b"], kind: .cleared, expiry: .after(Interval(seconds: 60)), by: "näme",
            why: " a \"school\" ")
        #expect(!request.line.contains("\n"))
        #expect(try VerdictRequest(line: request.line) == request)
        let frames = try request.frames(at: Fixtures.start, peer: Self.peer)
        #expect(frames.allSatisfy { !$0.contains("\n") })
        let expected = [
            "ts": "2026-03-01T08:00:00Z", "type": "verdict", "account": text, "verdict": "cleared",
            "by": "näme (uid 1000)", "why": "a \"school\"", "until": "2026-03-01T08:01:00Z",
        ]
        let object = try object(frames[0])
        #expect(object == expected)
        #expect(object["account"].map { Array($0.utf8) } == Array(text.utf8))
        #expect(try self.object(frames[1])["account"] == "b")
    }

    @Test(arguments: [
        (Verdict.Kind.banned, nil), (.cleared, "2027-03-01T08:00:00Z"), (.compromised, "2026-05-30T08:00:00Z"),
        (.withdrawn, nil),
    ])
    func `each verdict has its usual end`(kind: Verdict.Kind, end: String?) throws {
        let frames = try VerdictRequest(accounts: ["a"], kind: kind, why: "w").frames(
            at: Fixtures.start, peer: Self.peer)
        #expect(try object(frames[0])["until"] == end)
        #expect(try object(frames[0])["by"] == "eve (uid 1000)")
    }

    @Test func `never, and a date, are ends too`() throws {
        var request = VerdictRequest(accounts: ["a"], kind: .cleared, expiry: .never, why: "w")
        #expect(try VerdictRequest(line: request.line) == request)
        #expect(try object(request.frames(at: Fixtures.start, peer: Self.peer)[0])["until"] == nil)
        request.expiry = .at(Fixtures.time(1))
        #expect(try VerdictRequest(line: request.line) == request)
        #expect(
            try object(request.frames(at: Fixtures.start, peer: Self.peer)[0])["until"] == "2026-03-01T08:00:01Z")
    }

    @Test func `who asks is known by number where the system has no name`() throws {
        let request = VerdictRequest(accounts: ["a"], kind: .banned, why: "w")
        #expect(try request.author(VerdictPeer(uid: 7, name: nil)) == "unknown (uid 7)")
        // Nobody's number where only a token was shown.
        #expect(try request.author(VerdictPeer(uid: nil, name: "api-token")) == "api-token (by token)")
        var named = request
        named.by = "eve"
        #expect(try named.author(VerdictPeer(uid: nil, name: "api-token")) == "eve (by token)")
        named.by = "eve (uid 1000)"
        #expect(throws: VerdictFault.claimedNumber) { try named.author(VerdictPeer(uid: nil, name: "api-token")) }
    }

    @Test func `what is at fault is refused as a whole`() {
        func fault(
            _ accounts: [String] = ["a"], _ kind: Verdict.Kind = .banned, _ expiry: VerdictRequest.Expiry = .usual,
            by: String? = nil, why: String = "w"
        ) -> VerdictFault? {
            #expect(throws: VerdictFault.self) {
                try VerdictRequest(accounts: accounts, kind: kind, expiry: expiry, by: by, why: why)
                    .frames(at: Fixtures.start, peer: Self.peer)
            }
        }
        #expect(fault([]) == .noAccounts)
        #expect(fault(["a", ""]) == .accountName)
        #expect(fault([String(repeating: "a", count: 513)]) == .accountName)
        #expect(fault(why: " \n ") == .noReason)
        #expect(fault(why: String(repeating: "w", count: 1_025)) == .tooLong("reason"))
        #expect(fault(why: "a\u{1f}b") == .control("reason"))
        #expect(fault(by: "a\nb") == .control("name"))
        #expect(fault(by: String(repeating: "n", count: 1_020)) == .tooLong("name"))
        #expect(fault(["a"], .cleared, .at(Fixtures.start)) == .over(Fixtures.start, now: Fixtures.start))
        #expect(fault(["a"], .cleared, .after(Interval(microseconds: .max / 2))) == .tooFar)
        #expect(fault(["a"], .withdrawn, .never) == .withdrawnWithEnd)
    }

    @Test(arguments: ["status", "verdict", "quarantine retry {}"])
    func `other requests are not verdicts`(line: String) throws { #expect(try VerdictRequest(line: line) == nil) }

    @Test(arguments: [
        "verdict {}", "verdict {\"accounts\":[\"a\"],\"verdict\":\"forgiven\",\"why\":\"w\"}",
        "verdict {\"accounts\":[\"a\"],\"verdict\":\"banned\",\"why\":\"w\",\"until\":1,\"span\":1}",
        "verdict {\"accounts\":[\"a\"],\"verdict\":\"banned\",\"why\":\"w\",\"span\":-1}", "verdict nonsense",
    ])
    func `a verdict that cannot be read is a fault`(line: String) {
        #expect(throws: DecodingError.self) { try VerdictRequest(line: line) }
    }

    @Test(arguments: [1, 500, 10_000])
    func `many accounts go in several requests, in order`(count: Int) throws {
        let names = (0..<count).map { "account\u{1b}-\($0)" }
        let request = VerdictRequest(accounts: names, kind: .banned, why: "w")
        let pages = request.pages
        #expect(pages.flatMap(\.accounts) == names)
        #expect(pages.allSatisfy { $0.line.utf8.count < VerdictRequest.maximumBytes })
        #expect((pages.count == 1) == (count == 1 || request.line.utf8.count < VerdictRequest.maximumBytes))
        #expect(pages.allSatisfy { $0.kind == .banned && $0.why == "w" })
    }

    @Test func `an answer arrives as it was sent`() throws {
        var answer = VerdictAnswer()
        answer.recorded = 2
        answer.lastSeq = 7
        answer.unknown = ["x"]
        #expect(try VerdictAnswer(line: answer.line) == answer)
        #expect(answer.line == "{\"last_seq\":7,\"recorded\":2,\"unknown\":[\"x\"]}")
    }
}
