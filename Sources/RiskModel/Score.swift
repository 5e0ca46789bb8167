/// How far an account has risen.
package enum Level: UInt8, Sendable, CaseIterable, Comparable {
    case normal, watch, review, ban

    package var name: String {
        switch self {
        case .normal: "normal"
        case .watch: "watch"
        case .review: "review"
        case .ban: "ban"
        }
    }

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// What a rule's signals are worth in an account's score, as of the time of the score.
package struct Contribution: Sendable, Hashable {
    /// Index of the rule in its rule set.
    package var rule: Int
    /// Hundredths of a point of the score, 0 to 10,000.
    package var points: Int
    /// Log-odds after weight, decay and the family's cap.
    package var evidenceValue: Double
    /// 0 to 1 after decay.
    package var strength: Double
    /// The first signal since the rule last had none.
    package var since: Timestamp
    /// The signal that the evidence is from.
    package var updated: Timestamp
    package var evidence: Evidence

    package init(
        rule: Int, points: Int, evidenceValue: Double, strength: Double, since: Timestamp, updated: Timestamp,
        evidence: Evidence
    ) {
        self.rule = rule
        self.points = points
        self.evidenceValue = evidenceValue
        self.strength = strength
        self.since = since
        self.updated = updated
        self.evidence = evidence
    }
}

/// An account's score with its explanation.
///
/// `basePoints` and the contributions' points add up to `points` to the last digit.
package struct Score: Sendable, Hashable {
    package var account: String
    package var firstSeen: Timestamp
    /// Hundredths of a point, 0 to 10,000.
    package var points: Int
    /// What the account would have without evidence, in hundredths of a point.
    package var basePoints: Int
    package var level: Level
    package var compromised: Bool
    /// Event time at which the score was taken.
    package var time: Timestamp
    /// The latest event that is in it.
    package var seq: UInt64
    /// That event's ``Event/order``; alerts are numbered in its order.
    package var order: UInt64
    /// In order of the rules; each worth something.
    package var contributions: [Contribution]

    package init(
        account: String, firstSeen: Timestamp, points: Int, basePoints: Int, level: Level, compromised: Bool,
        time: Timestamp, seq: UInt64, order: UInt64, contributions: [Contribution]
    ) {
        self.account = account
        self.firstSeen = firstSeen
        self.points = points
        self.basePoints = basePoints
        self.level = level
        self.compromised = compromised
        self.time = time
        self.seq = seq
        self.order = order
        self.contributions = contributions
    }
}

/// An account's rise to a higher level.
package struct Alert: Sendable, Hashable {
    package var level: Level
    package var previousLevel: Level
    /// The score at the rise, with what it is made of.
    package var score: Score

    package init(level: Level, previousLevel: Level, score: Score) {
        self.level = level
        self.previousLevel = previousLevel
        self.score = score
    }
}
