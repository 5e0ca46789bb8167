internal import Foundation
internal import GRDB
package import RiskModel

/// How long rows stay, in event time; `nil`: as long as the limits of rows say.
package struct Retention: Sendable, Hashable {
    package var signals: Interval?
    package var alerts: Interval?
    /// Of verdicts that were superseded or are over.
    package var verdicts: Interval?
    package var entities: Interval?
    /// By the time at which a line was received.
    package var quarantine: Interval?
    /// By the wall clock.
    package var audit: Interval?
    /// Of accounts that were not seen.
    package var accounts: Interval?

    package init(
        signals: Interval? = nil, alerts: Interval? = nil, verdicts: Interval? = nil, entities: Interval? = nil,
        quarantine: Interval? = nil, audit: Interval? = nil, accounts: Interval? = nil
    ) {
        self.signals = signals
        self.alerts = alerts
        self.verdicts = verdicts
        self.entities = entities
        self.quarantine = quarantine
        self.audit = audit
        self.accounts = accounts
    }
}

/// Rows that are over go in the transaction that moves the time on.
///
/// What is left at the end follows from the rows and the last time alone, not from how changes were cut: each removal takes
/// only what a later one would take too. Signals and alerts go from the oldest on, up to the first that is not over, so that
/// a flush costs what it removes; the newest stays, since rows are numbered on from it.
extension RowWriter {
    /// - Returns: how many accounts there were among it.
    func removeWhatIsOver(_ changes: Changes) throws -> Int {
        let retention = limits.retention
        guard retention != Retention(), let watermark = try watermark() else { return 0 }
        var accounts = 0
        let now = Timestamp.wallClock
        if let span = retention.signals { try removePrefix("signals", "time", before: watermark - span) }
        if let span = retention.alerts { try removePrefix("alerts", "event_time", before: watermark - span) }
        if let span = retention.accounts { accounts = try removeAccounts(notSeenFor: span, at: watermark) }
        if let span = retention.verdicts { try removeVerdicts(before: watermark - span) }
        if let span = retention.entities { try removeEntities(changes, before: watermark - span) }
        if let span = retention.quarantine {
            try db.cachedStatement(
                sql: """
                    DELETE FROM quarantine WHERE seq < coalesce(
                        (SELECT min(seq) FROM quarantine WHERE coalesce(received, '9999') >= ?1), 9223372036854775807)
                    """
            ).execute(arguments: [(now - span).column])
        }
        if let span = retention.audit { try removePrefix("audit", "time", before: now - span) }
        return accounts
    }

    private func watermark() throws -> Timestamp? {
        try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'watermark'").flatMap(Timestamp.init(column:))
    }

    private func removePrefix(_ table: String, _ column: String, before horizon: Timestamp) throws {
        try db.cachedStatement(
            sql: """
                DELETE FROM \(table) WHERE id < coalesce(
                    (SELECT id FROM \(table) WHERE \(column) >= ?1 ORDER BY id LIMIT 1), (SELECT max(id) FROM \(table)))
                """
        ).execute(arguments: [horizon.column])
    }

    /// The last verdict of an account stays while it holds: it is what the account's score rests on.
    private func removeVerdicts(before horizon: Timestamp) throws {
        try db.cachedStatement(
            sql: """
                DELETE FROM verdicts WHERE event_time < ?1 AND id < (SELECT max(id) FROM verdicts)
                    AND (until < ?1 OR EXISTS (
                        SELECT 1 FROM verdicts v WHERE v.account = verdicts.account AND v.id > verdicts.id))
                """
        ).execute(arguments: [horizon.column])
    }

    /// Looks through the table once a day of event time, and when something comes that is over already.
    private func removeEntities(_ changes: Changes, before horizon: Timestamp) throws {
        let day = String(horizon.column.prefix(10))
        let swept = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'entities_swept'") ?? ""
        let limit = day + "T00:00:00.000000Z"
        guard swept < day || changes.entities.values.contains(where: { $0.time.column < limit }) else { return }
        try db.execute(sql: "DELETE FROM entities WHERE updated < ?", arguments: [limit])
        try db.execute(sql: "INSERT OR REPLACE INTO meta VALUES ('entities_swept', ?)", arguments: [day])
    }
}

extension Timestamp {
    /// For what is not an event.
    fileprivate static var wallClock: Timestamp {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}
