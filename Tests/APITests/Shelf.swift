import RiskModel
import Store

/// What stands in the database of a test: a few accounts, alerts and entities, with names that want to be more than names.
enum Shelf {
    static let start = Timestamp(seconds: 1_772_352_000)  // 2026-03-01T08:00:00Z

    /// Names of accounts, of rising scores.
    static let names = [
        "alice", "<script>alert(1)</script>", "a/b?c=d&e#f", "'; DROP TABLE accounts; --", "bob+plus@example.com",
        "Ünïcödé 𝒳",
        "tab\tand\nnewline", "\u{1b}[31mred", "..", "%2e%2e",
    ]

    static let rules = RuleSet(
        rules: [
            Rule(
                id: "accounts_per_device", heuristic: "shared device", family: .device,
                kind: .distinct(
                    DistinctParameters(
                        key: .device, member: .account, window: Interval(seconds: 86_400),
                        ramp: Ramp(allow: 2, saturate: 9))),
                condition: Condition(types: [.registration]), weight: 3, halfLife: Interval(seconds: 604_800),
                reason: "One device makes many accounts.", tiesAccounts: true),
            Rule(
                id: "listed_mail", heuristic: "disposable contact", family: .identity,
                kind: .match(
                    MatchParameters(
                        test: .list("disposable"), window: Interval(seconds: 86_400), gap: Interval(seconds: 60),
                        ramp: Ramp(allow: 0, saturate: 2))),
                condition: Condition(), weight: 1.5, halfLife: Interval(seconds: 604_800),
                reason: "Throw-away addresses."),
        ],
        policy: ScorePolicy(
            prior: -4, caps: [3, 3, 3, 2, 3, 3, 3],
            basisCaps: Array(repeating: 3, count: Basis.allCases.count), thresholds: [40, 70, 90], hysteresis: 5,
            cooldown: Interval(seconds: 3_600), independentEvidence: 1))

    static let configuration = ConfigurationRecord(
        databases: [.init(kind: "city", type: "GeoLite2-City", built: start)],
        lists: [.init(name: "disposable", entries: 3, fingerprint: "x")])

    static func time(_ seconds: Int) -> Timestamp { start + Interval(seconds: Int64(seconds)) }

    static func score(_ account: String, points: Int, seq: UInt64, level: Level = .review) -> Score {
        Score(
            account: account, firstSeen: time(0), points: 180 + points, basePoints: 180, level: level,
            compromised: false,
            time: time(Int(seq)), seq: seq, order: seq,
            contributions: [
                Contribution(
                    rule: 0, points: points, evidenceValue: Double(points) / 1_000, strength: 0.5, since: time(0),
                    updated: time(Int(seq)),
                    evidence: .count(entity: EntityKey(kind: .device, text: "d-1"), count: 5, fresh: 2, names: []))
            ])
    }

    /// One account, its alert, an entity and a line in quarantine for each name; a campaign and a verdict for all.
    static func fill(_ writer: StoreWriter) throws {
        var changes = Changes()
        for (index, name) in names.enumerated() {
            let seq = UInt64(index + 1)
            changes.newAccounts.append(NewAccount(account: name, firstSeen: time(0)))
            let score = score(name, points: 4_000 + 100 * index, seq: seq)
            changes.scores[ExactText(name)] = score
            changes.alerts.append(Alert(level: .review, previousLevel: .normal, score: score))
            let entity = EntityKey(kind: .device, text: "d-\(index)")
            changes.entities[.init(entity: entity, rule: 0)] = EntitySignal(
                entity: entity, rule: 0, seq: seq, order: seq, time: time(index), strength: 0.5, count: index / 2,
                firstSeen: time(0))
            changes.rejections.append(
                Rejection(
                    seq: 100 + seq, source: .http, reason: index % 2 == 0 ? .invalidJSON : .invalidUTF8, position: 0,
                    bytes: index % 2 == 0 ? Array(name.utf8) : [0xff, 0xfe]))
            changes.campaignMembers.append(
                CampaignMember(
                    campaign: 1, account: name, entity: EntityKey(kind: .device, text: "d-1"),
                    rule: "accounts_per_device",
                    joined: time(index), seq: seq))
            changes.verdicts.append(
                RecordedVerdict(
                    account: name, verdict: Verdict(kind: .cleared, until: .latest, by: "eve (uid 1)", why: "known"),
                    time: time(index), seq: seq, order: seq))
        }
        for id in [UInt64(1), 2, 3] {
            changes.campaigns[id] = Campaign(
                id: id, cause: "accounts_per_device", entity: EntityKey(kind: .device, text: "d-1"), entities: 1,
                members: names.count, level: .review, firstSeen: time(0), lastSeen: time(9), born: time(1),
                mergedInto: nil, seq: 1)
        }
        changes.throughSeq = 200
        changes.watermark = time(60)
        var counts = SourceCounts()
        counts.frames = 10
        counts.events = 10
        changes.sources[.http] = counts
        try writer.write(changes)
    }

    /// One more alert, as the pipeline would write it.
    static func alert(_ writer: StoreWriter, account: String, seq: UInt64) throws {
        var changes = Changes()
        let score = score(account, points: 7_000, seq: seq, level: .ban)
        changes.newAccounts = [NewAccount(account: account, firstSeen: time(0))]
        changes.scores[ExactText(account)] = score
        changes.alerts = [Alert(level: .ban, previousLevel: .review, score: score)]
        changes.throughSeq = seq
        changes.watermark = time(Int(seq))
        try writer.write(changes)
    }
}
