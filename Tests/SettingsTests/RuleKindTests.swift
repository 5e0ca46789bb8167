import RiskModel
import Settings
import Testing

@Suite struct RuleKindTests {
    private static let common =
        "id: sample, heuristic: custom, family: network, reason: For the test., weight: 1, half_life: 30d, window: 1h"

    static func rule(_ text: String) throws -> Rule {
        try #require(try RuleSet.parse(yaml: "rules: [{\(common), \(text)}]", file: "r").rules.first)
    }

    private let hour = Interval(seconds: 3600)
    private let ramp = Ramp(allow: 1, saturate: 9)

    @Test(arguments: [
        ("true", Baseline(share: 0.1, halfLifeDays: 7, unknownCap: 1, warmUp: Interval(seconds: 259_200))),
        ("{}", Baseline()),
        (
            "{share: 0.3, half_life_days: 14, unknown_cap: 0.25, warm_up: 5d}",
            Baseline(share: 0.3, halfLifeDays: 14, unknownCap: 0.25, warmUp: Interval(seconds: 432_000))
        ),
        ("false", nil),
    ])
    func `a distinct rule learns its baseline where it is told to`(text: String, baseline: Baseline?) throws {
        let rule = try Self.rule(
            "kind: distinct, key: ip, member: account, baseline: \(text), allow: 1, saturate: 9")
        #expect(
            rule.kind
                == .distinct(
                    DistinctParameters(key: .ip, member: .account, window: hour, ramp: ramp, baseline: baseline)))
    }

    @Test func `a distinct rule asks for networks where it is told to`() throws {
        let rule = try Self.rule(
            "kind: distinct, key: device, member: account, networks: {allow: 6, saturate: 12}, allow: 1, saturate: 9")
        #expect(
            rule.kind
                == .distinct(
                    DistinctParameters(
                        key: .device, member: .account, window: hour, ramp: ramp,
                        networks: Ramp(allow: 6, saturate: 12))))
        #expect(rule.requirements.contains(.asn))
    }

    @Test func `a rate rule has its parameters, and blames whom it is told to`() throws {
        let rule = try Self.rule("kind: rate, key: ip, blame: entity, allow: 20, saturate: 200")
        #expect(
            rule.kind
                == .rate(RateParameters(key: .ip, window: hour, ramp: Ramp(allow: 20, saturate: 200))))
        #expect(rule.blame == .entity)
        #expect(try Self.rule("kind: rate, key: ip, allow: 1, saturate: 9").blame == .accounts)
    }

    @Test func `a travel rule has its parameters`() throws {
        let rule = try Self.rule(
            "kind: travel, maximum_speed: 900, minimum_distance: 400.5, allow: 1, saturate: 9")
        #expect(
            rule.kind
                == .travel(
                    TravelParameters(maximumSpeed: 900, minimumDistance: 400.5, window: hour, ramp: ramp)))
    }

    @Test func `an overlap rule has its parameters`() throws {
        let rule = try Self.rule(
            "kind: overlap, key: api_key, member: device, concurrent: 3, slot: 10m, allow: 1, saturate: 9")
        #expect(
            rule.kind
                == .overlap(
                    OverlapParameters(
                        key: .apiKey, member: .device, concurrent: 3, slot: Interval(seconds: 600), window: hour,
                        ramp: ramp)))
    }

    @Test func `a resale rule has a ramp for each of its factors`() throws {
        let rule = try Self.rule(
            """
            kind: resale, key: account, networks: {allow: 1, saturate: 2}, devices: {allow: 3, saturate: 4},
            hours: {allow: 5, saturate: 6}
            """)
        #expect(
            rule.kind
                == .resale(
                    ResaleParameters(
                        key: .account, window: hour, networks: Ramp(allow: 1, saturate: 2),
                        devices: Ramp(allow: 3, saturate: 4), hours: Ramp(allow: 5, saturate: 6))))
    }

    @Test(arguments: [
        ("list: bins", MatchParameters.Test.list("bins")),
        ("flags: tor", .flags(.tor)), ("flags: [vpn, residential_proxy]", .flags([.vpn, .residentialProxy])),
        ("differ: [card_country, country]", .differ(.cardCountry, .country)),
        ("differ: [attributes.zone, language]", .differ(.attribute0, .language)),
        ("any: true", .any),
    ])
    func `a match rule has one test`(text: String, test: MatchParameters.Test) throws {
        let rule = try Self.rule("kind: match, \(text), gap: 0s, allow: 1, saturate: 9")
        #expect(rule.kind == .match(MatchParameters(test: test, window: hour, gap: .zero, ramp: ramp)))
    }

    @Test func `a rhythm rule has its parameters`() throws {
        let rule = try Self.rule(
            "kind: rhythm, key: prefix, maximum_variation: 0.2, minimum_interval: 3s, allow: 1, saturate: 9")
        #expect(
            rule.kind
                == .rhythm(
                    RhythmParameters(
                        key: .prefix, window: hour, ramp: ramp, maximumVariation: 0.2,
                        minimumInterval: Interval(seconds: 3))))
    }

    @Test func `a likeness rule has its parameters`() throws {
        let rule = try Self.rule("kind: likeness, key: phone_prefix, minimum_bits: 20.5, allow: 1, saturate: 9")
        #expect(
            rule.kind
                == .likeness(LikenessParameters(key: .phonePrefix, window: hour, minimumBits: 20.5, ramp: ramp)))
    }

    @Test func `a takeover rule has its parameters, and blames the entity`() throws {
        let rule = try Self.rule("kind: takeover, key: ip, minimum_share: 0.6, allow: 1, saturate: 9")
        #expect(
            rule.kind == .takeover(TakeoverParameters(key: .ip, window: hour, ramp: ramp, minimumShare: 0.6)))
        #expect(rule.blame == .entity)
    }

    @Test func `a ladder rule has what strikes are worth in the order of severities`() throws {
        let rule = try Self.rule(
            "kind: ladder, worth: {critical: 10, high: 4, medium: 2, low: 1, unstated: 1.5}, allow: 1, saturate: 9")
        #expect(rule.kind == .ladder(LadderParameters(window: hour, ramp: ramp, worth: [1.5, 1, 2, 4, 10])))
    }

    @Test func `an association rule has its ties`() throws {
        let rule = try Self.rule(
            "kind: association, through: [device, card, phone, mailbox, email, api_key], allow: 0, saturate: 2")
        #expect(
            rule.kind
                == .association(
                    AssociationParameters(
                        ties: [.device, .card, .phone, .mailbox, .email, .apiKey], window: hour,
                        ramp: Ramp(allow: 0, saturate: 2))))
    }

    @Test func `a modifier has its field and values`() throws {
        let rule = try Self.rule("kind: modifier, field: language, values: [de, no], allow: 1, saturate: 9")
        #expect(
            rule.kind
                == .modifier(ModifierParameters(field: .language, values: ["de", "no"], window: hour, ramp: ramp)))
    }

    @Test(arguments: [
        ("kind: rate, key: device", true), ("kind: rate, key: mailbox", true), ("kind: rate, key: ip", false),
        ("kind: rate, key: ip, ties: true", true), ("kind: rate, key: device, ties: false", false),
        ("kind: rate, key: device, blame: entity", false), ("kind: rate, key: account", false),
        ("kind: rate, key: attributes.plan", false), ("kind: likeness, key: prefix, minimum_bits: 9", true),
        ("kind: likeness, key: prefix, minimum_bits: 9, ties: false", false),
        ("kind: takeover, key: device, minimum_share: 1", false),
        ("kind: association, through: device", false), ("kind: association, through: device, ties: true", true),
    ])
    func `accounts are tied by what one hand holds, or as the rule says`(text: String, ties: Bool) throws {
        #expect(try Self.rule("\(text), allow: 1, saturate: 3").tiesAccounts == ties)
    }

    @Test func `a rule in shadow is read, and is marked`() throws {
        #expect(try Self.rule("kind: rate, key: ip, shadow: true, allow: 1, saturate: 9").isShadow)
        #expect(try Self.rule("kind: rate, key: ip, shadow: false, allow: 1, saturate: 9").isShadow == false)
    }
}
