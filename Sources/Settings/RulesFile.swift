package import RiskModel

/// A rules file as read: the rules in force, and the places in the file of what can only be judged later.
package struct RulesFile: Sendable, Hashable {
    /// The file's name for messages.
    package let file: String
    package var ruleSet: RuleSet
    /// Where each rule's id stands.
    private let rules: [String: Position]
    /// Where each list is named first.
    private let lists: [String: Position]

    init(file: String, ruleSet: RuleSet, rules: [String: Position], lists: [String: Position]) {
        self.file = file
        self.ruleSet = ruleSet
        self.rules = rules
        self.lists = lists
    }

    /// What is allowed, and should not pass unseen.
    package var warnings: [Fault] {
        ruleSet.rules.compactMap { rule in
            guard case .modifier(let parameters) = rule.kind, !rule.isShadow else { return nil }
            return fault(
                at: rules[rule.id],
                "the modifier \(rule.id) is in force: \(rule.name(of: parameters.field)) is a proxy for nationality and"
                    + " unfair by itself; watch it with \"shadow: true\", or set \"enabled: false\"")
        }
    }

    /// A fault for each list that rules in force name and that is none of `known`, in order of the names.
    package func faults(ofListsNotAmong known: Set<String>) -> [Fault] {
        let named = ruleSet.rules.reduce(into: Set<String>()) { $0.formUnion($1.lists) }
        return named.subtracting(known).sorted().map { name in
            fault(
                at: lists[name],
                "there is no list \(JSONText.quote(name)); name its file under \"lists\" in banrisk.yaml; "
                    + Suggestion.text(for: name, among: Array(known)))
        }
    }

    private func fault(at position: Position?, _ message: String) -> Fault {
        Fault(file: file, line: position?.line ?? 0, column: position?.column ?? 0, message: message)
    }
}
