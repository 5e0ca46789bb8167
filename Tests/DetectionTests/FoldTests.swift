import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct FoldTests {
    /// Rules of every kind, on accounts and on entities.
    private static let rules: CompiledRules = {
        func distinct(
            _ key: Field, _ member: Field, _ seconds: Int64, _ allow: Double, _ saturate: Double, weight: Double = 1
        ) -> RuleKind {
            .distinct(
                DistinctParameters(
                    key: key, member: member, window: Interval(seconds: seconds),
                    ramp: Ramp(allow: allow, saturate: saturate), establishedWeight: weight,
                    newFor: Interval(seconds: 1_500)))
        }
        func rate(_ key: Field, _ seconds: Int64, _ allow: Double, _ saturate: Double) -> RuleKind {
            .rate(
                RateParameters(
                    key: key, window: Interval(seconds: seconds), ramp: Ramp(allow: allow, saturate: saturate)))
        }
        func match(_ test: MatchParameters.Test) -> RuleKind {
            .match(
                MatchParameters(
                    test: test, window: Interval(seconds: 2_000), gap: Interval(seconds: 30),
                    ramp: Ramp(allow: 0, saturate: 4)))
        }
        let failed = Condition(types: [.login], outcomes: [.failure])
        return CompiledRules([
            .of(distinct(.ip, .account, 600, 2, 9, weight: 0.3)), .of(distinct(.prefix, .account, 300, 5, 30)),
            .of(distinct(.device, .account, 900, 1, 6), Condition(types: [.login, .registration])),
            .of(distinct(.apiKey, .asn, 600, 1, 4)), .of(distinct(.asn, .account, 120, 4, 40), blame: .entity),
            .of(distinct(.account, .country, 900, 1, 4)), .of(distinct(.account, .device, 900, 2, 6)),
            .of(rate(.ip, 200, 5, 40)), .of(rate(.ip, 300, 3, 30), failed, blame: .entity),
            .of(rate(.account, 2_000, 1, 8), failed), .of(match(.list("listed"))), .of(match(.flags([.vpn, .tor]))),
            .of(
                .travel(
                    TravelParameters(
                        maximumSpeed: 1000, minimumDistance: 500, window: Interval(seconds: 4_000),
                        ramp: Ramp(allow: 0, saturate: 3)))),
        ]) { _ in ListBinding(bit: 5, field: .country) }
    }()

    private static func stream(_ count: Int, seed: UInt64) -> [Fact] {
        var random = SeededGenerator(seed: seed)
        var now: Int64 = 1_700_000_000
        return (0..<count).map { i in
            now += Int64.random(in: 0...3, using: &random)
            var fact = Fact(seconds: now)
            if Int.random(in: 0..<8, using: &random) == 0 {
                fact.seconds -= Int64.random(in: 0...1_000, using: &random)
            }
            fact.type = random.pick(EventType.allCases)
            fact.outcome = random.pick(Outcome.allCases)
            // Few accounts do most, many do little.
            let width = Bool.random(using: &random) ? 12 : 400
            fact.account = "account-\(Int.random(in: 0..<width, using: &random))"
            if fact.type == .login, fact.outcome == .failure, Bool.random(using: &random) { fact.account = "" }
            let host = Int.random(in: 0..<(width / 4), using: &random)
            fact.ip = i % 5 == 0 ? "2001:db8:\(host % 7)::\(host)" : "192.0.\(host % 4).\(host % 250)"
            if Bool.random(using: &random) { fact.device = "device-\(Int.random(in: 0..<width / 3, using: &random))" }
            if fact.type == .apiCall { fact.apiKey = "k\(Int.random(in: 0..<20, using: &random))" }
            var city = random.pick(City.all)
            city.asn += UInt32.random(in: 0..<3, using: &random)
            let flags: NetworkFlags = Int.random(in: 0..<4, using: &random) == 0 ? [.vpn] : []
            fact.place = Place(city, radius: UInt16.random(in: 0...50, using: &random), flags: flags)
            if city.country == "AU" { fact.listed = 1 << 5 }
            return fact
        }
    }

    private static let facts = stream(3_000, seed: 14)
    private static let reference: Folds = {
        var folds = Folds(rules)
        folds.run(facts)
        return folds
    }()

    @Test func `the stream makes every rule speak`() {
        let spoken = Set(Self.reference.signals.keys.map(\.rule))
        #expect(spoken == Set(0..<13).subtracting([4, 8]))
        #expect(Set(Self.reference.entitySignals.keys.map(\.rule)) == [0, 1, 2, 3, 4, 7, 8])
        #expect(Self.reference.orphans == 0)
        #expect(Self.reference.signals.keys.allSatisfy { $0.strength > 0 && $0.strength <= 1 })
        #expect(Self.reference.signals.keys.allSatisfy { $0.watermark >= $0.time })
    }

    @Test func `a rule tells an account once of an event`() {
        struct Told: Hashable {
            var account: String
            var rule: Int
            var seq: UInt64
        }
        let told = Self.reference.signals.keys.map { Told(account: $0.account, rule: $0.rule, seq: $0.seq) }
        #expect(Set(told).count == told.count)
        #expect(Self.reference.signals.values.allSatisfy { $0 == 1 })
    }

    @Test(arguments: [1, 7, 1_000], [1, 4, 64])
    func `neither batches nor shards change what is said`(size: Int, shards: Int) {
        var folds = Folds(Self.rules, shards: shards)
        folds.run(Self.facts, size: size)
        #expect(folds.signals == Self.reference.signals)
        #expect(folds.entitySignals == Self.reference.entitySignals)
        #expect(folds.newAccounts == Self.reference.newAccounts)
    }

    @Test(arguments: [0, 2, .max] as [UInt64]) func `the seed of the hashes does not change what is said`(seed: UInt64)
    {
        var folds = Folds(Self.rules, shards: 2, seed: seed)
        folds.run(Self.facts, size: 100)
        #expect(folds.signals == Self.reference.signals)
        #expect(folds.entitySignals == Self.reference.entitySignals)
        #expect(folds.newAccounts == Self.reference.newAccounts)
    }

    @Test func `new accounts are told in the order of their first events`() {
        var seen: Set<String> = []
        let expected = Self.facts.filter { !$0.account.isEmpty && seen.insert($0.account).inserted }
        #expect(Self.reference.newAccounts.map(\.account) == expected.map(\.account))
        #expect(Self.reference.newAccounts.map(\.firstSeen) == expected.map { Timestamp(seconds: $0.seconds) })
    }

    /// The counts of one rule, by a list of all events.
    @Test func `accounts of an address agree with a count over all events`() {
        var expected: [UInt64: Int] = [:]
        var newest: [String: Int64] = [:]
        var sights: [String: [String: Int64]] = [:]
        for (i, fact) in Self.facts.enumerated() where !fact.account.isEmpty {
            let ip = IPAddress(fact.ip)!.description
            newest[ip] = max(newest[ip] ?? 0, fact.seconds)
            guard fact.seconds > newest[ip]! - 600 else { continue }
            sights[ip, default: [:]][fact.account] = max(sights[ip]?[fact.account] ?? 0, fact.seconds)
            expected[UInt64(i + 1)] = sights[ip]!.values.count { $0 > newest[ip]! - 600 }
        }
        let counts = Self.reference.signals.keys.filter { $0.rule == 0 }.map { signal -> (UInt64, Int) in
            guard case .count(_, let count, _, _) = signal.evidence else { return (signal.seq, -1) }
            return (signal.seq, count)
        }
        #expect(counts.count > 100)
        // Never fewer; of a large window those that left within the last sixteenth may still stand.
        #expect(counts.allSatisfy { seq, count in count >= expected[seq]! })
        #expect(counts.filter { seq, _ in expected[seq]! < 3 }.allSatisfy { seq, count in count <= expected[seq]! + 3 })
        #expect(counts.count { seq, count in count == expected[seq]! } * 10 > counts.count * 9)
    }
}
