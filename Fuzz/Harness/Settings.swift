import RiskModel
import Settings

/// A configuration file's text. The folder that its paths are relative to does not exist.
@Sendable func fuzzConfiguration(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    checkFaults(text) { () throws(ConfigurationFaults) in
        _ = try Configuration.parse(yaml: text, file: "input", baseDirectory: "/nowhere")
    }
}

/// A rules file's text. Accepted rules are within the bounds that the folds rely on.
@Sendable func fuzzRules(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    checkFaults(text) { () throws(ConfigurationFaults) in
        let rules = try RuleSet.parse(yaml: text, file: "input").rules
        check(rules.count <= 64, "\(rules.count) rules")
        check(Set(rules.map(\.id)).count == rules.count, "an id twice")
        check(rules.allSatisfy { $0.weight.isFinite }, "a weight without bounds")
    }
}

/// A refused text has faults, which stand in it, and whose messages are safe for a terminal.
func checkFaults(_ text: String, _ parse: () throws(ConfigurationFaults) -> Void) {
    do throws(ConfigurationFaults) {
        try parse()
    } catch {
        check(!error.faults.isEmpty, "refused without a fault")
        let lines = text.unicodeScalars.count { $0 == "\n" } + 1
        for fault in error.faults where fault.file == "input" {
            // YAML has further line breaks than LF; none makes more lines than there are scalars.
            check((0...max(lines, text.unicodeScalars.count + 1)).contains(fault.line), "a fault in line \(fault.line)")
            check(isPlain(fault.message), "a control character")
        }
    }
}
