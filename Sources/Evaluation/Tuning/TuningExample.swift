package import RiskModel

/// One labelled account with what the rules saw.
package struct TuningExample: Sendable, Hashable {
    package var isAbuse: Bool
    /// What must not be split between learning and judging: the campaign, else the account.
    package var group: String
    /// The rules that spoke, by their index in the rule set, each with its strength, 0 to 1; in order of the index.
    package var signals: [Signal]

    package struct Signal: Sendable, Hashable {
        package var rule: Int
        package var strength: Double

        package init(rule: Int, strength: Double) {
            self.rule = rule
            self.strength = strength
        }
    }

    package init(isAbuse: Bool, group: String, signals: [Signal]) {
        self.isAbuse = isAbuse
        self.group = group
        self.signals = signals
    }

    /// The examples of abuse and innocence in order of the accounts' names; victims are neither.
    package static func examples(
        labels: [String: Label], results: Results, rules: [Rule]
    ) -> [TuningExample] {
        let indexes = Dictionary(rules.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        return labels.sorted { $0.key < $1.key }.compactMap { account, label in
            let group: String
            let isAbuse: Bool
            switch label {
            case .victim: return nil
            case .innocent: (group, isAbuse) = ("account " + account, false)
            case .abuse(let kind, let campaign):
                (group, isAbuse) = (campaign.map { "campaign \(kind) \($0)" } ?? "account " + account, true)
            }
            let signals = results.result(of: account).parts.compactMap { id, part in
                indexes[id].map { Signal(rule: $0, strength: part.strength) }
            }
            return TuningExample(isAbuse: isAbuse, group: group, signals: signals.sorted { $0.rule < $1.rule })
        }
    }
}
