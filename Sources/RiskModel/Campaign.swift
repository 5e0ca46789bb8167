/// Accounts tied together by strong entities: one incident for operations, not one for each account.
package struct Campaign: Sendable, Hashable {
    /// From 1, in order of birth; the same after a restart.
    package var id: UInt64
    /// The rule that ties most of its members.
    package var cause: String
    /// The entity that ties most of its members.
    package var entity: EntityKey
    /// How many entities tie them.
    package var entities: Int
    package var members: Int
    /// The highest level that a member has reached.
    package var level: Level
    /// Event times of the first and the latest event that made a member.
    package var firstSeen: Timestamp
    package var lastSeen: Timestamp
    /// When it had enough members to be one.
    package var born: Timestamp
    /// The older campaign that it turned out to be part of.
    package var mergedInto: UInt64?
    /// The latest event that changed it.
    package var seq: UInt64

    package init(
        id: UInt64, cause: String, entity: EntityKey, entities: Int, members: Int, level: Level, firstSeen: Timestamp,
        lastSeen: Timestamp, born: Timestamp, mergedInto: UInt64? = nil, seq: UInt64
    ) {
        self.id = id
        self.cause = cause
        self.entity = entity
        self.entities = entities
        self.members = members
        self.level = level
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.born = born
        self.mergedInto = mergedInto
        self.seq = seq
    }

    /// One sentence without a full stop.
    package var sentence: String {
        let ties = entities == 1 ? "" : " and \(entities - 1) more"
        return "campaign \(id): \(members) accounts \(entity.phrase)\(ties), by \(cause)"
    }
}

/// An account that belongs to a campaign, and what ties it.
package struct CampaignMember: Sendable, Hashable {
    package var campaign: UInt64
    package var account: String
    package var entity: EntityKey
    package var rule: String
    package var joined: Timestamp
    package var seq: UInt64

    package init(campaign: UInt64, account: String, entity: EntityKey, rule: String, joined: Timestamp, seq: UInt64) {
        self.campaign = campaign
        self.account = account
        self.entity = entity
        self.rule = rule
        self.joined = joined
        self.seq = seq
    }
}
