import RiskModel
import TestSupport
import Testing

@testable import Scoring

@Suite struct CampaignsTests {
    private static let rules: RuleSet = {
        var policy = ScorePolicy.test
        policy.campaignSize = 3
        return RuleSet(
            rules: [
                rule(.device, weight: 4, halfLife: 60, id: "devices", ties: true),
                rule(.network, weight: 4, halfLife: 60, id: "networks", ties: true),
            ], policy: policy)
    }()

    private static func score(_ account: Int, order: UInt64, level: Level = .review) -> Score {
        Score(
            account: "account-\(account)", firstSeen: .epoch, points: 7_000, basePoints: 180, level: level,
            compromised: false, time: Timestamp(seconds: Int64(order) * 60), seq: order + 100, order: order,
            contributions: [])
    }

    private static func tie(_ account: Int, _ devices: [Int], order: UInt64, level: Level = .review) -> Tie {
        Tie(
            account: AccountRef(partition: account % 64, generation: 0, slot: account),
            ties: devices.map { (EntityKey(kind: .device, text: "d\($0)"), $0 % 2) },
            score: score(account, order: order, level: level))
    }

    private static func alert(_ account: Int, order: UInt64, level: Level = .review) -> Alert {
        Alert(level: level, previousLevel: .normal, score: score(account, order: order, level: level))
    }

    private static func copy(_ campaigns: Campaigns) throws -> Campaigns {
        var writer = StateWriter()
        campaigns.encode(into: &writer)
        var reader = StateReader(writer.bytes)
        let copy = try Campaigns(from: &reader)
        try reader.finish()
        var again = StateWriter()
        copy.encode(into: &again)
        #expect(again.bytes == writer.bytes)
        return copy
    }

    // MARK: - One campaign

    @Test func `a campaign is born at its size, and alerts when it has doubled or risen`() {
        var campaigns = Campaigns()
        var told: [(members: Int, level: Level, previous: Level)] = []
        for account in 0..<14 {
            let level: Level = account == 8 ? .ban : .review
            let order = UInt64(account + 1)
            let output = campaigns.run(
                [Self.tie(account, [1], order: order, level: level)],
                alerts: [Self.alert(account, order: order, level: level)], rules: Self.rules)
            // Before its birth the accounts alert by themselves, and never after.
            #expect(output.alerts.count { $0.campaign == nil } == (account < 2 ? 1 : 0))
            #expect(output.members.count == (account < 2 ? 0 : account == 2 ? 3 : 1))
            #expect(output.campaigns.count == (account < 2 ? 0 : 1))
            for alert in output.alerts {
                guard let campaign = alert.campaign else { continue }
                #expect(campaign.id == 1 && campaign.cause == "networks" && campaign.entity.text == "d1")
                #expect(campaign.born == Timestamp(seconds: 180) && campaign.firstSeen == Timestamp(seconds: 60))
                #expect(campaign.lastSeen == alert.score.time && campaign.seq == alert.score.seq)
                told.append((campaign.members, alert.level, alert.previousLevel))
            }
        }
        #expect(told.map(\.members) == [3, 6, 9])
        #expect(told.map(\.level) == [.review, .review, .ban] && told.map(\.previous) == [.normal, .review, .review])
        #expect(campaigns.count == 1)
    }

    @Test func `all that one event did comes in one alert`() {
        var campaigns = Campaigns()
        let output = campaigns.run(
            (0..<9).map { Self.tie($0, [1], order: 5) }, alerts: (0..<9).map { Self.alert($0, order: 5) },
            rules: Self.rules)
        #expect(output.alerts.count == 1 && output.alerts[0].campaign?.members == 9)
        #expect(output.members.map(\.account) == (0..<9).map { "account-\($0)" })
    }

    @Test func `a member that rises above its campaign without a tie alerts by itself`() {
        var campaigns = Campaigns()
        _ = campaigns.run((0..<3).map { Self.tie($0, [1], order: 5) }, alerts: [], rules: Self.rules)
        let silent = campaigns.run([], alerts: [Self.alert(1, order: 6)], rules: Self.rules)
        #expect(silent.alerts.isEmpty)
        let risen = campaigns.run([], alerts: [Self.alert(1, order: 7, level: .ban)], rules: Self.rules)
        #expect(risen.alerts.map(\.level) == [.ban])
        let stranger = campaigns.run([], alerts: [Self.alert(8, order: 8)], rules: Self.rules)
        #expect(stranger.alerts.count == 1)
    }

    @Test func `of two campaigns that are one the older number stays`() throws {
        var campaigns = Campaigns()
        _ = campaigns.run((0..<3).map { Self.tie($0, [1], order: 1) }, alerts: [], rules: Self.rules)
        _ = campaigns.run((10..<15).map { Self.tie($0, [2], order: 2) }, alerts: [], rules: Self.rules)
        campaigns = try Self.copy(campaigns)
        let output = campaigns.run([Self.tie(12, [2, 1], order: 3)], alerts: [], rules: Self.rules)
        #expect(output.campaigns[2]?.mergedInto == 1 && output.campaigns[2]?.members == 5)
        #expect(output.campaigns[1]?.mergedInto == nil && output.campaigns[1]?.members == 8)
        #expect(output.campaigns[1]?.entities == 2 && output.campaigns[1]?.entity.text == "d2")
        #expect(campaigns.count == 1)
        // Eight are not twice the five that the younger one alerted.
        #expect(output.alerts.isEmpty)
        let more = campaigns.run((20..<22).map { Self.tie($0, [2], order: 4) }, alerts: [], rules: Self.rules)
        #expect(more.alerts.map { $0.campaign?.members } == [10])
    }

    @Test func `a group that has not grown for long is forgotten, and its number is not given again`() {
        var campaigns = Campaigns()
        _ = campaigns.run((0..<3).map { Self.tie($0, [1], order: 1) }, alerts: [], rules: Self.rules)
        let grown = Timestamp(seconds: 60)
        campaigns.maintain(watermark: grown + Campaigns.memory - Interval(seconds: 1))
        #expect(campaigns.count == 1)
        campaigns.maintain(watermark: grown + Campaigns.memory)
        #expect(campaigns.count == 0 && campaigns.groups.isEmpty)
        let alone = campaigns.run(
            [Self.tie(0, [1], order: 2)], alerts: [Self.alert(0, order: 2)], rules: Self.rules)
        #expect(alone.alerts.map(\.campaign) == [nil])
        let again = campaigns.run((0..<3).map { Self.tie($0, [1], order: 3) }, alerts: [], rules: Self.rules)
        #expect(again.campaigns.keys.sorted() == [2])
    }

    @Test func `who is known no more is no member, and a group without members is begun anew`() throws {
        var campaigns = Campaigns()
        func join(_ accounts: Range<Int>, from order: UInt64) -> [Campaigns.Output] {
            accounts.map { account in
                campaigns.run(
                    [Self.tie(account, [1], order: order + UInt64(account))],
                    alerts: [Self.alert(account, order: order + UInt64(account))], rules: Self.rules)
            }
        }
        func ref(_ account: Int) -> AccountRef { AccountRef(partition: account % 64, generation: 0, slot: account) }
        _ = join(0..<4, from: 1)
        campaigns.remove([ref(0), ref(1), ref(40)])
        campaigns = try Self.copy(campaigns)
        // Two are left: the third is told once more what the campaign is, and no alert of its own.
        let third = join(4..<5, from: 10)[0]
        #expect(third.campaigns[1]?.members == 3 && third.members.map(\.account) == ["account-4"])
        #expect(third.alerts.allSatisfy { $0.campaign != nil })
        // One that has left alerts by itself.
        let gone = campaigns.run([], alerts: [Self.alert(0, order: 20)], rules: Self.rules)
        #expect(gone.alerts.count == 1)
        campaigns.remove((2...4).map(ref))
        campaigns = try Self.copy(campaigns)
        #expect(campaigns.groups.isEmpty)
        let anew = join(5..<8, from: 30)
        #expect(anew[0].campaigns.isEmpty && anew[2].campaigns.keys.sorted() == [2])
    }

    @Test func `a name that another account has by now is that account's, also in a state that is read back`() throws {
        var campaigns = Campaigns()
        _ = campaigns.run((0..<2).map { Self.tie($0, [2], order: 1) }, alerts: [], rules: Self.rules)
        _ = campaigns.run((0..<3).map { Self.tie($0 + 10, [1], order: 2) }, alerts: [], rules: Self.rules)
        // The account of a campaign gave way and came back, tied to a small group that came first.
        var back = Self.tie(10, [2], order: 3)
        back.account = AccountRef(partition: 10, generation: 1, slot: 10)
        _ = campaigns.run([back], alerts: [], rules: Self.rules)
        #expect(campaigns.count == 2)
        var small = campaigns
        campaigns.maintain(watermark: .epoch)
        var copy = try Self.copy(campaigns)
        let alert = Self.alert(10, order: 4, level: .review)
        #expect(small.run([], alerts: [alert], rules: Self.rules).alerts.count == 0)
        #expect(copy.run([], alerts: [alert], rules: Self.rules).alerts.count == 0)
    }

    // MARK: - Against a graph

    /// Accounts and devices as a graph; what hangs together is found anew after each event.
    private struct Graph {
        var edges: [Int: Set<Int>] = [:]
        var campaignOf: [Int: UInt64] = [:]
        var nextID: UInt64 = 1
        var alerted: [UInt64: Int] = [:]
        var levels: [Int: Level] = [:]
        var alertedLevel: [UInt64: Level] = [:]

        /// Who hangs together with an account.
        func component(of account: Int) -> Set<Int> {
            var found: Set = [account]
            var devices: Set<Int> = []
            var grew = true
            while grew {
                devices = found.reduce(into: devices) { $0.formUnion(edges[$1] ?? []) }
                let next = Set(edges.filter { !$0.value.isDisjoint(with: devices) }.map(\.key)).union(found)
                grew = next.count > found.count
                found = next
            }
            return found
        }

        /// The campaign's number, its members and whether it alerts, after an event that ties these accounts.
        mutating func take(_ ties: [(account: Int, devices: [Int], level: Level)]) -> (
            id: UInt64, members: Set<Int>, alerts: Bool
        )? {
            for tie in ties {
                edges[tie.account, default: []].formUnion(tie.devices)
                levels[tie.account] = max(levels[tie.account] ?? .normal, tie.level)
            }
            let members = component(of: ties[0].account)
            let former = Set(members.compactMap { campaignOf[$0] })
            guard !former.isEmpty || members.count >= 3 else { return nil }
            let id = former.min() ?? nextID
            if former.isEmpty { nextID += 1 }
            let most = former.compactMap { alerted[$0] }.max() ?? 0
            let highest = former.compactMap { alertedLevel[$0] }.max() ?? .normal
            for member in members { campaignOf[member] = id }
            let level = members.compactMap { levels[$0] }.max() ?? .normal
            let alerts = members.count >= 2 * most || level > highest
            alerted[id] = alerts ? members.count : most
            alertedLevel[id] = alerts ? level : highest
            return (id, members, alerts)
        }
    }

    @Test(arguments: 1...20) func `campaigns are what hangs together in the graph, however events are cut`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var graph = Graph()
        var campaigns = Campaigns()
        var pending: (ties: [Tie], alerts: [Alert]) = ([], [])
        var expectedAlerts: [String] = []
        var alerts: [String] = []
        var members: [String: UInt64] = [:]
        var merged: [UInt64: UInt64] = [:]
        var latest: [UInt64: Campaign] = [:]
        func words(_ alert: Alert) -> String {
            alert.campaign.map { "\(alert.score.order): campaign \($0.id) of \($0.members)" }
                ?? "\(alert.score.order): \(alert.score.account)"
        }
        func flush(_ campaigns: inout Campaigns) {
            let output = campaigns.run(pending.ties, alerts: pending.alerts, rules: Self.rules)
            alerts += output.alerts.map(words)
            for member in output.members { members[member.account] = member.campaign }
            for (id, campaign) in output.campaigns {
                if let into = campaign.mergedInto { merged[id] = into }
                latest[id] = campaign
            }
            pending = ([], [])
        }
        for order in 1...120 as ClosedRange<UInt64> {
            // One event ties accounts by a device that they share; some by another, too.
            let device = Int.random(in: 0..<30, using: &random)
            var ties: [(account: Int, devices: [Int], level: Level)] = []
            let told = Set(
                (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 0..<60, using: &random) })
            for account in told.sorted() {
                let other = Int.random(in: 0..<12, using: &random) == 0 ? [Int.random(in: 0..<30, using: &random)] : []
                let level: Level = Int.random(in: 0..<20, using: &random) == 0 ? .ban : .review
                ties.append((account, [device] + other.filter { $0 != device }, level))
            }
            ties.sort { ExactText("account-\($0.account)") < ExactText("account-\($1.account)") }
            let found = graph.take(ties)
            if let found, found.alerts {
                expectedAlerts.append("\(order): campaign \(found.id) of \(found.members.count)")
            }
            for tie in ties where graph.campaignOf[tie.account] == nil {
                expectedAlerts.append("\(order): account-\(tie.account)")
            }
            pending.ties += ties.map { Self.tie($0.account, $0.devices, order: order, level: $0.level) }
            pending.alerts += ties.map { Self.alert($0.account, order: order, level: $0.level) }
            if Int.random(in: 0..<4, using: &random) == 0 {
                flush(&campaigns)
                campaigns = try Self.copy(campaigns)
            }
        }
        flush(&campaigns)
        #expect(alerts == expectedAlerts)
        func root(_ id: UInt64) -> UInt64 { merged[id].map(root) ?? id }
        for (account, id) in graph.campaignOf { #expect(members["account-\(account)"].map(root) == id) }
        #expect(members.count == graph.campaignOf.count && campaigns.count == Set(graph.campaignOf.values).count)
        for (id, campaign) in latest where campaign.mergedInto == nil {
            #expect(campaign.members == graph.campaignOf.values.count { $0 == id })
        }
        #expect(!merged.isEmpty)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `damaged bytes are refused, or are another state; they never crash`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var campaigns = Campaigns()
        let ties = (0..<40).map { Self.tie($0, [$0 / 8 * 2, $0 % 5 == 0 ? 1 : $0 / 8 * 2], order: UInt64($0 + 1)) }
        _ = campaigns.run(ties, alerts: [], rules: Self.rules)
        var writer = StateWriter()
        campaigns.encode(into: &writer)
        for count in stride(from: 0, to: writer.bytes.count, by: 5) {
            #expect(throws: StateFault.self) {
                var reader = StateReader(Array(writer.bytes.prefix(count)))
                _ = try Campaigns(from: &reader)
                try reader.finish()
            }
        }
        var refused = 0
        for _ in 0..<400 {
            var damaged = writer.bytes
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let i = Int.random(in: damaged.indices, using: &random)
                damaged[i] = random.pick([0, 1, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &random)])
            }
            var reader = StateReader(damaged)
            guard var read = try? Campaigns(from: &reader), (try? reader.finish()) != nil else {
                refused += 1
                continue
            }
            _ = read.run(
                ties + [Self.tie(99, [0, 1, 2, 3, 4, 6, 8], order: 999)], alerts: [Self.alert(1, order: 1)],
                rules: Self.rules)
            read.maintain(watermark: .latest)
        }
        #expect(refused > 20)
    }
}
