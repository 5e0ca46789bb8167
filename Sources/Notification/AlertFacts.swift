package import Store

/// An alert as it stands in the database.
package struct AlertFacts: Sendable, Hashable {
    package var id: Int
    package var account: String
    package var level: String
    package var previousLevel: String
    package var score: Double
    package var eventTime: String
    package var seq: Int
    package var reason: String
    /// A JSON object.
    package var explanation: String
    package var configuration: Int?
    package var campaign: Int?
    package var members: Int?

    package init(
        id: Int, account: String, level: String, previousLevel: String, score: Double, eventTime: String, seq: Int,
        reason: String, explanation: String, configuration: Int? = nil, campaign: Int? = nil, members: Int? = nil
    ) {
        self.id = id
        self.account = account
        self.level = level
        self.previousLevel = previousLevel
        self.score = score
        self.eventTime = eventTime
        self.seq = seq
        self.reason = reason
        self.explanation = explanation
        self.configuration = configuration
        self.campaign = campaign
        self.members = members
    }

    package init(_ row: AlertRow) {
        self.init(
            id: row.id, account: row.account, level: row.level, previousLevel: row.previousLevel, score: row.score,
            eventTime: row.eventTime, seq: row.seq, reason: row.reason, explanation: row.explanation,
            configuration: row.configuration, campaign: row.campaign, members: row.members)
    }
}
