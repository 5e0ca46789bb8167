internal import GRDB

/// A place between two rows of a list, by the keys of the row before it: a list that is read page by page neither repeats a row
/// nor leaves one out because others came or went (keyset pagination).
package struct AccountCursor: Sendable, Hashable, Codable {
    package var account: String
    package var score: Double
    package var scoredAt: String?

    package init(_ row: AccountRow) {
        account = row.account
        score = row.score
        scoredAt = row.scoredAt
    }
}

package struct EntityCursor: Sendable, Hashable, Codable {
    package var kind: String
    package var key: String
    package var rule: String
    package var strength: Double
    package var count: Int
    package var updated: String

    package init(_ row: EntityRow) {
        kind = row.kind
        key = row.key
        rule = row.rule
        strength = row.strength
        count = row.count
        updated = row.updated
    }
}

package struct CampaignCursor: Sendable, Hashable, Codable {
    package var id: Int
    package var lastSeen: String

    package init(_ row: CampaignRow) {
        id = row.id
        lastSeen = row.lastSeen
    }
}

extension AccountFilter.Order {
    /// Stands behind WHERE: only what comes after the place.
    func condition(after place: AccountCursor) -> SQL {
        switch self {
        case .score: "(a.score, \(place.account)) < (\(place.score), a.account)"
        case .account: "a.account > \(place.account)"
        case .recent:
            // Those that never had a score come last: NULL is less than any text.
            if let time = place.scoredAt {
                """
                (a.scored_at < \(time) OR a.scored_at IS NULL OR (a.scored_at = \(time) AND a.account > \(place.account)))
                """
            } else {
                "(a.scored_at IS NULL AND a.account > \(place.account))"
            }
        }
    }
}

extension EntityFilter.Order {
    /// Stands behind WHERE: only what comes after the place.
    func condition(after place: EntityCursor) -> SQL {
        let key: SQL = "(kind, key, rule) > (\(place.kind), \(place.key), \(place.rule))"
        return switch self {
        case .strength:
            """
            (strength < \(place.strength) OR (strength = \(place.strength)
                AND (count < \(place.count) OR (count = \(place.count) AND \(key)))))
            """
        case .count: "(count < \(place.count) OR (count = \(place.count) AND \(key)))"
        case .key: key
        case .recent: "(updated < \(place.updated) OR (updated = \(place.updated) AND \(key)))"
        }
    }
}
