import ArgumentParser
import Assembly
import Foundation
import RiskModel
import Settings
import Store

/// `banrisk rules`: the rules in force, and whether they do what their author meant.
struct Rules: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the rules, or tests them with scenarios.", discussion: ToolError.discussion,
        subcommands: [List.self, Test.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The rules in force, in the order of the file.")

        @OptionGroup var options: ConfigurationOptions

        @Option(
            help: ArgumentHelp(
                "A database: say of each rule in shadow of how many accounts it speaks, and how many of these would have "
                    + "another level if the rules in shadow counted.", valueName: "file"))
        var database: String?

        @Flag(help: "Print one JSON object a rule.")
        var json = false

        func run() throws {
            try ToolError.reporting {
                let assembly = try options.assemble()
                let effects = try database.map { try ShadowEffect.all(StoreReader(path: $0), assembly) }
                var output = Output()
                for line in json ? objects(assembly, effects) : table(assembly, effects) { try output.line(line) }
                try output.flush()
            }
        }

        private func table(_ assembly: Assembly, _ effects: [String: ShadowEffect]?) -> [String] {
            var table = Table(
                [
                    .left("RULE"), .left("KIND"), .left("FAMILY"), .right("WEIGHT"), .left("WINDOW"), .left("STATE"),
                    .left("REASON"),
                ], terminal: Terminal())
            for rule in assembly.configuration.ruleSet.rules {
                table.add([
                    rule.id, rule.kind.name, rule.family.name, rule.weight.text(decimals: 2), "\(rule.kind.window)",
                    effects?[rule.id]?.text ?? state(rule, assembly), rule.reason,
                ])
            }
            return table.lines
        }

        private func objects(_ assembly: Assembly, _ effects: [String: ShadowEffect]?) -> [String] {
            assembly.configuration.ruleSet.rules.map { rule in
                var object = JSONObject()
                object.add("rule", rule.id)
                object.add("heuristic", rule.heuristic)
                object.add("kind", rule.kind.name)
                object.add("family", rule.family.name)
                object.add("basis", rule.basis.name)
                object.add("weight", rule.weight)
                object.add("window_seconds", Int(rule.kind.window.microseconds / 1_000_000))
                object.add("half_life_seconds", Int(rule.halfLife.microseconds / 1_000_000))
                object.add("state", state(rule, assembly))
                object.add("reason", rule.reason)
                if let effects {
                    object.add("shadow_accounts", effects[rule.id]?.accounts)
                    object.add("shadow_changes", effects[rule.id]?.changes)
                }
                return object.text
            }
        }

        /// What comes of the rule's signals.
        private func state(_ rule: Rule, _ assembly: Assembly) -> String {
            if assembly.inactive[rule.id] != nil { return "inactive" }
            return rule.isShadow ? "shadow" : "active"
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs scenarios: events, and what must come of them.",
            discussion: """
                A scenario is a folder with events.ndjson and expected.txt, and with rules.yaml, lists/ and databases \
                where those of the configuration are not meant; docs/user-rules.md has examples. \
                Exit status 1: a scenario failed.
                """)

        @OptionGroup var options: ConfigurationOptions

        @Argument(help: ArgumentHelp("A scenario, or a folder of them.", valueName: "path"))
        var paths: [String]

        func run() throws {
            try ToolError.reporting {
                let configuration = try options.load()
                var output = Output()
                var failures = 0
                for path in paths {
                    let scenarios = Scenario.all(in: URL(fileURLWithPath: path, isDirectory: true))
                    if scenarios.isEmpty {
                        throw ToolError.faultyInput("\(path) has no scenario; one is a folder with events.ndjson in it")
                    }
                    for scenario in scenarios {
                        let differences = try differences(scenario, configuration)
                        failures += differences.isEmpty ? 0 : 1
                        for line in report(scenario, differences) { try output.line(line) }
                        try output.flush()
                    }
                }
                if failures > 0 { throw ExitCode(1) }
            }
        }

        private func differences(
            _ scenario: Scenario, _ configuration: Configuration
        ) throws -> [Scenario.Difference] {
            do {
                return try scenario.differences(configuration)
            } catch let error as StoreError {
                throw error
            } catch let error as CocoaError {
                let path = error.filePath ?? scenario.folder.path
                throw ToolError.faultyInput("\(path) cannot be read; a scenario has events.ndjson and expected.txt")
            } catch {
                throw ToolError.faultyInput("\(error)")
            }
        }

        /// A line that says how it went, and under it what is not as expected: `-` what should be, `+` what is.
        private func report(_ scenario: Scenario, _ differences: [Scenario.Difference]) -> [String] {
            let terminal = Terminal()
            let path = Terminal.printable(scenario.folder.relativePath)
            if differences.isEmpty { return ["passed  \(path)"] }
            var lines = [terminal.bold("failed  \(path)")]
            for (index, difference) in differences.enumerated() {
                if let line = difference.line, index == 0 || differences[index - 1].line != line {
                    lines.append(terminal.dim("  expected.txt:\(line)"))
                }
                if let expected = difference.expected { lines.append("  - \(Terminal.printable(expected))") }
                if let found = difference.found { lines.append("  + \(Terminal.printable(found))") }
            }
            return lines
        }
    }
}
