internal import GRDB
package import RiskModel
internal import Synchronization

/// The one writer of the database.
///
/// Each ``write(_:)`` is one transaction that also commits the `seq` it includes, so a row is written once. The final
/// content of every table is a function of the changes alone, not of how they were cut into transactions.
package final class StoreWriter: Sendable {
    /// The quarantine keeps its newest rows, this many.
    package static let quarantineRows = 100_000
    /// `signals` keeps its newest rows, this many.
    package static let signalRows = 5_000_000

    let queue: DatabaseQueue
    let limits: Limits
    let rules: RuleSet
    /// Hundredths of a point of an account without evidence.
    let basePoints: Int
    private let path: String
    private let applied: Atomic<UInt64>

    /// How many rows the tables keep that would otherwise grow with the events.
    struct Limits: Sendable {
        var quarantine = StoreWriter.quarantineRows
        var signals = StoreWriter.signalRows
    }

    /// Opens the database, makes or migrates its tables, and writes down the rules.
    ///
    /// - Parameter inactive: by rule id, why a rule cannot see anything for now.
    package convenience init(path: String, rules: RuleSet, inactive: [String: String]) throws(StoreError) {
        try self.init(path: path, rules: rules, inactive: inactive, limits: Limits())
    }

    init(path: String, rules: RuleSet, inactive: [String: String], limits: Limits) throws(StoreError) {
        self.path = path
        self.rules = rules
        self.limits = limits
        let basePoints = rules.policy.basePoints
        self.basePoints = basePoints
        let (queue, seq) = try StoreError.mapping(path) {
            let queue = try Connection.openWriter(path)
            let seq = try queue.write { db in
                try RuleTable.replace(db, rules: rules, inactive: inactive)
                try db.execute(
                    sql: "INSERT OR REPLACE INTO meta VALUES ('base_score', ?), ('rules_fingerprint', ?)",
                    arguments: [Double(basePoints) / 100, RuleTable.fingerprint(of: rules)])
                return try Int.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'applied_seq'") ?? 0
            }
            return (queue, UInt64(seq))
        }
        self.queue = queue
        applied = Atomic(seq)
    }

    /// The last `seq` that is committed; 0 in a new database.
    package var appliedSeq: UInt64 { applied.load(ordering: .acquiring) }

    /// Writes the changes as one transaction, or nothing of them.
    ///
    /// They must follow on ``appliedSeq``. After ``StoreError/full(path:)`` or ``StoreError/busy(path:)`` the same
    /// changes can be written again.
    package func write(_ changes: Changes) throws(StoreError) {
        precondition(changes.throughSeq >= appliedSeq, "changes that are already written")
        try StoreError.mapping(path) {
            try queue.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    try write(changes, to: db)
                    return .commit
                }
            }
        }
        applied.store(changes.throughSeq, ordering: .releasing)
    }

    /// Moves the whole WAL into the file and closes it. `-wal` stays behind, empty where no reader holds it.
    package func close() {
        // A reader can hold the checkpoint up, but not for long: the next writer makes it then.
        try? queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA busy_timeout = 500; PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try? queue.close()
    }
}
