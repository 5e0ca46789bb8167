internal import Foundation
internal import GRDB

extension Row {
    /// The value of a column.
    ///
    /// - Throws: `SQLITE_CORRUPT` where there is none, or NULL or another type where the schema forbids it: the file is
    ///   damaged. GRDB's own subscript would end the process.
    func value<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        guard hasColumn(column), let value = Value.fromDatabaseValue(self[column] as DatabaseValue) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT)
        }
        return value
    }
}

/// From the columns of a row to its value, by name.
extension AccountRow {
    init(_ row: Row) throws {
        try self.init(
            account: row.value("account"), score: row.value("score"), level: row.value("level"),
            compromised: row.value("compromised"),
            firstSeen: row.value("first_seen"), scoredAt: row.value("scored_at"), seq: row.value("seq"),
            peakLevel: row.value("peak_level"), peakScore: row.value("peak_score"), peakAt: row.value("peak_at"),
            verdict: row.value("verdict"), shadowScore: row.value("shadow_score"), campaign: row.value("campaign"),
            topRule: row.value("top_rule"),
            topExplanation: row.value("top_explanation"))
    }
}

extension ContributionRow {
    init(_ row: Row) throws {
        try self.init(
            rule: row.value("rule"), family: row.value("family"), heuristic: row.value("heuristic"),
            points: row.value("points"),
            evidenceValue: row.value("evidence_value"), strength: row.value("strength"), since: row.value("since"),
            updated: row.value("updated"), evidence: row.value("evidence"), explanation: row.value("explanation"),
            familyCap: row.value("family_cap"), halfLifeSeconds: row.value("half_life_seconds"),
            basis: row.value("basis"))
    }
}

extension AlertRow {
    init(_ row: Row) throws {
        try self.init(
            id: row.value("id"), account: row.value("account"), level: row.value("level"),
            previousLevel: row.value("previous_level"),
            score: row.value("score"), eventTime: row.value("event_time"), seq: row.value("seq"),
            reason: row.value("reason"),
            explanation: row.value("explanation"), configuration: row.value("configuration"),
            campaign: row.value("campaign"), members: row.value("members"))
    }
}

extension ConfigurationRow {
    init(_ row: Row) throws {
        try self.init(
            id: row.value("id"), firstSeq: row.value("first_seq"), rules: row.value("rules"),
            databases: row.value("databases"),
            lists: row.value("lists"), mappings: row.value("mappings"))
    }
}

extension QuarantineRow {
    init(_ row: Row) throws {
        try self.init(
            seq: row.value("seq"), source: row.value("source"), reason: row.value("reason"), field: row.value("field"),
            position: row.value("position"), bytes: Array(row.value("bytes") as Data), length: row.value("length"),
            isComplete: row.value("complete"), mapping: row.value("mapping"))
    }
}

extension EntityRow {
    init(_ row: Row) throws {
        try self.init(
            kind: row.value("kind"), key: row.value("key"), rule: row.value("rule"), strength: row.value("strength"),
            count: row.value("count"),
            firstSeen: row.value("first_seen"), updated: row.value("updated"), seq: row.value("seq"))
    }
}

extension RuleRow {
    init(_ row: Row) throws {
        try self.init(
            rule: row.value("rule"), heuristic: row.value("heuristic"), family: row.value("family"),
            isActive: row.value("active"),
            inactiveBecause: row.value("inactive_because"), isShadow: row.value("shadow"),
            signals: row.value("signals"), alerts: row.value("alerts"))
    }
}

extension SourceRow {
    init(_ row: Row) throws {
        try self.init(
            source: row.value("source"), frames: row.value("frames"), bytes: row.value("bytes"),
            events: row.value("events"),
            rejected: row.value("rejected"), duplicates: row.value("duplicates"), late: row.value("late"),
            ignored: row.value("ignored"), lastEvent: row.value("last_event"))
    }
}
