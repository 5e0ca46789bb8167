internal import GRDB
internal import RiskModel

/// Verdicts, campaigns and who belongs to them.
extension RowWriter {
    /// All of them stay: they are the audit trail.
    func insertVerdicts(_ verdicts: [RecordedVerdict]) throws {
        guard !verdicts.isEmpty else { return }
        var insert = try RowStatement(db, "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        var id = try Int.fetchOne(db, sql: "SELECT max(id) FROM verdicts") ?? 0
        let ordered = verdicts.sorted { ($0.order, ExactText($0.account)) < ($1.order, ExactText($1.account)) }
        for recorded in ordered {
            id += 1
            insert.bind(id)
            insert.bind(recorded.account)
            insert.bind(recorded.verdict.kind.rawValue)
            if recorded.verdict.until == .latest { insert.bindNull() } else { insert.bind(recorded.verdict.until) }
            insert.bind(recorded.verdict.by)
            insert.bind(recorded.verdict.why)
            insert.bind(recorded.time)
            insert.bind(seq: recorded.seq)
            try insert.run()
        }
    }

    /// Writes campaigns and members, and moves the members of a merged campaign to the one that it is part of.
    func replaceCampaigns(_ changes: Changes) throws {
        guard !changes.campaigns.isEmpty || !changes.campaignMembers.isEmpty else { return }
        try replaceCampaigns(changes.campaigns)
        try replaceMembers(changes.campaignMembers)
        // Looked at for whatever campaign was touched: so it does not matter whether a member came in the transaction of
        // the merger, or before or after it.
        let touched = Set(changes.campaigns.values.filter { $0.mergedInto != nil }.map(\.id))
            .union(changes.campaignMembers.map(\.campaign))
        for campaign in touched.sorted() { try moveMembersOfMerged(campaign) }
    }

    private func replaceCampaigns(_ campaigns: [UInt64: Campaign]) throws {
        var replace = try RowStatement(
            db,
            """
            INSERT INTO campaigns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                cause = excluded.cause, entity_kind = excluded.entity_kind, entity_key = excluded.entity_key,
                entities = excluded.entities, members = excluded.members, level = excluded.level,
                first_seen = excluded.first_seen, last_seen = excluded.last_seen, born = excluded.born,
                merged_into = excluded.merged_into, seq = excluded.seq
            """)
        for campaign in campaigns.values.sorted(by: { $0.id < $1.id }) {
            replace.bind(seq: campaign.id)
            replace.bind(campaign.cause)
            replace.bind(campaign.entity.kind.name)
            replace.bind(campaign.entity.text)
            replace.bind(campaign.entities)
            replace.bind(campaign.members)
            replace.bind(campaign.level.name)
            replace.bind(campaign.firstSeen)
            replace.bind(campaign.lastSeen)
            replace.bind(campaign.born)
            if let target = campaign.mergedInto { replace.bind(seq: target) } else { replace.bindNull() }
            replace.bind(seq: campaign.seq)
            try replace.run()
        }
    }

    private func replaceMembers(_ members: [CampaignMember]) throws {
        var replace = try RowStatement(
            db,
            """
            INSERT INTO campaign_members VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                campaign = excluded.campaign, entity_kind = excluded.entity_kind, entity_key = excluded.entity_key,
                rule = excluded.rule, joined = excluded.joined, seq = excluded.seq
            """)
        var belong = try RowStatement(db, "UPDATE accounts SET campaign = ? WHERE account = ?")
        // The last word of each account.
        var latest: [ExactText: CampaignMember] = [:]
        for member in members { latest[ExactText(member.account)] = member }
        for member in latest.values.sorted(by: { $0.account < $1.account }) {
            replace.bind(member.account)
            replace.bind(seq: member.campaign)
            replace.bind(member.entity.kind.name)
            replace.bind(member.entity.text)
            replace.bind(member.rule)
            replace.bind(member.joined)
            replace.bind(seq: member.seq)
            try replace.run()
            belong.bind(seq: member.campaign)
            belong.bind(member.account)
            try belong.run()
        }
    }

    /// To the last of those that it is part of: mergers can follow each other within a transaction.
    private func moveMembersOfMerged(_ campaign: UInt64) throws {
        let target = try Int.fetchOne(
            db,
            sql: """
                WITH RECURSIVE merger (id) AS (
                    SELECT merged_into FROM campaigns WHERE id = ? AND merged_into IS NOT NULL
                    UNION SELECT c.merged_into FROM campaigns c JOIN merger m ON m.id = c.id
                        WHERE c.merged_into IS NOT NULL)
                SELECT id FROM merger ORDER BY id LIMIT 1
                """, arguments: [Int(campaign)])
        guard let target else { return }
        for sql in [
            """
            UPDATE accounts SET campaign = ?
            WHERE account IN (SELECT account FROM campaign_members WHERE campaign = ?)
            """,
            "UPDATE campaign_members SET campaign = ? WHERE campaign = ?",
        ] {
            var move = try RowStatement(db, sql)
            move.bind(target)
            move.bind(seq: campaign)
            try move.run()
        }
    }
}
