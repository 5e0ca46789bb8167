internal import GRDB
package import RiskModel

/// A campaign as the database has it. Times are texts as stored, ``RiskModel/Timestamp/column``.
package struct CampaignRow: Sendable, Hashable {
    package var id: Int
    /// The rule that ties most of its members.
    package var cause: String
    /// The entity that ties most of its members.
    package var entityKind: String
    package var entityKey: String
    package var entities: Int
    package var members: Int
    /// The highest level that a member has reached.
    package var level: String
    package var firstSeen: String
    package var lastSeen: String
    /// When it had enough members to be one.
    package var born: String
    /// The older campaign that it turned out to be part of.
    package var mergedInto: Int?
    package var seq: Int
    /// Members that joined in the last 24 hours of event time.
    package var recent: Int
}

/// An account that belongs to a campaign, with its score now.
package struct CampaignMemberRow: Sendable, Hashable {
    package var account: String
    package var score: Double
    package var level: String
    package var compromised: Bool
    package var verdict: String?
    /// What ties it.
    package var entityKind: String
    package var entityKey: String
    package var rule: String
    /// Event time.
    package var joined: String
}

/// All that is known of a campaign, as of one moment.
package struct CampaignReport: Sendable, Hashable {
    /// How many members an entity ties.
    package struct Tie: Sendable, Hashable {
        package var entityKind: String
        package var entityKey: String
        package var rule: String
        package var members: Int
    }

    /// How many accounts joined on a day, and how many there were at its end.
    package struct Day: Sendable, Hashable {
        /// `2026-03-01`.
        package var day: String
        package var joined: Int
        package var total: Int
    }

    /// What a rule is worth in the members' scores.
    package struct RuleShare: Sendable, Hashable {
        package var rule: String
        package var members: Int
        package var meanPoints: Double
    }

    package var campaign: CampaignRow
    /// The campaigns that turned out to be part of it.
    package var merged: [Int]
    /// The entity of most members first.
    package var ties: [Tie]
    /// In order of time, only days on which somebody joined.
    package var growth: [Day]
    /// The rule with most members first.
    package var rules: [RuleShare]
    /// Members by level now.
    package var levels: [String: Int]
    /// The highest score first, at most as many as were asked for.
    package var members: [CampaignMemberRow]
}

/// Which campaigns, the latest first.
package struct CampaignFilter: Sendable {
    /// Only those with an event from this time on.
    package var since: Timestamp?
    /// Also those that turned out to be part of another.
    package var includesMerged = false
    package var id: Int?
    /// Only those that come after this place.
    package var after: CampaignCursor?
    package var limit = 100

    package init() {}
}

extension CampaignRow {
    init(_ row: Row) throws {
        try self.init(
            id: row.value("id"), cause: row.value("cause"), entityKind: row.value("entity_kind"),
            entityKey: row.value("entity_key"), entities: row.value("entities"), members: row.value("members"),
            level: row.value("level"), firstSeen: row.value("first_seen"), lastSeen: row.value("last_seen"),
            born: row.value("born"), mergedInto: row.value("merged_into"), seq: row.value("seq"),
            recent: row.value("recent"))
    }
}

extension CampaignMemberRow {
    init(_ row: Row) throws {
        try self.init(
            account: row.value("account"), score: row.value("score"), level: row.value("level"),
            compromised: row.value("compromised"), verdict: row.value("verdict"), entityKind: row.value("entity_kind"),
            entityKey: row.value("entity_key"), rule: row.value("rule"), joined: row.value("joined"))
    }
}
