package import RiskModel

/// An account as the database has it. Times are texts as stored, ``RiskModel/Timestamp/column``.
package struct AccountRow: Sendable, Hashable {
    package var account: String
    /// 0 to 100, two decimals.
    package var score: Double
    package var level: String
    /// Whether the account looks like the victim of a takeover.
    package var compromised: Bool
    package var firstSeen: String?
    /// Event time of the score.
    package var scoredAt: String?
    /// The latest event in the score; `nil` while there was no evidence.
    package var seq: Int?
    /// The highest level that it ever had, its score then, and since when; `normal` and `nil` before the first evidence.
    package var peakLevel: String
    package var peakScore: Double?
    package var peakAt: String?
    /// An analyst's word that held when the score was taken.
    package var verdict: String?
    /// What the score would be if rules in shadow counted; `nil` where none spoke.
    package var shadowScore: Double?
    /// The campaign that it belongs to.
    package var campaign: Int?
    /// The rule that is worth most, and its sentence; `nil` without evidence.
    package var topRule: String?
    package var topExplanation: String?
}

/// What one rule, or the prior, is worth in an account's score.
package struct ContributionRow: Sendable, Hashable {
    /// The rule's id, or `prior`.
    package var rule: String
    package var family: String
    package var heuristic: String?
    /// Points of the score; an account's rows add up to it.
    package var points: Double
    /// Log-odds.
    package var evidenceValue: Double
    /// 0 to 1; `nil` for the prior.
    package var strength: Double?
    package var since: String?
    package var updated: String?
    /// A JSON object; `nil` for the prior.
    package var evidence: String?
    /// One sentence.
    package var explanation: String
    /// The most that the family can be worth, in log-odds; `nil` for the prior.
    package var familyCap: Double?
    /// After this span a signal is worth half; `nil` for the prior.
    package var halfLifeSeconds: Double?
    /// What the evidence rests on; `nil` for the prior.
    package var basis: String?

    /// Whether the row holds the base points and no rule's.
    package var isPrior: Bool { rule == Schema.priorRule }
}

/// An account's rise to a higher level, or a campaign's birth or growth.
package struct AlertRow: Sendable, Hashable {
    package var id: Int
    package var account: String
    package var level: String
    package var previousLevel: String
    package var score: Double
    package var eventTime: String
    package var seq: Int
    /// The rules in order of points, with what they saw.
    package var reason: String
    /// The same as a JSON object.
    package var explanation: String
    /// The row of `configurations` that was in force; `nil` where it was written before there were such rows.
    package var configuration: Int?
    /// The campaign that it is an alert of, and how many members that had; `nil` for an account's own.
    package var campaign: Int?
    package var members: Int?
}

/// Rules, database builds and lists that were in force from some event on.
package struct ConfigurationRow: Sendable, Hashable {
    package var id: Int
    /// The first event that was written under it.
    package var firstSeq: Int
    /// The fingerprint of rules and score policy.
    package var rules: String
    /// JSON arrays.
    package var databases: String
    package var lists: String
    package var mappings: String
}

/// A rule's word on an entity.
package struct EntityRow: Sendable, Hashable {
    package var kind: String
    package var key: String
    package var rule: String
    /// 0 to 1, at the time of ``updated``.
    package var strength: Double
    /// Members or events in the rule's window.
    package var count: Int
    package var firstSeen: String?
    package var updated: String
    package var seq: Int
}

/// A rule with what came of it.
package struct RuleRow: Sendable, Hashable {
    package var rule: String
    package var heuristic: String
    package var family: String
    package var isActive: Bool
    package var inactiveBecause: String?
    /// Its signals are kept, and count nothing.
    package var isShadow: Bool
    /// All signals that changed a score, and all alerts that the rule was part of.
    package var signals: Int
    package var alerts: Int
}

/// What came from one source.
package struct SourceRow: Sendable, Hashable {
    package var source: String
    package var frames: Int
    package var bytes: Int
    package var events: Int
    package var rejected: Int
    package var duplicates: Int
    package var late: Int
    package var ignored: Int
    package var lastEvent: String?
}

/// The state of the whole, read in one transaction.
package struct StoreStatus: Sendable, Hashable {
    package var schema: Int
    package var appliedSeq: Int
    /// The highest event time; `nil` before the first event.
    package var watermark: String?
    package var baseScore: Double
    package var rulesFingerprint: String
    /// The newest row of `configurations`.
    package var configuration: Int
    package var accounts: Int
    /// Accounts above `normal`, by level.
    package var accountsByLevel: [Level: Int]
    package var alerts: Int
    package var quarantine: QuarantineCounts
    package var rules: [RuleRow]
    package var sources: [SourceRow]
}

/// Which accounts, and in which order.
package struct AccountFilter: Sendable {
    /// What comes first.
    package enum Order: String, Sendable, CaseIterable {
        /// The highest score.
        case score
        /// By name.
        case account
        /// The latest score.
        case recent
    }

    package var minimumLevel: Level = .normal
    package var minimumScore: Double?
    package var account: String?
    /// Only accounts with a contribution of this rule.
    package var rule: String?
    package var order: Order = .score
    /// Only accounts that come after this place in the order.
    package var after: AccountCursor?
    package var limit = 100

    package init() {}
}

/// Which alerts.
package struct AlertFilter: Sendable {
    package var minimumLevel: Level = .normal
    package var account: String?
    /// Only alerts that this rule was part of; of a campaign's those whose cause it is.
    package var rule: String?
    /// Only alerts of this campaign.
    package var campaign: Int?
    /// From this event time on.
    package var since: Timestamp?
    /// Only alerts that were written after the one of this id.
    package var afterID = 0
    /// Only alerts that were written before the one of this id.
    package var beforeID: Int?
    /// Newest first, or the order in which they were written.
    package var newestFirst = true
    package var limit = 100

    package init() {}
}

/// Which entities, and in which order.
package struct EntityFilter: Sendable {
    /// What comes first.
    package enum Order: String, Sendable, CaseIterable {
        /// The greatest strength.
        case strength
        /// The greatest count.
        case count
        /// By kind and key.
        case key
        /// The latest.
        case recent
    }

    package var kind: EntityKind?
    package var key: String?
    package var rule: String?
    package var order: Order = .strength
    /// Only rows that come after this place in the order.
    package var after: EntityCursor?
    package var limit = 100

    package init() {}
}
