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
    /// The highest level that the account ever had, since when, and its points then.
    package var peak: Peak
    /// The verdict that holds.
    package var verdict: Verdict.Kind?
    /// What the points would be if rules in shadow counted; `nil` where none spoke.
    package var shadowPoints: Int?

    package struct Peak: Sendable, Hashable {
        package var level: Level
        package var points: Int
        package var time: Timestamp

        package init(level: Level, points: Int, time: Timestamp) {
            self.level = level
            self.points = points
            self.time = time
        }
    }

    package init(
        account: String, firstSeen: Timestamp, points: Int, basePoints: Int, level: Level, compromised: Bool,
        time: Timestamp, seq: UInt64, order: UInt64, contributions: [Contribution], peak: Peak? = nil,
        verdict: Verdict.Kind? = nil, shadowPoints: Int? = nil
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
        self.peak = peak ?? Peak(level: level, points: points, time: time)
        self.verdict = verdict
        self.shadowPoints = shadowPoints
    }
}

/// An account's rise to a higher level, or a campaign's birth or growth.
package struct Alert: Sendable, Hashable {
    package var level: Level
    package var previousLevel: Level
    /// The score at the rise, with what it is made of.
    package var score: Score
    /// The campaign, as it was then, where the alert is one of a campaign; the score is that of the member that made it.
    package var campaign: Campaign?

    package init(level: Level, previousLevel: Level, score: Score, campaign: Campaign? = nil) {
        self.level = level
        self.previousLevel = previousLevel
        self.score = score
        self.campaign = campaign
    }
}
