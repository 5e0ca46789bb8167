import Foundation
import RiskModel
import Settings
import Testing

@Suite struct RulesFileTests {
    private func rule(_ id: String, _ rest: String) -> String {
        "{id: \(id), \(sampleRule.replacing("id: sample, ", with: "").replacing("key: ip", with: rest))}"
    }

    private func parse(_ rules: [String]) throws -> RulesFile {
        try RulesFile.parse(yaml: "rules:\n" + rules.map { "  - \($0)\n" }.joined(), file: "own.yaml")
    }

    @Test func `attributes get their slots in order of first mention, the same for all rules`() throws {
        let file = try parse([
            rule("a", "key: attributes.plan, where: {attributes.app-id: x}"),
            rule("b", "key: attributes.app-id"),
            rule("c", "key: attributes.Device.Print_2, where: {has: attributes.plan}"),
        ])
        #expect(file.ruleSet.attributes.sorted() == ["Device.Print_2", "app-id", "plan"])
        for (rule, name) in zip(file.ruleSet.rules, ["plan", "app-id", "Device.Print_2"]) {
            #expect(rule.attributes == file.ruleSet.attributes)
            #expect(rule.name(of: rule.key) == "attributes.\(name)")
        }
        #expect(file.ruleSet.attributes.last == "Device.Print_2")
    }

    @Test func `a rule that is not in force takes no slot, and may name as many attributes as one that is`() throws {
        let eight = (1...8).map { "attributes.a\($0)" }
        let file = try parse([
            rule("off", "key: ip, enabled: false, where: {has: [\(eight.joined(separator: ", "))]}"),
            rule("on", "key: attributes.plan"),
        ])
        #expect(file.ruleSet.attributes == ["plan"])
        #expect(file.ruleSet.rules.map(\.key) == [.attribute0])
    }

    @Test func `a list that is not there is a fault where it is named first`() throws {
        let common = "heuristic: custom, family: network, reason: For the test., weight: 1, half_life: 30d, window: 1h"
        let rate = "kind: rate, key: ip, allow: 1, saturate: 9"
        let yaml = """
            rules:
              - {id: off, enabled: false, where: {list: elsewhere}, \(common), \(rate)}
              - {id: a, where: {list: offices}, \(common), \(rate)}
              - {id: b, where: {not: {list: hostng}}, \(common), \(rate)}
              - {id: c, where: {list: hostng}, \(common), \(rate)}
              - {id: d, kind: match, list: bins, gap: 0s, allow: 1, saturate: 9, \(common)}
            """
        let file = try RulesFile.parse(yaml: yaml, file: "own.yaml")
        #expect(
            file.faults(ofListsNotAmong: ["hosting", "offices"]).map(\.description) == [
                "own.yaml:6:32: there is no list \"bins\"; name its file under \"lists\" in banrisk.yaml;"
                    + " known are hosting, offices",
                "own.yaml:4:33: there is no list \"hostng\"; name its file under \"lists\" in banrisk.yaml;"
                    + " did you mean \"hosting\"?",
            ])
        #expect(file.faults(ofListsNotAmong: ["hosting", "hostng", "bins", "offices"]).isEmpty)
    }

    @Test func `a modifier in force is a warning, one in shadow or switched off is none`() throws {
        let modifier = """
            heuristic: content_language, kind: modifier, family: behaviour, reason: For the test., field: language,
                values: [xx], window: 7d, allow: 20, saturate: 50, weight: 0.2, half_life: 7d
            """
        let file = try parse([
            "{id: seen, \(modifier)}", "{id: shadow, \(modifier), shadow: true}",
            "{id: off, \(modifier), enabled: false}",
            rule("other", "key: language"),
        ])
        #expect(
            file.warnings.map(\.description) == [
                "own.yaml:2:10: the modifier seen is in force: language is a proxy for nationality and unfair by"
                    + " itself; watch it with \"shadow: true\", or set \"enabled: false\""
            ])
    }

    @Test func `the shipped rules have no warnings and name shipped lists alone`() {
        let file = RulesFile.embedded()
        #expect(file.warnings.isEmpty)
        #expect(file.faults(ofListsNotAmong: Set(EmbeddedList.all.map(\.name))).isEmpty)
    }

    @Test func `the examples of the documentation are the rules that the scenarios test`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/user-rules.md"), encoding: .utf8)
        let examples = page.components(separatedBy: "```yaml\n").dropFirst().compactMap { part in
            part.hasPrefix("- id:") ? part.components(separatedBy: "```")[0] : nil
        }
        #expect(examples.count == 3)
        for example in examples {
            let rule = try #require(RuleSet.parse(yaml: "rules:\n" + example, file: "user-rules.md").rules.first)
            let tested = root.appendingPathComponent("Tests/Scenarios/custom/\(rule.id)/rules.yaml").path
            #expect(try RuleSet.load(path: tested).rules == [rule])
        }
    }
}
