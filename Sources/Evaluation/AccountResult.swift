package import RiskModel

/// At which moment an account is judged.
package enum Moment: String, Sendable, CaseIterable {
    /// When its score was highest: what a person would have seen who acted on alerts.
    case peak
    /// At the end of the events, after decay.
    case final
}

/// What banrisk made of one account.
package struct AccountResult: Sendable, Hashable {
    /// What one rule was worth in the score.
    package struct Part: Sendable, Hashable {
        /// 0 to 1, after decay.
        package var strength: Double
        /// Points of the score.
        package var points: Double

        package init(strength: Double, points: Double) {
            self.strength = strength
            self.points = points
        }
    }

    package var level: Level
    /// 0 to 100.
    package var score: Double
    package var compromised: Bool
    /// What the score was made of, by rule; without the prior.
    package var parts: [String: Part]
    /// The event time of the first alert at a level or above it, by the level's raw value; 0 is never set.
    package var firstAlerts: [Timestamp?]

    package init(
        level: Level = .normal, score: Double, compromised: Bool = false, parts: [String: Part] = [:],
        firstAlerts: [Timestamp?] = Level.allCases.map { _ in nil }
    ) {
        self.level = level
        self.score = score
        self.compromised = compromised
        self.parts = parts
        self.firstAlerts = firstAlerts
    }

    /// Takes note of an alert; alerts may come in any order.
    package mutating func note(alertAt level: Level, time: Timestamp) {
        for reached in Level.allCases where reached > .normal && reached <= level {
            let index = Int(reached.rawValue)
            firstAlerts[index] = min(firstAlerts[index] ?? time, time)
        }
    }
}

/// What banrisk made of all accounts.
package struct Results: Sendable {
    package var accounts: [String: AccountResult]
    /// What an account without evidence has, 0 to 100.
    package var baseScore: Double

    package init(accounts: [String: AccountResult], baseScore: Double) {
        self.accounts = accounts
        self.baseScore = baseScore
    }

    /// The account's result; one without evidence where banrisk never heard of it.
    func result(of account: String) -> AccountResult { accounts[account] ?? AccountResult(score: baseScore) }
}
