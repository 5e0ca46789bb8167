package import RiskModel

extension RulesFile {
    /// More rules than this would not fit the folds' tables.
    private static let maximumRules = 64

    /// Reads rules and score policy from text. Rules with `enabled: false` are validated and left out.
    ///
    /// - Parameter file: the name for messages.
    /// - Throws: all faults of the text.
    package static func parse(yaml: String, file: String) throws(ConfigurationFaults) -> RulesFile {
        let log = FaultLog(file: file)
        let mentions = Mentions()
        var places: [String: Position] = [:]
        let ruleSet: RuleSet? = Cursor.root(of: yaml, log: log)?.section { section in
            section.scope = ""
            let policy = section["score"].map { $0.section(ScorePolicy.read) } ?? .default
            let rules = section.required("rules", "a list of rules").map { read($0, mentions, &places) }
            guard let policy, var rules else { return nil }
            for i in rules.indices { rules[i].attributes = mentions.attributes }
            return RuleSet(rules: rules, policy: policy, attributes: mentions.attributes)
        }
        return RulesFile(file: file, ruleSet: try log.result(ruleSet), rules: places, lists: mentions.lists)
    }

    private static func read(_ cursor: Cursor, _ mentions: Mentions, _ places: inout [String: Position]) -> [Rule] {
        var rules: [Rule] = []
        for item in cursor.items(required: "rule") {
            guard let (id, rule, isEnabled) = item.section({ Rule.read($0, mentions) }) else { continue }
            if let id, let name = id.scalar {
                if name == "prior" {
                    id.note("the id \"prior\" stands for what every account has before any evidence; take another")
                } else if let place = places[name] {
                    id.note("the id \(JSONText.quote(name)) is taken by the rule in line \(place.line); ids are unique")
                } else {
                    places[name] = id.position
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

extension RuleSet {
    /// The rules of a text, where nobody asks for their places.
    ///
    /// - Throws: all faults of the text.
    package static func parse(yaml: String, file: String) throws(ConfigurationFaults) -> RuleSet {
        try RulesFile.parse(yaml: yaml, file: file).ruleSet
    }
}
