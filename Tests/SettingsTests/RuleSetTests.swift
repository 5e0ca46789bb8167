import Foundation
import RiskModel
import Settings
import Testing

@Suite struct RuleSetTests {
    @Test func `the embedded rules serve every row of the ban report, and nationality's proxy is off`() {
        let ruleSet = RuleSet.embedded()
        #expect(
            Set(ruleSet.rules.map(\.heuristic)) == [
                "batch_registration", "region_hopping", "shared_account", "unsupported_region", "api_abuse",
                "shared_ip",
                "shared_device", "disposable_contact", "payment_risk", "anonymizer", "policy_strikes",
                "credential_attack", "association",
            ])
        #expect(ruleSet.policy.prior == -4)
        #expect(ruleSet.policy.thresholds == [30, 60, 90])
    }

    @Test func `a rule has all that its YAML says`() throws {
        let yaml = """
            rules:
              - id: sample
                heuristic: shared_ip
                kind: distinct
                family: network
                reason: Many accounts, most of them new, are used from one address.
                where: {type: [registration, login, api_call], outcome: [success, unknown]}
                key: ip
                member: account
                window: 24h
                allow: 10
                saturate: 60.5
                established_weight: 0.1
                new_for: 3d
                weight: 2
                half_life: 7d
            """
        #expect(
            try RuleSet.parse(yaml: yaml, file: "r").rules == [
                Rule(
                    id: "sample", heuristic: "shared_ip", family: .network,
                    kind: .distinct(
                        DistinctParameters(
                            key: .ip, member: .account, window: Interval(seconds: 86_400),
                            ramp: Ramp(allow: 10, saturate: 60.5), establishedWeight: 0.1,
                            newFor: Interval(seconds: 259_200))),
                    condition: Condition(types: [.registration, .login, .apiCall], outcomes: [.success, .unknown]),
                    weight: 2, halfLife: Interval(seconds: 604_800),
                    reason: "Many accounts, most of them new, are used from one address.")
            ])
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

    @Test func `a basis without a cap has none to speak of, and a campaign is five`() throws {
        let yaml = "score: {basis_caps: {contact: 2.5, tie: 0}, campaign_size: 8}\nrules: [{\(sampleRule)}]"
        let policy = try RuleSet.parse(yaml: yaml, file: "r").policy
        #expect(
            Basis.allCases.map(\.name) == [
                "place", "conduct", "address", "device", "contact", "card", "api_key", "pattern", "tie",
            ])
        #expect(policy.basisCaps == [20, 20, 20, 20, 2.5, 20, 20, 20, 0])
        #expect(policy.campaignSize == 8)
        #expect(try RuleSet.parse(yaml: "rules: [{\(sampleRule)}]", file: "r").policy.campaignSize == 5)
    }

    @Test func `without a score section the policy is the default`() throws {
        let policy = try RuleSet.parse(yaml: "rules: [{\(sampleRule)}]", file: "r").policy
        #expect(policy.prior == -4 && policy.hysteresis == 5 && policy.independentEvidence == 1)
        #expect(policy.caps == [3, 3, 3, 3, 3, 3, 3])
        #expect(policy.basisCaps == [20, 20, 20, 20, 20, 20, 20, 20, 20])
    }

    @Test func `one word stands for a list of one`() throws {
        let one = try RuleSet.parse(yaml: "rules: [{\(sampleRule), where: {type: login}}]", file: "r")
        let list = try RuleSet.parse(yaml: "rules: [{\(sampleRule), where: {type: [login]}}]", file: "r")
        #expect(one == list)
        #expect(one.rules.first?.condition == Condition(types: [.login]))
    }

    @Test func `every name of the vocabulary is understood`() throws {
        for field in Field.named where field != .account {
            let yaml = "rules: [{\(sampleRule.replacing("key: ip", with: "key: \(field.name)"))}]"
            #expect(try RuleSet.parse(yaml: yaml, file: "r").rules.first?.key == field)
        }
        for family in Family.allCases {
            let yaml = "rules: [{\(sampleRule.replacing("family: network", with: "family: \(family.name)"))}]"
            #expect(try RuleSet.parse(yaml: yaml, file: "r").rules.first?.family == family)
        }
        for type in EventType.reported {
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
