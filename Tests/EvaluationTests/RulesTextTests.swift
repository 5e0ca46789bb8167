import Evaluation
import Foundation
import RiskModel
import Settings
import Testing

@Suite struct RulesTextTests {
    private static let shipped =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path + "/Config/rules.yaml"

    @Test func `only numbers change, and the file still says what it said`() throws {
        let yaml = try String(contentsOfFile: Self.shipped, encoding: .utf8)
        let present = try RuleSet.parse(yaml: yaml, file: "rules.yaml")
        var expected = present
        var weights: [String: Double] = [:]
        for index in expected.rules.indices where index % 2 == 0 {
            expected.rules[index].weight = Double(index) / 8 + 0.03
            weights[expected.rules[index].id] = (expected.rules[index].weight * 100).rounded() / 100
            expected.rules[index].weight = weights[expected.rules[index].id] ?? 0
        }
        expected.policy.prior = -4.37
        let proposal = try RulesText(yaml).replacing(weights: weights, prior: -4.37)
        #expect(try RuleSet.parse(yaml: proposal, file: "rules.yaml") == expected)
        let changed = zip(yaml.split(separator: "\n"), proposal.split(separator: "\n")).filter { $0 != $1 }
        #expect(changed.count == weights.count + 1)
        for (old, new) in changed {
            #expect(old.contains("weight: ") && new.contains("weight: ") || new.contains("prior: -4.37  "))
        }
    }

    @Test func `equal numbers stay as they are written`() throws {
        let yaml = "score: {prior: -4}\nrules:\n  - {id: a, weight: 2.50}  # why\n"
        #expect(try RulesText(yaml).replacing(weights: ["a": 2.5, "b": 1], prior: -4) == yaml)
    }

    @Test func `every style of a plain number is found where it stands`() throws {
        let yaml =
            "score: {prior: -4,hysteresis: 5}\nrules:\n  - {id: \"ä*\", weight: 2}\r\n  - weight:   3 # ö\n    id: b\n"
        let proposal = try RulesText(yaml).replacing(weights: ["ä*": 1.25, "b": 10], prior: -3.5)
        #expect(
            proposal
                == "score: {prior: -3.5,hysteresis: 5}\nrules:\n  - {id: \"ä*\", weight: 1.25}\r\n  - weight:   10.0 # ö\n    id: b\n"
        )
    }

    @Test func `a prior that is not in the file is not invented`() throws {
        let text = try RulesText("rules: []\n")
        #expect(!text.hasPrior && text.replacing(weights: [:], prior: -3) == "rules: []\n")
    }
}
