import RiskModel
import Testing

@testable import Store

@Suite struct StoreReaderTests {
    let scratch: Scratch
    let reader: StoreReader
    let stream = Fixtures.stream(seed: 11, count: 250)

    init() throws {
        scratch = try Scratch()
        let writer = try scratch.openWriter(inactive: ["listed_mail": "no list disposable"])
        var all = stream[0]
        for changes in stream.dropFirst() { all.append(changes) }
        try writer.write(all)
        writer.close()
        reader = try StoreReader(path: scratch.database)
    }

    /// The last score of each account.
    private var scores: [ExactText: Score] {
        stream.reduce(into: [:]) { result, changes in result.merge(changes.scores) { $1 } }
    }

    @Test(arguments: Level.allCases)
    func `accounts come from a level on, the highest score first`(level: Level) throws {
        var filter = AccountFilter()
        filter.minimumLevel = level
        filter.limit = 1_000
        let rows = try reader.accounts(filter)
        let expected = scores.values.filter { $0.level >= level }
        if level > .normal { #expect(Set(rows.map(\.account)) == Set(expected.map(\.account))) }
        #expect(rows.map(\.score) == rows.map(\.score).sorted(by: >))
        for row in rows where scores[ExactText(row.account)]?.contributions.isEmpty == false {
            let top = scores[ExactText(row.account)]!.contributions.max { ($0.points, $1.rule) < ($1.points, $0.rule) }!
            #expect(row.topRule == Fixtures.rules.rules[top.rule].id)
            #expect(row.topExplanation == top.evidence.sentence(for: Fixtures.rules.rules[top.rule]))
        }
        filter.limit = 3
        #expect(try reader.accounts(filter) == Array(rows.prefix(3)))
    }

    @Test func `accounts can be had by rule, by name and by time`() throws {
        var filter = AccountFilter()
        filter.rule = "impossible_travel"
        filter.order = .account
        let byRule = try reader.accounts(filter).map(\.account)
        #expect(byRule == scores.values.filter { $0.contributions.contains { $0.rule == 1 } }.map(\.account).sorted())
        filter = AccountFilter()
        filter.order = .recent
        let times = try reader.accounts(filter).compactMap(\.scoredAt)
        #expect(times == times.sorted(by: >))
        #expect(try reader.account(named: "nobody") == nil)
    }

    @Test func `an explanation adds up and ends with the prior`() throws {
        let score = try #require(scores.values.first { $0.contributions.count > 1 })
        let (account, parts) = try #require(try reader.explanation(of: score.account))
        #expect(account.score == score.points.asPoints)
        #expect(parts.last?.isPrior == true)
        #expect(parts.dropLast().map(\.points) == score.contributions.map(\.points.asPoints).sorted(by: >))
        #expect(abs(parts.map(\.points).reduce(0, +) - account.score) < 1e-9)
        #expect(parts.dropLast().allSatisfy { $0.familyCap != nil })
        #expect(try reader.explanation(of: "nobody") == nil)
    }

    @Test func `alerts follow on an id in the order in which they were written`() throws {
        var filter = AlertFilter()
        filter.newestFirst = false
        filter.limit = 7
        var seen: [AlertRow] = []
        while case let rows = try reader.alerts(filter), let last = rows.last {
            seen += rows
            filter.afterID = last.id
        }
        let expected = stream.flatMap(\.alerts)
        #expect(seen.map(\.id) == Array(1...expected.count))
        #expect(seen.map(\.account) == expected.map(\.score.account))
        #expect(seen.map(\.level) == expected.map(\.level.name))
    }

    @Test func `alerts can be had by level, account, rule and event time`() throws {
        let all = stream.flatMap(\.alerts)
        let own = all.filter { $0.campaign == nil }
        func count(_ change: (inout AlertFilter) -> Void) throws -> Int {
            var filter = AlertFilter()
            filter.limit = 10_000
            change(&filter)
            return try reader.alerts(filter).count
        }
        #expect(try count { $0.minimumLevel = .ban } == all.count { $0.level == .ban })
        let account = all[0].score.account
        #expect(try count { $0.account = account } == all.count { $0.score.account == account })
        #expect(
            try count { $0.rule = "listed_mail" } == own.count { $0.score.contributions.contains { $0.rule == 2 } })
        let since = Fixtures.time(120)
        #expect(try count { $0.since = since } == all.count { $0.score.time >= since })
    }

    @Test(arguments: EntityFilter.Order.allCases)
    func `entities are the last word of each rule`(order: EntityFilter.Order) throws {
        var expected: [Changes.EntityRule: EntitySignal] = [:]
        for changes in stream { expected.merge(changes.entities) { $1 } }
        var filter = EntityFilter()
        filter.order = order
        filter.limit = 1_000
        let rows = try reader.entities(filter)
        #expect(rows.count == expected.count)
        #expect(Set(rows.map(\.count)) == Set(expected.values.map(\.count)))
        filter.kind = .device
        filter.rule = "accounts_per_device"
        #expect(try reader.entities(filter).count == expected.keys.count { $0.entity.kind == .device && $0.rule == 0 })
    }

    @Test func `the status counts what was written`() throws {
        let status = try reader.status()
        let counts = stream.flatMap(\.sources.values)
        #expect(status.appliedSeq == 250)
        #expect(status.watermark == stream.map(\.watermark).max()?.column)
        #expect(try reader.watermark() == stream.map(\.watermark).max())
        #expect(status.baseScore == 1.8)
        #expect(status.accounts == Set(stream.flatMap(\.newAccounts).map(\.account)).count)
        for level in Level.allCases.dropFirst() {
            #expect(status.accountsByLevel[level, default: 0] == scores.values.count { $0.level == level })
        }
        #expect(status.alerts == stream.flatMap(\.alerts).count)
        #expect(status.quarantine.total == stream.flatMap(\.rejections).count && status.quarantine.evicted == 0)
        #expect(status.configuration == 1)
        #expect(status.sources.map(\.duplicates).reduce(0, +) == counts.map(\.duplicates).reduce(0, +))
        #expect(status.sources.map(\.late).reduce(0, +) == counts.map(\.late).reduce(0, +))
        let mail = try #require(status.rules.first { $0.rule == "listed_mail" })
        #expect(!mail.isActive && mail.inactiveBecause == "no list disposable")
        #expect(mail.signals == stream.flatMap(\.signals).count { $0.signal.rule == 2 })
        let own = stream.flatMap(\.alerts).filter { $0.campaign == nil }
        #expect(mail.alerts == own.count { $0.score.contributions.contains { $0.rule == 2 } })
        #expect(!mail.isShadow && status.rules.first { $0.rule == "impossible_travel" }?.isShadow == true)
        #expect(status.sources.map(\.frames).reduce(0, +) == 250)
    }

    @Test func `the views answer as their tables do`() throws {
        let risky = try scratch.sqlite3("SELECT count(*) FROM risky_accounts")
        #expect(risky == "\(scores.values.count { $0.level > .normal })")
        let worst = try #require(
            scores.values.filter { $0.level > .normal }.max { $0.points < $1.points })
        #expect(try scratch.sqlite3("SELECT account FROM risky_accounts LIMIT 1") == worst.account)
        #expect(try scratch.sqlite3("SELECT max(id) FROM alert_feed") == "\(stream.flatMap(\.alerts).count)")
        let span = try scratch.sqlite3("EXPLAIN QUERY PLAN SELECT * FROM alert_feed WHERE event_time >= '2026-03-01'")
        #expect(span.contains("SEARCH alerts USING INDEX alerts_by_time") && !span.contains("TEMP B-TREE"))
        let entities = Set(stream.flatMap(\.entities.keys).map(\.entity))
        #expect(try scratch.sqlite3("SELECT count(*) FROM entity_risk") == "\(entities.count)")
        #expect(
            try scratch.sqlite3("SELECT active, accounts FROM rule_health WHERE rule = 'listed_mail'")
                == "0|\(scores.values.count { $0.contributions.contains { $0.rule == 2 } })")
        let plan = try scratch.sqlite3("EXPLAIN QUERY PLAN SELECT * FROM risky_accounts LIMIT 10")
        #expect(plan.contains("accounts_at_risk"))
        #expect(!plan.contains("TEMP B-TREE FOR ORDER BY\n|--SCAN"))
    }
}
