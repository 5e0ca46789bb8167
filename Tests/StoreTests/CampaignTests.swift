import RiskModel
import Testing

@testable import Store

@Suite struct CampaignTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func changes(_ seq: UInt64, _ fill: (inout Changes) -> Void) -> Changes {
        var changes = Changes()
        changes.throughSeq = seq
        changes.watermark = Fixtures.time(Int(seq))
        fill(&changes)
        return changes
    }

    /// Three campaigns: 3 turns out to be part of 2, and 2 of 1; `c` moves from 2 to a fourth before.
    private var story: [Changes] {
        [
            changes(1) { changes in
                for name in ["a", "b", "c", "d", "e"] {
                    changes.scores[ExactText(name)] = Fixtures.score(name, [4_000, 0, 0], level: .review)
                }
                changes.campaigns = [1: Fixtures.campaign(1, members: 1)]
                changes.campaignMembers = [Fixtures.member("a", of: 1)]
            },
            changes(2) { changes in
                changes.campaigns = [2: Fixtures.campaign(2, members: 2, seq: 2)]
                changes.campaignMembers = [Fixtures.member("b", of: 2, seq: 2), Fixtures.member("c", of: 2, seq: 2)]
            },
            changes(3) { changes in
                changes.campaigns = [3: Fixtures.campaign(3, members: 1, seq: 3)]
                changes.campaignMembers = [Fixtures.member("d", of: 3, seq: 3)]
            },
            changes(4) { changes in
                changes.campaigns = [
                    3: Fixtures.campaign(3, members: 0, mergedInto: 2, seq: 4),
                    2: Fixtures.campaign(2, members: 3, seq: 4),
                ]
            },
            changes(5) { changes in
                changes.campaigns = [4: Fixtures.campaign(4, members: 1, seq: 5)]
                changes.campaignMembers = [Fixtures.member("c", of: 4, at: 5, seq: 5, device: "d-4")]
            },
            changes(6) { changes in
                changes.campaigns = [
                    2: Fixtures.campaign(2, members: 0, mergedInto: 1, seq: 6),
                    1: Fixtures.campaign(1, members: 3, seq: 6),
                ]
            },
            changes(7) { changes in
                changes.campaignMembers = [Fixtures.member("e", of: 1, at: 7, seq: 7)]
                changes.campaigns = [1: Fixtures.campaign(1, members: 4, level: .ban, seq: 7, seen: 7)]
            },
        ]
    }

    /// Every way to cut seven changes into transactions.
    @Test(arguments: 0..<64)
    func `members move with their campaign, wherever the changes are cut`(cuts: Int) throws {
        let writer = try scratch.openWriter()
        var pending = story[0]
        for (index, next) in story.dropFirst().enumerated() {
            if cuts >> index & 1 == 1 {
                try writer.write(pending)
                pending = next
            } else {
                pending.append(next)
            }
        }
        try writer.write(pending)
        #expect(
            try scratch.sqlite3("SELECT account, campaign FROM campaign_members ORDER BY account")
                == "a|1\nb|1\nc|4\nd|1\ne|1")
        #expect(
            try scratch.sqlite3("SELECT account, campaign FROM accounts ORDER BY account") == "a|1\nb|1\nc|4\nd|1\ne|1")
        #expect(
            try scratch.sqlite3("SELECT id, merged_into, members, level, seq FROM campaigns")
                == "1||4|ban|7\n2|1|0|review|6\n3|2|0|review|4\n4||1|review|5")
    }

    @Test func `a member that comes late to a merged campaign goes where the others went`() throws {
        for isCut in [true, false] {
            let scratch = try Scratch()
            let writer = try scratch.openWriter()
            var late = changes(8) { $0.campaignMembers = [Fixtures.member("d", of: 3, at: 8, seq: 8)] }
            if isCut {
                for changes in story { try writer.write(changes) }
            } else {
                var all = story[0]
                for changes in story.dropFirst() { all.append(changes) }
                all.append(late)
                late = all
            }
            try writer.write(late)
            #expect(
                try scratch.sqlite3("SELECT campaign, joined FROM campaign_members WHERE account = 'd'")
                    == "1|2026-03-01T08:00:08.000000Z")
            #expect(try scratch.sqlite3("SELECT campaign FROM accounts WHERE account = 'd'") == "1")
        }
    }

    @Test func `in a random stream each account has one living campaign, the same in both tables`() throws {
        let writer = try scratch.openWriter()
        for changes in Fixtures.stream(seed: 31, count: 500) { try writer.write(changes) }
        #expect(try scratch.sqlite3("SELECT count(*) > 3 FROM campaigns WHERE merged_into IS NOT NULL") == "1")
        #expect(
            try scratch.sqlite3(
                """
                SELECT count(*) FROM campaign_members m JOIN campaigns c ON c.id = m.campaign WHERE c.merged_into IS NOT NULL
                """) == "0")
        #expect(
            try scratch.sqlite3(
                """
                SELECT count(*) FROM accounts a LEFT JOIN campaign_members m USING (account)
                WHERE a.campaign IS NOT m.campaign
                """) == "0")
    }

    @Test func `a report says who belongs, what ties, and how it grew`() throws {
        let writer = try scratch.openWriter()
        for changes in story { try writer.write(changes) }
        let later = 3 * 86_400
        try writer.write(
            changes(9) { changes in
                changes.watermark = Fixtures.time(later)
                changes.scores[ExactText("f")] = Fixtures.score("f", [5_000, 100, 0], level: .ban, seq: 9)
                changes.campaignMembers = [Fixtures.member("f", of: 1, at: later - 60, seq: 9, device: "d-9")]
                changes.campaigns = [1: Fixtures.campaign(1, members: 5, level: .ban, seq: 9, seen: later)]
            })
        let reader = try StoreReader(path: scratch.database)
        let report = try #require(try reader.campaignReport(1, memberLimit: 3))
        #expect(report.campaign.recent == 1 && report.campaign.members == 5 && report.merged == [2])
        #expect(report.ties.map(\.entityKey) == ["d-1", "d-9"] && report.ties.map(\.members) == [4, 1])
        #expect(
            report.growth == [
                .init(day: "2026-03-01", joined: 4, total: 4), .init(day: "2026-03-04", joined: 1, total: 5),
            ])
        #expect(report.members.map(\.account) == ["f", "a", "b"])
        #expect(report.levels == ["review": 4, "ban": 1])
        #expect(report.rules.map(\.rule) == ["accounts_per_device", "impossible_travel"])
        #expect(report.rules[0].meanPoints == 42)
        #expect(try reader.campaignReport(99, memberLimit: 3) == nil)

        var filter = CampaignFilter()
        #expect(try reader.campaigns(filter).map(\.id) == [1, 4])
        filter.includesMerged = true
        #expect(Set(try reader.campaigns(filter).map(\.id)) == [1, 2, 3, 4])
        filter.since = Fixtures.time(later)
        #expect(try reader.campaigns(filter).map(\.id) == [1])
        #expect(try scratch.sqlite3("SELECT id, members, recent FROM campaign_feed") == "1|5|1\n4|1|0")
    }

    @Test func `a campaign's alert comes behind its member's own, and counts for its cause`() throws {
        let writer = try scratch.openWriter()
        let score = Fixtures.score("a", [1_005, 4_120, 0], level: .ban)
        try writer.write(
            changes(1) { changes in
                let campaign = Fixtures.campaign(7, members: 5, level: .ban)
                changes.alerts = [
                    Alert(level: .ban, previousLevel: .review, score: score, campaign: campaign),
                    Alert(level: .ban, previousLevel: .review, score: score),
                ]
            })
        #expect(
            try scratch.sqlite3("SELECT id, campaign, members, reason FROM alerts WHERE campaign IS NOT NULL")
                == "2|7|5|campaign 7: 5 accounts on device d-1, by accounts_per_device")
        #expect(
            try scratch.sqlite3(
                "SELECT explanation ->> '$.campaign.id', explanation ->> '$.campaign.key' FROM alerts WHERE id = 2")
                == "7|d-1")
        #expect(
            try scratch.sqlite3("SELECT rule, alerts FROM rules ORDER BY rule")
                == "accounts_per_device|2\nimpossible_travel|1\nlisted_mail|0")
        var filter = AlertFilter()
        filter.rule = "impossible_travel"
        #expect(try StoreReader(path: scratch.database).alerts(filter).map(\.id) == [1])
        filter.rule = nil
        filter.campaign = 7
        #expect(try StoreReader(path: scratch.database).alerts(filter).map(\.id) == [2])
    }
}
