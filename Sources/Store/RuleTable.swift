internal import GRDB
internal import RiskModel

/// The table `rules`: the configuration in force, for those who read the database.
enum RuleTable {
    /// Writes every rule down. A rule that is configured no longer stays as inactive: older alerts name it.
    static func replace(_ db: Database, rules: RuleSet, inactive: [String: String]) throws {
        try db.execute(sql: "UPDATE rules SET active = 0, inactive_because = 'no longer in the rules'")
        for rule in rules.rules {
            let why = inactive[rule.id]
            try db.execute(
                sql: """
                    INSERT INTO rules (rule, heuristic, kind, family, family_cap, key, member, window_seconds, weight,
                        half_life_seconds, blame, reason, active, inactive_because)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                        heuristic = excluded.heuristic, kind = excluded.kind, family = excluded.family,
                        family_cap = excluded.family_cap, key = excluded.key, member = excluded.member,
                        window_seconds = excluded.window_seconds, weight = excluded.weight,
                        half_life_seconds = excluded.half_life_seconds, blame = excluded.blame,
                        reason = excluded.reason, active = excluded.active,
                        inactive_because = excluded.inactive_because
                    """,
                arguments: [
                    rule.id, rule.heuristic, rule.kind.name, rule.family.name,
                    rules.policy.caps[Int(rule.family.rawValue)], rule.key.name, rule.kind.member?.name,
                    rule.kind.window.seconds, rule.weight, rule.halfLife.seconds, rule.blame.name, rule.reason,
                    why == nil, why,
                ])
        }
    }

    /// Differs where rules or policy differ.
    static func fingerprint(of rules: RuleSet) -> String { ConfigurationRecord.fingerprint(of: "\(rules)") }
}

extension RuleKind {
    fileprivate var window: Interval {
        switch self {
        case .distinct(let parameters): parameters.window
        case .rate(let parameters): parameters.window
        case .travel(let parameters): parameters.window
        case .match(let parameters): parameters.window
        }
    }

    fileprivate var member: Field? {
        if case .distinct(let parameters) = self { parameters.member } else { nil }
    }
}
