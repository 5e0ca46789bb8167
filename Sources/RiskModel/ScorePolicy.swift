import Glibc

/// How evidence becomes a score, and a score a level.
package struct ScorePolicy: Sendable, Hashable {
    /// Log-odds of an account without evidence.
    package var prior: Double
    /// The most that each family can be worth, in log-odds, by the family's raw value.
    package var caps: [Double]
    /// The most that each basis can be worth, over all families, in log-odds, by the basis's raw value.
    package var basisCaps: [Double]
    /// The score from which each level above `normal` holds: watch, review, ban.
    package var thresholds: [Double]
    /// How far the score must fall below a threshold for the level to fall.
    package var hysteresis: Double
    /// An alert for the same or a lower level is not repeated within this span of event time.
    package var cooldown: Interval
    /// What each of two families, on two different bases, must be worth in log-odds for the level `ban`.
    package var independentEvidence: Double
    /// So many accounts that have reached `review`, tied by one entity, are a campaign.
    package var campaignSize: Int = 5

    package init(
        prior: Double, caps: [Double], basisCaps: [Double], thresholds: [Double], hysteresis: Double,
        cooldown: Interval, independentEvidence: Double
    ) {
        self.prior = prior
        self.caps = caps
        self.basisCaps = basisCaps
        self.thresholds = thresholds
        self.hysteresis = hysteresis
        self.cooldown = cooldown
        self.independentEvidence = independentEvidence
    }
}

extension ScorePolicy {
    /// The score that log-odds make, 0 to 100: the logistic function.
    package static func score(logOdds z: Double) -> Double { 100 / (1 + exp(-z)) }

    /// A score in hundredths of a point.
    package static func points(_ score: Double) -> Int { Int((score * 100).rounded()) }

    /// What an account without evidence has, in hundredths of a point.
    package var basePoints: Int { Self.points(Self.score(logOdds: prior)) }
}

/// The rules in force and the policy that weighs them.
package struct RuleSet: Sendable, Hashable {
    package var rules: [Rule]
    package var policy: ScorePolicy
    /// The names of the attributes that the rules ask for, in the order of their slots; at most ``Event/attributeSlots``.
    package var attributes: [String]

    package init(rules: [Rule], policy: ScorePolicy, attributes: [String] = []) {
        self.rules = rules
        self.policy = policy
        self.attributes = attributes
    }

    /// A number that differs where rules or policy differ; only good for comparing.
    package var fingerprint: UInt64 { KeyHash(seed: 0).hash(Array("\(self)".utf8).span) }
}
