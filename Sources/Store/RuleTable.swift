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
                        half_life_seconds, blame, reason, active, inactive_because, basis, shadow, ties)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                        heuristic = excluded.heuristic, kind = excluded.kind, family = excluded.family,
                        family_cap = excluded.family_cap, key = excluded.key, member = excluded.member,
                        window_seconds = excluded.window_seconds, weight = excluded.weight,
                        half_life_seconds = excluded.half_life_seconds, blame = excluded.blame,
                        reason = excluded.reason, active = excluded.active,
                        inactive_because = excluded.inactive_because, basis = excluded.basis,
                        shadow = excluded.shadow, ties = excluded.ties
                    """,
                arguments: [
                    rule.id, rule.heuristic, rule.kind.name, rule.family.name,
                    rules.policy.caps[Int(rule.family.rawValue)], rule.name(of: rule.key), rule.member,
                    rule.kind.window.seconds, rule.weight, rule.halfLife.seconds, rule.blame.name, rule.reason,
                    why == nil, why, rule.basis.name, rule.isShadow, rule.tiesAccounts,
                ])
        }
    }

    /// Differs where rules or policy differ.
    static func fingerprint(of rules: RuleSet) -> String { ConfigurationRecord.fingerprint(of: "\(rules)") }
}

extension Rule {
    /// What the rule counts of its key, where it counts something by name.
    fileprivate var member: String? {
        switch kind {
        case .distinct(let parameters): name(of: parameters.member)
        case .overlap(let parameters): name(of: parameters.member)
        case .rate, .travel, .resale, .match, .rhythm, .likeness, .takeover, .ladder, .association, .modifier: nil
        }
    }
}
