import ArgumentParser
import Assembly
import Enrichment
import RiskModel
import Settings

/// `banrisk check`: whether the daemon would start with this configuration.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check configuration, rules, lists and databases.",
        discussion: """
            Names every fault with file, line and remedy, by the code that the daemon itself uses. \
            \(ToolError.discussion)
            """)

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "Print what would be in force as one JSON object.")
    var json = false

    func run() throws {
        try ToolError.reporting {
            let assembly = try options.assemble()
            var output = Output()
            if json { try output.line(object(assembly).text) } else { try describe(assembly, &output) }
            try output.flush()
        }
    }

    private func describe(_ assembly: Assembly, _ output: inout Output) throws {
        let terminal = Terminal()
        let rules = assembly.configuration.ruleSet.rules
        try output.line("configuration  \(options.config.map(Terminal.printable) ?? "embedded defaults"): no faults")
        for database in assembly.sources.databases {
            try output.line(
                "database       \(Terminal.printable(database.path)): \(Terminal.printable(database.type)), "
                    + "built \(database.buildEpoch)")
        }
        if assembly.sources.databases.isEmpty { try output.line("database       none: places are unknown") }
        for list in assembly.sources.lists {
            try output.line(
                "list           \(Terminal.printable(list.name)): \(list.count) entries of \(list.kind.rawValue)")
        }
        try output.line("privacy        \(assembly.pseudonymsSentence)")
        let active = rules.count - assembly.inactive.count
        try output.line("rules          \(active) of \(rules.count) active")
        for (rule, why) in assembly.inactive.sorted(by: { $0.key < $1.key }) {
            try output.line(terminal.dim("  inactive     \(rule): it \(why)"))
        }
        for warning in assembly.configuration.rulesFile.warnings {
            try output.line("warning        \(Terminal.printable(warning.description))")
        }
    }

    private static func array(_ texts: [String]) -> String {
        "[" + texts.map(JSONText.quote).joined(separator: ",") + "]"
    }

    private func object(_ assembly: Assembly) -> JSONObject {
        var object = JSONObject()
        object.add("configuration", options.config)
        object.add(
            "databases",
            assembly.sources.databases.map { database in
                var entry = JSONObject()
                entry.add("path", database.path)
                entry.add("kind", database.kind.rawValue)
                entry.add("type", database.type)
                entry.add("built", "\(database.buildEpoch)")
                return entry
            })
        object.add(
            "lists",
            assembly.sources.lists.map { list in
                var entry = JSONObject()
                entry.add("name", list.name)
                entry.add("kind", list.kind.rawValue)
                entry.add("entries", list.count)
                return entry
            })
        object.add(
            "rules",
            assembly.configuration.ruleSet.rules.map { rule in
                var entry = JSONObject()
                entry.add("rule", rule.id)
                entry.add("active", assembly.inactive[rule.id] == nil)
                entry.add("inactive_because", assembly.inactive[rule.id])
                return entry
            })
        object.add(
            "pseudonyms",
            assembly.sources.pseudonyms.map { pseudonyms in
                var entry = JSONObject()
                entry.add("of", json: Self.array(pseudonyms.subjects.map(\.rawValue)))
                entry.add("keys", json: Self.array(pseudonyms.keyIDs))
                return [entry]
            } ?? [])
        let warnings = assembly.configuration.rulesFile.warnings.map { JSONText.quote($0.description) }
        object.add("warnings", json: "[\(warnings.joined(separator: ","))]")
        return object
    }
}
