import Foundation
import RiskModel
import TestSupport

@testable import Store

/// A directory for one test, removed at its end.
final class Scratch {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/banrisk.db" }

    func exists(_ suffix: String) -> Bool { FileManager.default.fileExists(atPath: database + suffix) }

    func openWriter(
        rules: RuleSet = Fixtures.rules, inactive: [String: String] = [:],
        configuration: ConfigurationRecord = Fixtures.configuration, limits: StoreWriter.Limits = .init()
    ) throws(StoreError) -> StoreWriter {
        try StoreWriter(
            path: database, rules: rules, inactive: inactive, configuration: configuration, limits: limits)
    }

    /// Runs the `sqlite3` program on the file, as an analyst would; its output without the last newline.
    func sqlite3(_ sql: String, mode: String? = "ro", format: String = "-list") throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let target = mode.map { "file:\(database)?mode=\($0)" } ?? database
        process.arguments = ["sqlite3", "-bail", format, target, sql]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else { throw AnalystError(text: text) }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// Every row of every table, ordered, as the `sqlite3` program prints it.
    func dump() throws -> String {
        let tables = [
            "accounts": "account", "contributions": "account, rule", "signals": "id", "alerts": "id",
            "entities": "kind, key, rule", "rules": "rule", "quarantine": "seq", "sources": "source", "meta": "key",
            "configurations": "id", "campaigns": "id", "campaign_members": "account", "verdicts": "id",
        ]
        return try tables.sorted { $0.key < $1.key }.map { name, order in
            try "\(name):\n" + sqlite3("SELECT * FROM \(name) ORDER BY \(order)", format: "-quote")
        }.joined(separator: "\n")
    }
}

struct AnalystError: Error { var text: String }

/// A `sqlite3` program that stays open on the file, as one that an analyst forgot.
final class Analyst {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ scratch: Scratch) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sqlite3", "-batch", "-list", scratch.database]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// Runs SQL and returns the one line that it prints.
    func ask(_ sql: String) throws -> String {
        try input.fileHandleForWriting.write(contentsOf: Data((sql + ";\n").utf8))
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Ends the program, and with it whatever it holds.
    func leave() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

enum Fixtures {
    static let start = Timestamp(seconds: 1_772_352_000)  // 2026-03-01T08:00:00Z

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
                id: "impossible_travel", heuristic: "travel", family: .geography,
                kind: .travel(
                    TravelParameters(
                        maximumSpeed: 900, minimumDistance: 200, window: Interval(seconds: 86_400),
                        ramp: Ramp(allow: 0, saturate: 3))),
                condition: Condition(), weight: 2, halfLife: Interval(seconds: 604_800),
                reason: "Nobody flies so fast.", isShadow: true),
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
        lists: [.init(name: "disposable", entries: 3, fingerprint: ConfigurationRecord.fingerprint(of: "a b c"))])

    /// 100 / (1 + e⁴) = 1.7986…
    static let basePoints = 180

    static func time(_ seconds: Int) -> Timestamp { start + Interval(seconds: Int64(seconds)) }

    static func evidence(_ rule: Int, _ text: String = "d-1", count: Int = 5) -> Evidence {
        switch rule {
        case 0:
            .count(entity: EntityKey(kind: .device, text: text), count: count, fresh: count / 2, names: [])
        case 1:
            .journey(
                from: Waypoint(
                    time: time(0), address: IPAddress(v4: 0x0102_0304), country: CountryCode(rawValue: 0x4445)),
                to: Waypoint(
                    time: time(60), address: IPAddress(v4: 0x0506_0708), country: CountryCode(rawValue: 0x4a50)),
                distanceKilometres: 8_912.4, count: count)
        default: .match(value: text, count: count)
        }
    }

    /// A score whose contributions are worth `points` in order of the rules; 0 leaves a rule out.
    static func score(
        _ account: String, _ points: [Int], level: Level = .watch, seq: UInt64 = 1, order: UInt64? = nil,
        at seconds: Int = 0, evidence text: String = "d-1"
    ) -> Score {
        let contributions = points.enumerated().filter { $0.element > 0 }.map { rule, value in
            Contribution(
                rule: rule, points: value, evidenceValue: Double(value) / 1_000, strength: 0.5, since: time(0),
                updated: time(seconds), evidence: evidence(rule, text))
        }
        return Score(
            account: account, firstSeen: time(0), points: basePoints + points.reduce(0, +), basePoints: basePoints,
            level: level, compromised: false, time: time(seconds), seq: seq, order: order ?? seq,
            contributions: contributions)
    }

    static func campaign(
        _ id: UInt64, members: Int, level: Level = .review, mergedInto: UInt64? = nil, seq: UInt64 = 1,
        seen seconds: Int = 0, device: String = "d-1"
    ) -> Campaign {
        Campaign(
            id: id, cause: "accounts_per_device", entity: EntityKey(kind: .device, text: device), entities: 1,
            members: members, level: level, firstSeen: time(0), lastSeen: time(seconds), born: time(seconds / 2),
            mergedInto: mergedInto, seq: seq)
    }

    static func member(
        _ account: String, of campaign: UInt64, at seconds: Int = 0, seq: UInt64 = 1, device: String = "d-1"
    ) -> CampaignMember {
        CampaignMember(
            campaign: campaign, account: account, entity: EntityKey(kind: .device, text: device),
            rule: "accounts_per_device", joined: time(seconds), seq: seq)
    }

    static func verdict(
        _ account: String, _ kind: Verdict.Kind, until: Timestamp = .latest, at seconds: Int = 0, seq: UInt64 = 1,
        order: UInt64? = nil, why: String = "seen by a person"
    ) -> RecordedVerdict {
        RecordedVerdict(
            account: account, verdict: Verdict(kind: kind, until: until, by: "eve (uid 1000)", why: why),
            time: time(seconds), seq: seq, order: order ?? seq)
    }

    static func signal(_ account: String, rule: Int, seq: UInt64, order: UInt64? = nil) -> RecordedSignal {
        RecordedSignal(
            account: account,
            signal: Signal(
                account: AccountRef(partition: 0, generation: 0, slot: 0), rule: rule, seq: seq,
                order: order ?? seq, time: time(Int(seq)), watermark: time(Int(seq)), strength: 0.5,
                evidence: evidence(rule)))
    }

    /// Changes of one event each, for `count` events, as the pipeline could make them; four by four, the order of the
    /// events is the reverse of that of their `seq`.
    static func stream(seed: UInt64, count: Int) -> [Changes] {
        var random = SeededGenerator(seed: seed)
        var known: Set<Int> = []
        var campaigns = CampaignStream()
        return (1...count).map { number in
            var changes = Changes()
            let order = UInt64(number)
            let seq = (order - 1) / 4 * 4 + 4 - (order - 1) % 4
            changes.throughSeq = order
            changes.watermark = time(number - Int.random(in: 0...3, using: &random))
            let source = random.pick(Source.allCases)
            var counts = SourceCounts()
            counts.frames = 1
            counts.bytes = Int.random(in: 10...300, using: &random)
            guard Int.random(in: 0..<5, using: &random) > 0 else {
                counts.rejected = 1
                changes.rejections = [
                    Rejection(
                        seq: seq, source: source, reason: random.pick(RejectionReason.allCases),
                        position: number, field: number % 2 == 0 ? "ts" : "",
                        bytes: (0..<Int.random(in: 0...40, using: &random)).map { _ in
                            .random(in: 0...255, using: &random)
                        })
                ]
                changes.sources[source] = counts
                return changes
            }
            counts.events = 1
            counts.duplicates = Int.random(in: 0...1, using: &random)
            counts.late = Int.random(in: 0...1, using: &random)
            counts.lastEvent = changes.watermark
            changes.sources[source] = counts
            let index = Int.random(in: 0..<40, using: &random)
            let account = "account-\(index)"
            if known.insert(index).inserted {
                changes.newAccounts = [NewAccount(account: account, firstSeen: time(number))]
            }
            for name in Set([account, "account-\(random.pick(known.sorted()))"]).sorted() {
                guard Bool.random(using: &random) else { continue }
                let points = (0..<3).map { _ in max(0, Int.random(in: -2_000...3_000, using: &random)) }
                let level = random.pick(Level.allCases)
                var score = score(name, points, level: level, seq: seq, order: order, at: number)
                score.compromised = Bool.random(using: &random)
                score.peak = Score.Peak(level: .ban, points: 9_000 + number % 100, time: time(number / 2))
                score.verdict = Int.random(in: 0..<6, using: &random) == 0 ? random.pick(Verdict.Kind.allCases) : nil
                score.shadowPoints = Bool.random(using: &random) ? number : nil
                changes.scores[ExactText(name)] = score
                for part in score.contributions {
                    changes.signals.append(signal(name, rule: part.rule, seq: seq, order: order))
                }
                if level > .normal, Bool.random(using: &random) {
                    changes.alerts.append(Alert(level: level, previousLevel: .normal, score: score))
                }
            }
            if Int.random(in: 0..<8, using: &random) == 0 {
                changes.verdicts = [
                    verdict(
                        account, random.pick(Verdict.Kind.allCases),
                        until: Bool.random(using: &random)
                            ? .latest : time(number + .random(in: 0...300, using: &random)),
                        at: number, seq: seq, order: order)
                ]
            }
            if !changes.scores.isEmpty { campaigns.next(into: &changes, number, seq: seq, &random) }
            let kind = random.pick(EntityKind.allCases)
            let entity = EntityKey(kind: kind, text: "key-\(Int.random(in: 0..<10, using: &random))")
            let rule = Int.random(in: 0..<3, using: &random)
            changes.entities[.init(entity: entity, rule: rule)] = EntitySignal(
                entity: entity, rule: rule, seq: seq, order: order, time: time(number),
                strength: .random(in: 0...1, using: &random), count: number, firstSeen: time(number / 2))
            return changes
        }
    }
}

/// Campaigns that are born, grow and merge.
private struct CampaignStream {
    /// What each campaign is part of: itself, or an older one.
    private var targets: [UInt64: UInt64] = [:]
    private var members: [UInt64: Set<String>] = [:]

    private var living: [UInt64] { targets.filter { $0.key == $0.value }.keys.sorted() }

    mutating func next(into changes: inout Changes, _ number: Int, seq: UInt64, _ random: inout SeededGenerator) {
        guard let account = changes.scores.keys.map(\.text).min() else { return }
        var id = UInt64(targets.count + 1)
        if !living.isEmpty, Bool.random(using: &random) { id = random.pick(living) }
        targets[id] = id
        for other in members.keys { members[other]?.remove(account) }
        members[id, default: []].insert(account)
        changes.campaignMembers = [Fixtures.member(account, of: id, at: number, seq: seq, device: "d-\(number % 5)")]
        put(id, into: &changes, number, seq)
        if let score = changes.scores[ExactText(account)], Bool.random(using: &random) {
            changes.alerts.append(
                Alert(level: .review, previousLevel: .review, score: score, campaign: changes.campaigns[id]))
        }
        if living.count > 2, Int.random(in: 0..<4, using: &random) == 0 {
            let newer = random.pick(Array(living.dropFirst()))
            let older = random.pick(living.filter { $0 < newer })
            targets[newer] = older
            members[older, default: []].formUnion(members.removeValue(forKey: newer) ?? [])
            put(older, into: &changes, number, seq)
            put(newer, into: &changes, number, seq)
        }
    }

    private func put(_ id: UInt64, into changes: inout Changes, _ number: Int, _ seq: UInt64) {
        let target = targets[id]
        changes.campaigns[id] = Fixtures.campaign(
            id, members: members[id]?.count ?? 0, mergedInto: target == id ? nil : target, seq: seq, seen: number)
    }
}
