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
        func span(_ seconds: Int64) -> Interval { Interval(seconds: seconds) }
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
                        maximumSpeed: 1000, minimumDistance: 500, window: span(4_000),
                        ramp: Ramp(allow: 0, saturate: 3)))),
            .of(
                .distinct(
                    DistinctParameters(
                        key: .prefix, member: .account, window: span(600), ramp: Ramp(allow: 1, saturate: 6),
                        establishedWeight: 0.5, newFor: span(1_500),
                        baseline: Baseline(share: 0.2, halfLifeDays: 1, unknownCap: 0.5, warmUp: span(1_200))))),
            .of(
                .overlap(
                    OverlapParameters(
                        key: .account, member: .device, concurrent: 2, slot: span(60), window: span(3_000),
                        ramp: Ramp(allow: 0, saturate: 4)))),
            .of(
                .overlap(
                    OverlapParameters(
                        key: .session, member: .country, concurrent: 2, slot: span(300), window: span(3_000),
                        ramp: Ramp(allow: 0, saturate: 4)))),
            .of(
                .resale(
                    ResaleParameters(
                        key: .apiKey, window: span(2 * 86_400), networks: Ramp(allow: 0, saturate: 5),
                        devices: Ramp(allow: 0, saturate: 5), hours: Ramp(allow: 0, saturate: 4)))),
            .of(
                .rhythm(
                    RhythmParameters(
                        key: .nameTemplate, window: span(900), ramp: Ramp(allow: 2, saturate: 8), maximumVariation: 0.3,
                        minimumInterval: span(10)))),
            .of(
                .likeness(
                    LikenessParameters(
                        key: .prefix, window: span(2_000), minimumBits: 1, ramp: Ramp(allow: 0, saturate: 3))),
                Condition(types: [.registration, .login])),
            .of(
                .takeover(
                    TakeoverParameters(
                        key: .ip, window: span(2_000), ramp: Ramp(allow: 1, saturate: 6), minimumShare: 0.2)),
                Condition(types: [.login])),
            .of(
                .ladder(
                    LadderParameters(
                        window: span(5_000), ramp: Ramp(allow: 1, saturate: 6), worth: [1, 0.5, 1, 2, 4])),
                Condition(types: [.policyViolation])),
            .of(
                .modifier(
                    ModifierParameters(
                        field: .language, values: ["de", "fr"], window: span(3_000), ramp: Ramp(allow: 0, saturate: 3)))
            ),
            .of(
                .association(
                    AssociationParameters(
                        ties: [.device, .card], window: span(2_000), ramp: Ramp(allow: 0, saturate: 2)))),
            .of(match(.differ(.cardCountry, .country))),
            .of(
                match(.any),
                Condition(
                    types: [.payment],
                    clauses: [Clause(.newAccount(span(1_500))), Clause(.text(.attribute0, ["gold"]))])),
            .of(rate(.attribute0, 500, 3, 20), Condition(clauses: [Clause(.present(.device), isNegated: true)])),
            .of(
                .takeover(
                    TakeoverParameters(
                        key: .account, window: span(2_000), ramp: Ramp(allow: 1, saturate: 6), minimumShare: 0.2))),
            .of(
                match(.any),
                Condition(
                    types: [.login], clauses: [Clause(.first([.network])), Clause(.flags(.vpn), isNegated: true)])),
            .of(
                .distinct(
                    DistinctParameters(
                        key: .device, member: .account, window: span(900), ramp: Ramp(allow: 0, saturate: 3),
                        networks: Ramp(allow: 1, saturate: 5))),
                Condition(clauses: [Clause(.noOtherDevice)])),
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

    /// The word of an analyst, who bans the account of a fact or takes that back.
    private static func verdict(on fact: Fact, _ random: inout SeededGenerator) -> Fact {
        Fact(
            seconds: fact.seconds, type: .verdict, outcome: random.pick([.unknown, .failure]),
            account: fact.account.isEmpty ? "account-1" : fact.account)
    }

    /// What else there may be of a fact.
    private static func details(of fact: Fact, _ host: Int, _ random: inout SeededGenerator) -> Fact {
        func maybe(_ text: String) -> String { Bool.random(using: &random) ? text : "" }
        var fact = fact
        fact.mailbox = maybe("someone\(host)@d\(host % 3).example")
        fact.email = fact.mailbox
        fact.phone = maybe("+431234\(host % 3)0\(host)")
        fact.card = maybe("card-\(host % 9)")
        fact.cardCountry = maybe(random.pick(["AT", "GB", "US"]))
        fact.nameTemplate = maybe(random.pick(["a9", "a.a", "a99"]))
        fact.userAgent = maybe("agent/\(host % 2)")
        fact.language = maybe(random.pick(["de", "fr", "en"]))
        fact.attribute = maybe(random.pick(["gold", "free"]))
        fact.severity = UInt8.random(in: 0...4, using: &random)
        fact.session = maybe("session-\(host % 5)")
        return fact
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
            fact.type = random.pick(EventType.reported)
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
            return i % 97 == 40 ? verdict(on: fact, &random) : details(of: fact, host, &random)
        }
    }
}
