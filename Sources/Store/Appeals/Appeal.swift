/// What a person needs to answer an appeal: what the account is accused of, on what evidence, and what else could explain it.
///
/// It names no other account. ``AppealText`` makes two texts of it: one for whoever decides, one for the accused.
package struct Appeal: Sendable, Hashable, Encodable {
    /// The account as it stands.
    package struct Standing: Sendable, Hashable, Encodable {
        package var account: String
        package var score: Double
        package var level: String
        package var compromised: Bool
        package var firstSeen: String?
        package var scoredAt: String?
        package var peakLevel: String
        package var peakScore: Double?
        package var peakAt: String?
        package var campaign: Int?
    }

    /// What one rule has against the account.
    package struct Charge: Sendable, Hashable, Encodable {
        package var rule: String
        package var heuristic: String?
        /// What the evidence rests on; charges on the same basis are one fact.
        package var basis: String?
        /// Points of the score.
        package var points: Double
        /// One sentence, for whoever decides.
        package var statement: String
        /// The same without anything that others could be known by, for the accused.
        package var plainStatement: String
        package var since: String
        package var updated: String
        /// After this span it counts half.
        package var halfLifeSeconds: Double?
        /// What is known of the others whom the evidence ties to the same thing; `nil` where it ties nobody.
        package var sharing: Sharing?
        /// What could explain it without guilt, the one that fits best first.
        package var explanations: [Explanation]
    }

    /// The other accounts with evidence on the same entity, in numbers.
    package struct Sharing: Sendable, Hashable, Encodable {
        /// The word for the entity: `device`, `ip`.
        package var kind: String
        package var key: String
        /// Others that have points for it.
        package var others = 0
        /// Of these those that were known for thirty days when it began.
        package var established = 0
        /// Those that first came within a day of this account.
        package var together = 0
        /// Those with no other evidence than on this entity.
        package var otherwiseClean = 0
        /// Those at `review` or `ban`.
        package var atReview = 0
        /// Those with the verdict `banned`, and `cleared`.
        package var banned = 0
        package var cleared = 0
        /// When the entity was first seen.
        package var firstSeen: String?
    }

    /// An innocent explanation, with what would tell it from guilt.
    package struct Explanation: Sendable, Hashable, Encodable {
        /// The name in JSON: `carrier_nat`.
        package var name: String
        /// What would have happened, in one sentence.
        package var story: String
        /// What the database says for it, and against it.
        package var speaksFor: [String]
        package var speaksAgainst: [String]
        /// What to ask the accused; `nil` where it is not for him to explain.
        package var ask: String?
        /// What to look at.
        package var check: String
    }

    /// A signal, as evidence.
    package struct Exhibit: Sendable, Hashable, Encodable {
        package var time: String
        package var rule: String
        package var strength: Double
        /// A JSON object.
        package var evidence: String
        package var seq: Int
    }

    /// How the account belongs to a campaign.
    package struct Membership: Sendable, Hashable, Encodable {
        package var campaign: Int
        package var cause: String
        package var members: Int
        package var level: String
        package var tiedBy: String
        package var joined: String
    }

    /// A verdict that was given.
    package struct Word: Sendable, Hashable, Encodable {
        package var verdict: String
        package var until: String?
        package var by: String
        package var why: String
        package var time: String
        package var inForce: Bool
    }

    /// What the score would be if nothing new came.
    package struct Outlook: Sendable, Hashable, Encodable {
        package var days: Int
        package var score: Double
    }

    /// A rise to a higher level.
    package struct Rise: Sendable, Hashable, Encodable {
        package var time: String
        package var level: String
        package var score: Double
    }

    package var standing: Standing
    /// The event time that counts as now.
    package var now: String
    /// The charge of most points first.
    package var charges: [Charge]
    package var outlook: [Outlook]
    /// The newest first, at most ``exhibitLimit``.
    package var exhibits: [Exhibit]
    /// In order of time.
    package var rises: [Rise]
    package var membership: Membership?
    /// The newest first.
    package var verdicts: [Word]
    /// Whether addresses in it may be pseudonyms: other addresses than those that were seen.
    package var addressesAreHidden: Bool

    package static let exhibitLimit = 50
}

extension Appeal {
    /// The whole as one JSON object on one line, keys in snake_case.
    package var json: String { jsonText(self, snakeCase: true) }
}
