import Foundation
import RiskModel
import Settings
import Testing

@testable import Journal
@testable import Notification

@Suite struct AlertBodyTests {
    static let hostile = [
        "plain", "two\nlines\r\nBanrisk-Signature: t=0", "\"}],\"x\":[{\"", "\u{1b}[31m\u{1b}]0;title\u{7}",
        "<script>alert(1)</script>",
        "\u{0}nul", "\u{202e}desrever", "' OR 1=1; --", "\u{2028}\u{2029}", "𝒜",
    ]

    private func webhook(_ yaml: String = "") throws -> Configuration.AlertSink.Webhook {
        guard case .webhook(let webhook) = try settings("kind: webhook, url: \"http://127.0.0.1:9\"\(yaml)").kind else {
            throw NeverCame(description: "a webhook")
        }
        return webhook
    }

    private struct Entry: Decodable {
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL: String?
    }

    private func entries(
        _ facts: [AlertFacts], level: Level = .watch, names: Bool = true, yaml: String = "", isTest: Bool = false
    ) throws -> [Entry] {
        let body = AlertBody.alertmanager(
            facts.map { AlertMessage($0, isTest: isTest) }, try webhook(yaml), level: level, names: names,
            now: Timestamp(seconds: 1_800_000_000))
        return try JSONDecoder().decode([Entry].self, from: Data(body.utf8))
    }

    @Test(arguments: hostile)
    func `A name arrives as it is, whatever is in it`(name: String) throws {
        var facts = AlertFacts.sample(1, account: name)
        facts.reason = name
        let entry = try #require(try entries([facts]).first)
        #expect(entry.labels["account"] == name)
        #expect(entry.annotations["description"] == name)
        let text = AlertBody.json([AlertMessage(facts)], names: true)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) })
        let body = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [[String: Any]]]
        #expect(body?["alerts"]?[0]["account"] as? String == name)
        #expect(body?["alerts"]?[0]["reason"] as? String == name)
    }

    @Test(arguments: [
        "", "not json", "[1]", "{\"a\":1}\n,\"b\":2", "{\"contributions\":7}", "{\"contributions\":[{\"rule\":7}]}",
    ])
    func `An explanation that is not one breaks nothing`(explanation: String) throws {
        var facts = AlertFacts.sample(1)
        facts.explanation = explanation
        let text = AlertMessage(facts).json(names: true)
        #expect(!text.contains("\n"))
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is [String: Any])
    }

    @Test func `Without names nothing tells the account, or what was seen of it`() throws {
        var facts = AlertFacts.sample(7, account: "secretname")
        facts.explanation = #"{"contributions":[{"rule":"shared_ip","explanation":"secretname at 203.0.113.66"}]}"#
        let message = AlertMessage(facts)
        let texts = [
            AlertBody.json([message], names: false),
            AlertBody.alertmanager([message], try webhook(), level: .watch, names: false, now: .now),
            String(decoding: JournalSink(tellsNames: false).entry(message).bytes, as: UTF8.self),
        ]
        for text in texts {
            #expect(!text.contains("secretname") && !text.contains("203.0.113"))
            #expect(text.contains("shared_ip") && text.contains("review"))
        }
    }

    @Test func `The journal's message has nothing that a terminal obeys, and its field the name as it is`() throws {
        let message = AlertMessage(AlertFacts.sample(7, account: "a\nb\u{1b}[31m\u{202e}c"))
        let text = String(decoding: JournalSink(tellsNames: true).entry(message).bytes, as: UTF8.self)
        #expect(text.hasPrefix(#"MESSAGE=account a\u{a}b\u{1b}[31m\u{202e}c reached review"#), "\(text)")
        #expect(text.contains("a\nb\u{1b}[31m\u{202e}c\n"))
    }

    @Test func `A campaign is one incident however it grows, and its level before ends when it rises`() throws {
        let born = AlertFacts.sample(1, campaign: 7, members: 12)
        let grown = AlertFacts.sample(2, before: "review", campaign: 7, members: 24)
        let risen = AlertFacts.sample(3, level: "ban", before: "review", campaign: 7, members: 30)
        let all = try entries([born, grown, risen])
        #expect(all.count == 4)
        #expect(all[0].labels == all[1].labels)
        #expect(all[0].labels == ["alertname": "BanriskCampaign", "severity": "review", "campaign": "7"])
        #expect(all[2].labels == all[0].labels && all[2].endsAt == "2027-01-15T08:00:00Z")
        #expect(all[3].labels["severity"] == "ban" && all[3].annotations["members"] == "30")
    }

    @Test func `An account's rise ends its level before, where this sink was told of that`() throws {
        let risen = AlertFacts.sample(1, level: "ban", before: "review")
        #expect(try entries([risen], level: .watch).map { $0.labels["severity"] } == ["review", "ban"])
        #expect(try entries([risen], level: .ban).map { $0.labels["severity"] } == ["ban"])
    }

    @Test func `An alert begins at its event and fires for as long as is configured`() throws {
        let entry = try #require(
            try entries(
                [.sample(9)], yaml: ", hold: 2h, link: \"https://risk.example/a/{id}\", labels: {team: fraud}"
            ).first)
        #expect(entry.startsAt == "2026-03-02T08:04:30Z")
        #expect(entry.endsAt == "2027-01-15T10:00:00Z")
        #expect(entry.generatorURL == "https://risk.example/a/9")
        #expect(entry.labels["team"] == "fraud")
    }

    @Test func `An event ahead of the clock begins no alert after its end`() throws {
        var facts = AlertFacts.sample(1, level: "ban", before: "review")
        facts.eventTime = "2030-01-01T00:00:00.000000Z"
        for entry in try entries([facts]) { #expect(entry.startsAt <= entry.endsAt) }
    }

    @Test func `A test says so, and ends soon`() throws {
        let entry = try #require(try entries([.sample(0)], isTest: true).first)
        #expect(entry.labels["test"] == "true")
        #expect(entry.endsAt == "2027-01-15T08:01:00Z")
    }

    @Test func `The key is the same for the same alert, and differs from all others`() {
        let keys = (1...500).flatMap { id in (0...2).map { AlertMessage(.sample(id, salt: $0)).key } }
        #expect(Set(keys).count == keys.count)
        #expect(AlertMessage(.sample(3)).key == AlertMessage(.sample(3, account: "bob")).key)
    }
}
