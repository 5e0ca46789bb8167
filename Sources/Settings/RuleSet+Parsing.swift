package import RiskModel

extension RuleSet {
    /// More rules than this would not fit the folds' tables.
    private static let maximumRules = 64

    /// Reads rules and score policy from text. Rules with `enabled: false` are validated and left out.
    ///
    /// - Parameter file: the name for messages.
    /// - Throws: all faults of the text.
    package static func parse(yaml: String, file: String) throws(ConfigurationFaults) -> RuleSet {
        let log = FaultLog(file: file)
        let ruleSet: RuleSet? = Cursor.root(of: yaml, log: log)?.section { section in
            section.scope = ""
            let policy = section["score"].map { $0.section(ScorePolicy.read) } ?? .default
            let rules = section.required("rules", "a list of rules").map(read)
            guard let policy, let rules else { return nil }
            return RuleSet(rules: rules, policy: policy)
        }
        return try log.result(ruleSet)
    }

    private static func read(_ cursor: Cursor) -> [Rule] {
        var rules: [Rule] = []
        var firstLines: [String: Int] = [:]
        for item in cursor.items(required: "rule") {
            guard let (id, rule, isEnabled) = item.section(Rule.read) else { continue }
            if let id, let name = id.scalar {
                if name == "prior" {
                    id.note("the id \"prior\" stands for what every account has before any evidence; take another")
                } else if let line = firstLines[name] {
                    id.note("the id \(JSONText.quote(name)) is taken by the rule in line \(line); ids are unique")
                } else {
                    firstLines[name] = id.position?.line
                }
            }
            guard let rule, isEnabled else { continue }
            if rules.count == maximumRules {
                item.note("more than \(maximumRules) rules; disable or remove some")
                break
            }
            rules.append(rule)
        }
        return rules
    }
}
