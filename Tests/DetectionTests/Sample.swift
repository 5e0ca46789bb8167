import RiskModel
import TestSupport

@testable import Detection

/// Rules and events with something of everything.
enum Sample {
    /// Rules of every kind, on accounts and on entities.
    static let rules: [Rule] = {
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
        let rules: [Rule] = [
            .of(distinct(.ip, .account, 600, 2, 9, weight: 0.3)), .of(distinct(.prefix, .account, 300, 5, 30)),
            .of(distinct(.device, .account, 900, 1, 6), Condition(types: [.login, .registration])),
            .of(distinct(.apiKey, .asn, 600, 1, 4)), .of(distinct(.asn, .account, 120, 4, 40), blame: .entity),
            .of(distinct(.account, .country, 900, 1, 4)), .of(distinct(.account, .device, 900, 2, 6)),
            .of(rate(.ip, 200, 5, 40)), .of(rate(.ip, 900, 3, 30), failed, blame: .entity),
            .of(rate(.account, 2_000, 1, 8), failed), .of(match(.list("listed"))), .of(match(.flags([.vpn, .tor]))),
            .of(
                .travel(
                    TravelParameters(
                        maximumSpeed: 1000, minimumDistance: 500, window: Interval(seconds: 4_000),
                        ramp: Ramp(allow: 0, saturate: 3)))),
        ]
        return rules.enumerated().map { number, rule in
            var rule = rule
            rule.id = "rule_\(number)"
            return rule
        }
    }()

    /// The one list names a country.
    static func compile(_ rules: [Rule] = rules) -> CompiledRules {
        CompiledRules(rules) { _ in ListBinding(bit: 5, field: .country) }
    }

    /// Events in some disorder, of a few busy accounts and many others, that make every rule speak.
    static func stream(_ count: Int, seed: UInt64) -> [Fact] {
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
}
