internal import GRDB

/// A frame that could not be an event.
package struct QuarantineRow: Sendable, Hashable {
    package var seq: Int
    package var source: String
    package var reason: String
    package var field: String?
    /// Byte offset in the line at which the fault was found; may lie behind what is kept.
    package var position: Int
    /// The beginning of the line.
    package var bytes: [UInt8]
    /// How many bytes the line had, `RiskModel.Rejection.length`; `nil` where it was not noted.
    package var length: Int?
    /// Whether `bytes` are the whole line as it came. Only then can it be tried again.
    package var isComplete: Bool
    /// The mapping that took the line for its own; `nil` where none did.
    package var mapping: String?
}

/// How many rows the quarantine has and had.
package struct QuarantineCounts: Sendable, Hashable {
    package var byReason: [String: Int]
    /// Rows that gave way to newer ones.
    package var evicted: Int

    /// All rows that are there.
    package var total: Int { byReason.values.reduce(0, +) }

    init(_ db: Database) throws {
        let rows = try Row.fetchAll(db, sql: "SELECT reason, count(*) AS n FROM quarantine GROUP BY reason")
        byReason = try rows.reduce(into: [:]) { counts, row in counts[try row.value("reason")] = try row.value("n") }
        evicted = try Int.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'quarantine_evicted'") ?? 0
    }
}

/// Which rows of the quarantine, and in which order.
package struct QuarantineFilter: Sendable {
    package var selection: QuarantineSelection
    /// Only rows that come after the one of this `seq`, in the order of the answer.
    package var after: Int?
    package var newestFirst = true
    package var limit = 100

    package init(_ selection: QuarantineSelection) { self.selection = selection }
}
