internal import GRDB

/// From the columns of a row to its value, by name.
extension AccountRow {
    init(_ row: Row) {
        self.init(
            account: row["account"], score: row["score"], level: row["level"], compromised: row["compromised"],
            firstSeen: row["first_seen"], scoredAt: row["scored_at"], seq: row["seq"], topRule: row["top_rule"],
            topExplanation: row["top_explanation"])
    }
}

extension ContributionRow {
    init(_ row: Row) {
        self.init(
            rule: row["rule"], family: row["family"], heuristic: row["heuristic"], points: row["points"],
            evidenceValue: row["evidence_value"], strength: row["strength"], since: row["since"],
            updated: row["updated"], evidence: row["evidence"], explanation: row["explanation"],
            familyCap: row["family_cap"])
    }
}

extension AlertRow {
    init(_ row: Row) {
        self.init(
            id: row["id"], account: row["account"], level: row["level"], previousLevel: row["previous_level"],
            score: row["score"], eventTime: row["event_time"], seq: row["seq"], reason: row["reason"],
            explanation: row["explanation"])
    }
}

extension EntityRow {
    init(_ row: Row) {
        self.init(
            kind: row["kind"], key: row["key"], rule: row["rule"], strength: row["strength"], count: row["count"],
            firstSeen: row["first_seen"], updated: row["updated"], seq: row["seq"])
    }
}

extension RuleRow {
    init(_ row: Row) {
        self.init(
            rule: row["rule"], heuristic: row["heuristic"], family: row["family"], isActive: row["active"],
            inactiveBecause: row["inactive_because"], signals: row["signals"], alerts: row["alerts"])
    }
}

extension SourceRow {
    init(_ row: Row) {
        self.init(
            source: row["source"], frames: row["frames"], bytes: row["bytes"], events: row["events"],
            rejected: row["rejected"], lastEvent: row["last_event"])
    }
}
