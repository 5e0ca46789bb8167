import Foundation
import RiskModel
import Testing

@testable import Store

@Suite struct AppealTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// An account with others on the same device, all of them named so that they are easily found in a text.
    private func write(
        others: Int, otherAge: Int, points: [Int] = [4_000, 0, 0], compromised: Bool = false,
        _ adjust: (inout Changes) -> Void = { _ in }
    ) throws -> Appeal {
        let writer = try scratch.openWriter()
        var changes = Changes()
        changes.throughSeq = 1
        changes.watermark = Fixtures.time(3_600)
        var score = Fixtures.score("accused", points, level: .review, at: 60)
        score.compromised = compromised
        changes.scores[ExactText("accused")] = score
        for number in 0..<others {
            let name = "secret-\(number)"
            var score = Fixtures.score(name, [2_000, 0, 0], level: .watch, at: 60)
            score.firstSeen = Fixtures.start - Interval(seconds: Int64(otherAge))
            changes.scores[ExactText(name)] = score
        }
        let device = EntityKey(kind: .device, text: "d-1")
        changes.entities[.init(entity: device, rule: 0)] = EntitySignal(
            entity: device, rule: 0, seq: 1, order: 1, time: Fixtures.start, strength: 1, count: others + 1,
            firstSeen: Fixtures.start - Interval(seconds: 90 * 86_400))
        changes.signals = [Fixtures.signal("accused", rule: 0, seq: 1), Fixtures.signal("secret-0", rule: 0, seq: 1)]
        adjust(&changes)
        try writer.write(changes)
        writer.close()
        return try #require(try StoreReader(path: scratch.database).appeal(of: "accused"))
    }

    private func explanation(_ appeal: Appeal, _ name: String) throws -> Appeal.Explanation {
        try #require(appeal.charges[0].explanations.first { $0.name == name })
    }

    @Test func `old accounts on a device speak for a public computer, new ones against it`() throws {
        let appeal = try write(others: 8, otherAge: 60 * 86_400)
        let sharing = try #require(appeal.charges.first?.sharing)
        #expect(sharing.others == 8 && sharing.established == 8 && sharing.together == 0 && sharing.otherwiseClean == 8)
        let computer = try explanation(appeal, "public_computer")
        #expect(computer.speaksFor.contains("8 of 8 others had been known for a month or longer"))
        #expect(computer.speaksFor.contains("the device had been in use for 90 days before"))
        #expect(computer.speaksAgainst.isEmpty)
    }

    @Test func `accounts that came together speak against it`() throws {
        let appeal = try write(others: 8, otherAge: 600)
        #expect(appeal.charges[0].sharing?.together == 8)
        let computer = try explanation(appeal, "public_computer")
        #expect(computer.speaksAgainst == ["8 of 8 others first came within a day of this account"])
        // Each is ordered by what is known.
        let balances = appeal.charges[0].explanations.map { $0.speaksFor.count - $0.speaksAgainst.count }
        #expect(balances == balances.sorted(by: >))
    }

    @Test func `verdicts on the others are clues`() throws {
        let appeal = try write(others: 4, otherAge: 600) { changes in
            for (number, kind) in [Verdict.Kind.banned, .cleared, .cleared].enumerated() {
                changes.scores[ExactText("secret-\(number)")]?.verdict = kind
            }
        }
        let sharing = try #require(appeal.charges[0].sharing)
        #expect(sharing.banned == 1 && sharing.cleared == 2)
        let texts = appeal.charges[0].explanations.flatMap { $0.speaksFor + $0.speaksAgainst }
        #expect(texts.contains("a person has banned 1 of the others"))
        #expect(texts.contains("a person has cleared 2 of the others"))
    }

    @Test func `neither text names another account, and the reply no rule, address, points or verdict`() throws {
        let appeal = try write(others: 5, otherAge: 600, points: [3_000, 2_000, 1_000]) { changes in
            changes.verdicts = [Fixtures.verdict("accused", .banned, why: "with secret-9 in it")]
            changes.campaigns = [6: Fixtures.campaign(6, members: 6)]
            changes.campaignMembers = [
                Fixtures.member("accused", of: 6), Fixtures.member("secret-0", of: 6),
            ]
        }
        let text = AppealText(appeal)
        let reply = text.forTheReply.joined(separator: "\n")
        for word in [
            "secret", "accounts_per_device", "impossible_travel", "listed_mail", "1.2.3.4", "5.6.7.8", "points",
            "score",
            "30.00", "campaign", "eve", "strength",
        ] { #expect(!reply.contains(word), "\(word)") }
        #expect(reply.contains("the account accused"))
        #expect(reply.contains("It is closed at present."))
        #expect(
            reply.contains(
                "- 5 accounts registered on device d-1 within 24h (from 2026-03-01 08:00 to 2026-03-01 08:01)"))
        #expect(reply.contains("- used in DE and soon after in JP, at least 8912 km away, 5 times in all"))
        #expect(reply.contains("Do not send") || reply.contains("do not send passwords"))
        // The decider's part has the reasons of verdicts; beyond those no name either.
        let mine = text.forYou.joined(separator: "\n")
        #expect(mine.contains("banned by eve (uid 1000), without end: with secret-9 in it"))
        #expect(!mine.replacingOccurrences(of: "secret-9", with: "").contains("secret"))
        #expect(mine.contains("campaign 6 (review, 6 accounts, cause accounts_per_device); tied by device d-1"))
        #expect(!appeal.json.replacingOccurrences(of: "secret-9", with: "").contains("secret"))
    }

    @Test func `each charge has its sentence, its points, its time and its decay`() throws {
        let text = try AppealText(write(others: 2, otherAge: 600, points: [3_000, 2_000, 0])).forYou
        #expect(text.contains("  1. 5 accounts registered on device d-1 within 24h"))
        #expect(
            text.contains(
                "     30.00 points by accounts_per_device; from 2026-03-01 08:00 to 2026-03-01 08:01; counts half every 7 days"
            ))
        #expect(text.contains { $0.contains("20.00 points by impossible_travel") })
        #expect(text.contains("  what is against it rests on 2 things: device, place"))
        #expect(text.contains { $0.contains("2026-03-01 08:00  accounts_per_device  strength 0.50  event 1") })
    }

    @Test func `the outlook halves each evidence by its half-life`() throws {
        let appeal = try write(others: 0, otherAge: 0, points: [4_000, 1_000, 0])
        // The prior is -4; the fixture's evidence is a thousandth of its points; both rules halve in 7 days. Now is 59
        // minutes after the score.
        let now = 3_540.0 / 604_800
        for step in appeal.outlook {
            let z = -4 + 5 * pow(0.5, now + Double(step.days) / 7)
            #expect(abs(step.score - 100 / (1 + exp(-z))) < 0.006)
        }
        #expect(appeal.outlook.map(\.days) == [0, 7, 30, 90, 180])
    }

    @Test func `a victim is told so, and asked whether it was he`() throws {
        let appeal = try write(others: 0, otherAge: 0, points: [0, 4_000, 0], compromised: true)
        let someone = try explanation(appeal, "someone_else")
        #expect(someone.speaksFor.contains("the account is marked as the victim of a takeover"))
        let text = AppealText(appeal)
        #expect(text.forTheReply.contains { $0.contains("change your password") })
        #expect(text.forYou.contains { $0.contains("COMPROMISED") })
    }

    @Test func `an account with nothing against it is told of its network`() throws {
        let appeal = try write(others: 0, otherAge: 0, points: [0, 0, 0])
        #expect(appeal.charges.isEmpty && appeal.outlook.isEmpty)
        #expect(AppealText(appeal).forTheReply.contains { $0.contains("your network that was held back") })
        #expect(AppealText(appeal).forYou.contains { $0.contains("banrisk query entities") })
        #expect(try StoreReader(path: scratch.database).appeal(of: "nobody") == nil)
    }

    @Test func `the particulars of a pattern are not told to the accused`() throws {
        var rules = Fixtures.rules
        rules.rules[0] = Rule(
            id: "alike", heuristic: "batch_registration", family: .behaviour,
            kind: .likeness(
                LikenessParameters(
                    key: .prefix, window: Interval(seconds: 3_600), minimumBits: 8, ramp: Ramp(allow: 1, saturate: 5))),
            condition: Condition(), weight: 2, halfLife: Interval(seconds: 3_600), reason: "Names of one mould.")
        let writer = try scratch.openWriter(rules: rules)
        var changes = Changes()
        changes.throughSeq = 1
        var score = Fixtures.score("accused", [3_000, 0, 0])
        score.contributions[0].evidence = .pattern(
            entity: EntityKey(kind: .prefix, text: "192.0.2.0/24"), count: 4, traits: ["like secret-1 and secret-2"])
        changes.scores = [ExactText("accused"): score]
        try writer.write(changes)
        let appeal = try #require(try StoreReader(path: scratch.database).appeal(of: "accused"))
        let reply = AppealText(appeal).forTheReply.joined(separator: "\n")
        #expect(reply.contains("- Names of one mould (on 2026-03-01 08:00)") && !reply.contains("secret"))
        #expect(appeal.charges[0].explanations.contains { $0.name == "bulk_enrolment" })
    }

    @Test func `what the databases know of the network is a clue`() throws {
        let writer = try scratch.openWriter()
        var changes = Changes()
        changes.throughSeq = 1
        var score = Fixtures.score("accused", [3_000, 0, 0])
        score.contributions[0].evidence = .count(
            entity: EntityKey(kind: .prefix, text: "192.0.2.0/24"), count: 80, fresh: 3, names: [])
        changes.scores = [ExactText("accused"): score]
        try writer.write(changes)
        let reader = try StoreReader(path: scratch.database)
        var asked: [IPAddress] = []
        let appeal = try #require(
            try reader.appeal(of: "accused") {
                asked.append($0)
                return .cellular
            })
        #expect(asked == [IPAddress("192.0.2.0")])
        #expect(appeal.charges[0].explanations[0].name == "carrier_nat")
        #expect(
            try explanation(appeal, "carrier_nat").speaksFor.contains(
                "the databases call the network a mobile carrier's"))
        let without = try #require(try reader.appeal(of: "accused"))
        #expect(try !explanation(without, "carrier_nat").speaksFor.contains { $0.contains("databases") })
    }

    @Test func `every topic has an innocent explanation, and every case a topic`() {
        for topic in AppealTopic.allCases {
            #expect(InnocentCase.all.contains { $0.topics.contains(topic) }, "\(topic)")
        }
        #expect(InnocentCase.all.allSatisfy { !$0.topics.isEmpty && !$0.supports.isEmpty })
        #expect(Set(InnocentCase.all.map(\.name)).count == InnocentCase.all.count)
    }

    @Test(
        arguments: [
            ("batch_registration", "distinct", "ip", AppealTopic.network),
            ("shared_device", "distinct", "device", .device),
            ("region_hopping", "distinct", nil, .hopping), ("anything", "travel", nil, .hopping),
            ("payment_risk", "distinct", "card", .card), ("payment_risk", "match", nil, .payment),
            ("disposable_contact", "match", nil, .disposable), ("disposable_contact", "distinct", "mailbox", .contact),
            ("api_abuse", "resale", "api_key", .apiKey), ("api_abuse", "match", nil, .api),
            ("anonymizer", "match", nil, .relay), ("policy_strikes", "ladder", nil, .policy),
            ("association", "association", "device", .tie), ("my own", "match", nil, .other),
        ] as [(String, String, String?, AppealTopic)])
    func `a charge's topic follows from rule and evidence`(
        heuristic: String, kind: String, entity: String?, topic: AppealTopic
    ) {
        #expect(AppealTopic(heuristic: heuristic, kind: kind, entity: entity) == topic)
    }
}
