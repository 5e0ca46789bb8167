import Foundation
import RiskModel
import Settings
import Testing

@Suite struct RuleSetTests {
    @Test func `the embedded rules are read`() {
        let rules = RuleSet.embedded()
        #expect(
            rules.rules.map(\.id) == [
                "batch_registration_ip", "batch_registration_pace", "batch_registration_prefix",
                "batch_registration_prefix48", "shared_ip", "shared_ip_prefix", "shared_device",
                "region_hopping_travel", "region_hopping_countries", "region_hopping_networks", "unsupported_region",
                "anonymizer", "anonymizer_hosting", "failed_logins_ip",
            ])
        #expect(rules.policy.prior == -4)
        #expect(rules.policy.thresholds == [30, 60, 90])
        #expect(rules.policy.caps == [2.5, 3.8, 4, 3, 3.5, 4, 4])
        #expect(rules.policy.cooldown == Interval(seconds: 86_400))
    }

    @Test func `a distinct rule has all that its YAML says`() throws {
        let rule = try #require(RuleSet.embedded().rules.first { $0.id == "shared_ip" })
        #expect(
            rule
                == Rule(
                    id: "shared_ip", heuristic: "shared_ip", family: .network,
                    kind: .distinct(
                        DistinctParameters(
                            key: .ip, member: .account, window: Interval(seconds: 86_400),
                            ramp: Ramp(allow: 10, saturate: 60), establishedWeight: 0.1,
                            newFor: Interval(seconds: 604_800))),
                    condition: Condition(types: [.registration, .login, .apiCall], outcomes: [.success, .unknown]),
                    weight: 2, halfLife: Interval(seconds: 604_800),
                    reason: "Many accounts, most of them new, are used from one address."))
    }

    @Test func `a rate rule has all that its YAML says`() throws {
        let rule = try #require(RuleSet.embedded().rules.first { $0.id == "failed_logins_ip" })
        #expect(
            rule
                == Rule(
                    id: "failed_logins_ip", heuristic: "credential_attack", family: .behaviour,
                    kind: .rate(
                        RateParameters(
                            key: .ip, window: Interval(seconds: 600), ramp: Ramp(allow: 20, saturate: 200))),
                    condition: Condition(types: [.login], outcomes: [.failure]), blame: .entity, weight: 0,
                    halfLife: Interval(seconds: 86_400),
                    reason: "One address fails to log in far more often than forgetful people do."))
    }

    @Test func `a travel rule has its parameters`() throws {
        let rule = try #require(RuleSet.embedded().rules.first { $0.id == "region_hopping_travel" })
        #expect(
            rule.kind
                == .travel(
                    TravelParameters(
                        maximumSpeed: 1000, minimumDistance: 500, window: Interval(seconds: 604_800),
                        ramp: Ramp(allow: 0, saturate: 3))))
    }

    @Test func `a match rule has a list or flags`() throws {
        let rules = RuleSet.embedded().rules
        let region = try #require(rules.first { $0.id == "unsupported_region" })
        #expect(
            region.kind
                == .match(
                    MatchParameters(
                        test: .list("unsupported_regions"), window: Interval(seconds: 2_592_000),
                        gap: Interval(seconds: 21_600), ramp: Ramp(allow: 0, saturate: 12))))
        let anonymizer = try #require(rules.first { $0.id == "anonymizer" })
        guard case .match(let parameters) = anonymizer.kind else { return #expect(Bool(false), "not a match rule") }
        #expect(parameters.test == .flags([.anonymous, .vpn, .publicProxy, .tor, .residentialProxy]))
    }

    @Test func `a rule that is not enabled is left out`() throws {
        let yaml = "rules: [{\(sampleRule), enabled: false}, {\(sampleRule.replacing("sample", with: "other"))}]"
        #expect(try RuleSet.parse(yaml: yaml, file: "r").rules.map(\.id) == ["other"])
    }

    @Test func `rules that are not enabled do not count towards the limit`() throws {
        let items = (0..<128).map {
            "{\(sampleRule.replacing("sample", with: "sample_\($0)")), enabled: \($0 % 2 == 0)}"
        }
        let yaml = "rules: [\(items.joined(separator: ", "))]"
        #expect(try RuleSet.parse(yaml: yaml, file: "r").rules.count == 64)
    }

    @Test func `a family without a cap has a cap of three`() throws {
        let yaml = "score: {caps: {device: 4}}\nrules: [{\(sampleRule)}]"
        #expect(try RuleSet.parse(yaml: yaml, file: "r").policy.caps == [3, 3, 4, 3, 3, 3, 3])
    }

    @Test func `without a score section the policy is the default`() throws {
        let policy = try RuleSet.parse(yaml: "rules: [{\(sampleRule)}]", file: "r").policy
        #expect(policy.prior == -4 && policy.hysteresis == 5 && policy.independentEvidence == 1)
        #expect(policy.caps == [3, 3, 3, 3, 3, 3, 3])
    }

    @Test func `one word stands for a list of one`() throws {
        let one = try RuleSet.parse(yaml: "rules: [{\(sampleRule), where: {type: login}}]", file: "r")
        let list = try RuleSet.parse(yaml: "rules: [{\(sampleRule), where: {type: [login]}}]", file: "r")
        #expect(one == list)
        #expect(one.rules.first?.condition == Condition(types: [.login]))
    }

    @Test func `every name of the vocabulary is understood`() throws {
        for field in Field.allCases where field.canBeKey && field != .account {
            let yaml = "rules: [{\(sampleRule.replacing("key: ip", with: "key: \(field.name)"))}]"
            #expect(try RuleSet.parse(yaml: yaml, file: "r").rules.first?.key == field)
        }
        for family in Family.allCases {
            let yaml = "rules: [{\(sampleRule.replacing("family: network", with: "family: \(family.name)"))}]"
            #expect(try RuleSet.parse(yaml: yaml, file: "r").rules.first?.family == family)
        }
        for type in EventType.allCases {
            let yaml = "rules: [{\(sampleRule), where: {type: \(type.name)}}]"
            #expect(try RuleSet.parse(yaml: yaml, file: "r").rules.first?.condition.onlyType == type)
        }
    }

    /// The invariant itself, whatever the caps: no accepted rule set lets one family reach `ban`.
    @Test(arguments: [-6.0, -4.0, -2.5, -2.0], [50.0, 90.0, 99.0])
    func `an accepted cap never reaches the level ban alone`(prior: Double, ban: Double) {
        for tenths in 0...120 {
            let cap = Double(tenths) / 10
            let caps = Family.allCases.map { "\($0.name): \($0 == .device ? cap : 0)" }.joined(separator: ", ")
            let yaml = """
                score: {prior: \(prior), levels: {watch: 20, review: 40, ban: \(ban)}, caps: {\(caps)}}
                rules: [{\(sampleRule)}]
                """
            let isAccepted = (try? RuleSet.parse(yaml: yaml, file: "r")) != nil
            #expect(isAccepted == (100 / (1 + exp(-(prior + cap))) < ban), "cap \(cap)")
        }
    }
}
