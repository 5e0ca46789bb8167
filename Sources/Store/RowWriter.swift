internal import GRDB
internal import RiskModel

/// The rows of one transaction, table by table. Rows go in sorted by key: neighbours share pages.
struct RowWriter {
    let db: Database
    let rules: RuleSet
    /// The row of `configurations` that signals and alerts refer to.
    let configuration: Int
    let limits: StoreWriter.Limits

    func write(_ changes: Changes) throws {
        var added = try -removeAccounts(changes.ended)
        added += try replaceScores(changes.scores, of: changes.newAccounts)
        try insertSignals(changes.signals)
        try insertAlerts(changes.alerts)
        try insertVerdicts(changes.verdicts)
        try replaceCampaigns(changes)
        try replaceEntities(changes.entities)
        try insertRejections(changes.rejections)
        // After the insertion: with a new database a line and its retry can come together.
        try deleteRetried(changes.retried)
        try trimQuarantine(after: changes.rejections)
        try addSources(changes.sources)
        try addRuleCounts(changes)
        try noteDepartures(changes.departures)
        try replaceMeta(changes)
        added -= try removeWhatIsOver(changes)
        try Self.countAccounts(added, db)
    }

    /// Notes that there are so many accounts more, or fewer.
    static func countAccounts(_ more: Int, _ db: Database) throws {
        guard more != 0 else { return }
        var count = try RowStatement(db, "UPDATE meta SET value = value + ? WHERE key = 'accounts'")
        count.bind(more)
        try count.run()
    }

    private func insertSignals(_ signals: [RecordedSignal]) throws {
        guard !signals.isEmpty else { return }
        var insert = try RowStatement(db, "INSERT INTO signals VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        var id = try Int.fetchOne(db, sql: "SELECT max(id) FROM signals") ?? 0
        var texts = EvidenceTexts(rules.rules)
        for recorded in signals {
            id += 1
            let signal = recorded.signal
            insert.bind(id)
            insert.bind(seq: signal.seq)
            insert.bind(rules.rules[signal.rule].id)
            insert.bind(recorded.account)
            insert.bind(signal.time)
            insert.bind(signal.strength)
            insert.bind(texts.json(signal.evidence, of: signal.rule))
            insert.bind(configuration)
            try insert.run()
        }
        var trim = try RowStatement(db, "DELETE FROM signals WHERE id <= ?")
        trim.bind(id - limits.signals)
        try trim.run()
    }

    private func insertAlerts(_ alerts: [Alert]) throws {
        guard !alerts.isEmpty else { return }
        var insert = try RowStatement(db, "INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        var id = try Int.fetchOne(db, sql: "SELECT max(id) FROM alerts") ?? 0
        // The accounts' own alerts come before those of the campaigns that the same event made grow.
        let ordered = alerts.sorted {
            ($0.score.order, $0.campaign?.id ?? 0, ExactText($0.score.account), $0.campaign?.members ?? 0)
                < ($1.score.order, $1.campaign?.id ?? 0, ExactText($1.score.account), $1.campaign?.members ?? 0)
        }
        for alert in ordered {
            id += 1
            insert.bind(id)
            insert.bind(alert.score.account)
            insert.bind(alert.level.name)
            insert.bind(alert.previousLevel.name)
            insert.bind(points: alert.score.points)
            insert.bind(alert.score.time)
            insert.bind(seq: alert.score.seq)
            insert.bind(alert.campaign?.sentence ?? alert.score.reason(rules.rules))
            insert.bind(alert.score.explanation(rules.rules, campaign: alert.campaign))
            insert.bind(configuration)
            if let campaign = alert.campaign {
                insert.bind(seq: campaign.id)
                insert.bind(campaign.members)
            } else {
                insert.bindNull()
                insert.bindNull()
            }
            try insert.run()
        }
    }

    private func replaceEntities(_ entities: [Changes.EntityRule: EntitySignal]) throws {
        guard !entities.isEmpty else { return }
        var replace = try RowStatement(
            db,
            """
            INSERT INTO entities VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                strength = excluded.strength, count = excluded.count, first_seen = excluded.first_seen,
                updated = excluded.updated, seq = excluded.seq
            """)
        let ordered = entities.values.sorted {
            ($0.entity.kind.rawValue, $0.entity.text) < ($1.entity.kind.rawValue, $1.entity.text)
        }
        for signal in ordered {
            replace.bind(signal.entity.kind.name)
            replace.bind(signal.entity.text)
            replace.bind(rules.rules[signal.rule].id)
            replace.bind(signal.strength)
            replace.bind(signal.count)
            replace.bind(timeOrNever: signal.firstSeen)
            replace.bind(signal.time)
            replace.bind(seq: signal.seq)
            try replace.run()
        }
    }

    private func insertRejections(_ rejections: [Rejection]) throws {
        guard !rejections.isEmpty else { return }
        var insert = try RowStatement(
            db, "INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
        for rejection in rejections {
            insert.bind(seq: rejection.seq)
            insert.bind(rejection.source.name)
            insert.bind(rejection.reason.rawValue)
            if rejection.field.isEmpty { insert.bindNull() } else { insert.bind(rejection.field) }
            insert.bind(rejection.position)
            insert.bind(blob: rejection.bytes)
            insert.bind(rejection.length)
            insert.bind(rejection.isComplete ? 1 : 0)
            if rejection.mapping.isEmpty { insert.bindNull() } else { insert.bind(rejection.mapping) }
            if rejection.received == .latest { insert.bindNull() } else { insert.bind(rejection.received) }
            try insert.run()
        }
    }

    private func deleteRetried(_ seqs: [UInt64]) throws {
        guard !seqs.isEmpty else { return }
        var delete = try RowStatement(db, "DELETE FROM quarantine WHERE seq = ?")
        for seq in seqs {
            delete.bind(seq: seq)
            try delete.run()
        }
    }

    /// Removes the oldest rows beyond the limit, and counts them.
    private func trimQuarantine(after rejections: [Rejection]) throws {
        guard !rejections.isEmpty else { return }
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM quarantine") ?? 0
        guard count > limits.quarantine else { return }
        var trim = try RowStatement(
            db, "DELETE FROM quarantine WHERE seq IN (SELECT seq FROM quarantine ORDER BY seq LIMIT ?)")
        trim.bind(count - limits.quarantine)
        let evicted = try trim.run()
        var add = try RowStatement(db, "UPDATE meta SET value = value + ? WHERE key = 'quarantine_evicted'")
        add.bind(evicted)
        try add.run()
    }

    private func addSources(_ sources: [Source: SourceCounts]) throws {
        guard !sources.isEmpty else { return }
        var add = try RowStatement(
            db,
            """
            INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                frames = frames + excluded.frames, bytes = bytes + excluded.bytes, events = events + excluded.events,
                rejected = rejected + excluded.rejected, duplicates = duplicates + excluded.duplicates,
                late = late + excluded.late, ignored = ignored + excluded.ignored,
                last_event = coalesce(max(last_event, excluded.last_event), last_event, excluded.last_event)
            """)
        for (source, counts) in sources {
            add.bind(source.name)
            add.bind(counts.frames)
            add.bind(counts.bytes)
            add.bind(counts.events)
            add.bind(counts.rejected)
            add.bind(timeOrNever: counts.lastEvent)
            add.bind(counts.duplicates)
            add.bind(counts.late)
            add.bind(counts.ignored)
            try add.run()
        }
    }

    private func addRuleCounts(_ changes: Changes) throws {
        guard !changes.signals.isEmpty || !changes.alerts.isEmpty else { return }
        var counts = [(signals: Int, alerts: Int)](repeating: (0, 0), count: rules.rules.count)
        for recorded in changes.signals { counts[recorded.signal.rule].signals += 1 }
        for alert in changes.alerts {
            if let campaign = alert.campaign {
                // A campaign is its cause's doing; what else its members have did not make it.
                if let cause = rules.rules.firstIndex(where: { $0.id == campaign.cause }) { counts[cause].alerts += 1 }
            } else {
                for part in alert.score.contributions { counts[part.rule].alerts += 1 }
            }
        }
        var add = try RowStatement(
            db, "UPDATE rules SET signals = signals + ?, alerts = alerts + ? WHERE rule = ?")
        for (rule, count) in zip(rules.rules, counts) where count != (0, 0) {
            add.bind(count.signals)
            add.bind(count.alerts)
            add.bind(rule.id)
            try add.run()
        }
    }

    private func replaceMeta(_ changes: Changes) throws {
        var seq = try RowStatement(db, "UPDATE meta SET value = ? WHERE key = 'applied_seq'")
        seq.bind(seq: changes.throughSeq)
        try seq.run()
        // The changes' own watermark covers only what is in them.
        var watermark = try RowStatement(
            db, "UPDATE meta SET value = coalesce(max(value, ?1), value, ?1) WHERE key = 'watermark'")
        watermark.bind(timeOrNever: changes.watermark)
        try watermark.run()
    }
}
