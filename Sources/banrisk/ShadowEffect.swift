import Assembly
import RiskModel
import Settings
import Store

/// What a rule in shadow would do if it counted, from a database.
struct ShadowEffect {
    /// Accounts that the rule speaks of now.
    var accounts: Int
    /// Those of them that would have another level if the rules in shadow counted, by the score alone.
    var changes: Int

    var text: String { "shadow: \(accounts) accounts, \(changes) of another level" }

    /// By rule, for each that is in shadow.
    static func all(_ reader: StoreReader, _ assembly: Assembly) throws(StoreError) -> [String: ShadowEffect] {
        let ruleSet = assembly.configuration.ruleSet
        var effects: [String: ShadowEffect] = [:]
        for rule in ruleSet.rules where rule.isShadow {
            var filter = AccountFilter()
            filter.rule = rule.id
            filter.order = .account
            filter.limit = .max
            let rows = try reader.accounts(filter)
            effects[rule.id] = ShadowEffect(
                accounts: rows.count, changes: rows.count { $0.shadowLevel(by: ruleSet.policy) != nil })
        }
        return effects
    }
}

extension AccountRow {
    /// The level that the account's score would be worth if rules in shadow counted; `nil` where it is worth the same now.
    ///
    /// By the scores alone: the level `ban` asks for independent evidence too, which the database does not tell.
    func shadowLevel(by policy: ScorePolicy) -> Level? {
        guard let shadowScore else { return nil }
        let current = Level.allCases.first { $0.name == level } ?? .normal
        func worth(_ score: Double) -> Level? {
            Level.allCases.last { level in
                guard level > .normal else { return true }
                return score >= policy.thresholds[Int(level.rawValue) - 1] - (level <= current ? policy.hysteresis : 0)
            }
        }
        let reached = worth(shadowScore)
        return reached == worth(score) ? nil : reached
    }
}
