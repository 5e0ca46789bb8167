internal import GRDB
package import RiskModel
internal import Synchronization

/// The one writer of the database.
///
/// Each ``write(_:)`` is one transaction that also commits the `seq` it includes, so a row is written once. The final
/// content of every table is a function of the changes alone, not of how they were cut into transactions.
package final class StoreWriter: Sendable {
    /// The quarantine keeps its newest rows, this many unless told otherwise.
    package static let quarantineRows = 100_000
    /// `signals` keeps its newest rows, this many.
    package static let signalRows = 5_000_000
    /// A write-ahead log of this many bytes is worth a warning: a reader's transaction keeps it from being emptied.
    package static let walWarningBytes = 256 << 20

    let queue: DatabaseQueue
    let checkpointer: Checkpointer
    private let limits: Limits
    let files: DatabaseFiles
    /// Whether the file had been written under another configuration, or none, when it was opened.
    package let openedNewConfiguration: Bool
    private let path: String
    private let applied: Atomic<UInt64>
    private let inForce: Mutex<InForce>

    /// How many rows the tables keep that would otherwise grow with the events.
    struct Limits: Sendable {
        var quarantine = StoreWriter.quarantineRows
        var signals = StoreWriter.signalRows
        var retention = Retention()
    }

    /// What new rows are made under.
    struct InForce: Sendable {
        var rules: RuleSet
        /// The row of `configurations`.
        var configuration: Int
    }

    /// Opens the database, makes or migrates its tables, and writes down rules and configuration.
    ///
    /// - Parameters:
    ///   - inactive: by rule id, why a rule cannot see anything for now.
    ///   - quarantineRows: the most rows that the quarantine keeps.
    ///   - retention: how long rows stay.
    package convenience init(
        path: String, rules: RuleSet, inactive: [String: String], configuration: ConfigurationRecord,
        quarantineRows: Int = StoreWriter.quarantineRows, retention: Retention = Retention()
    ) throws(StoreError) {
        try self.init(
            path: path, rules: rules, inactive: inactive, configuration: configuration,
            limits: Limits(quarantine: quarantineRows, retention: retention))
    }

    init(
        path: String, rules: RuleSet, inactive: [String: String], configuration: ConfigurationRecord, limits: Limits
    ) throws(StoreError) {
        self.path = path
        self.limits = limits
        let (queue, checkpointer, configuration, isNew, seq) = try StoreError.mapping(path) {
            let queue = try Connection.openWriter(path)
            let checkpointer = try Checkpointer(path: path)
            queue.inDatabase { checkpointer.watch($0) }
            return try queue.write { db in
                let before = try Int.fetchOne(db, sql: "SELECT max(id) FROM configurations")
                let id = try Self.enforce(rules, inactive: inactive, configuration, db)
                return (queue, checkpointer, id, id != before, try Self.appliedSeq(db))
            }
        }
        self.queue = queue
        self.checkpointer = checkpointer
        files = DatabaseFiles(path: path)
        applied = Atomic(UInt64(seq))
        inForce = Mutex(InForce(rules: rules, configuration: configuration))
        openedNewConfiguration = isNew
    }

    /// The last `seq` that is committed; 0 in a new database.
    package var appliedSeq: UInt64 { applied.load(ordering: .acquiring) }

    /// The size of the write-ahead log, see ``walWarningBytes``.
    package var walBytes: Int { files.walBytes }

    /// Writes the changes as one transaction, or nothing of them.
    ///
    /// They must follow on ``appliedSeq`` and come from the rules in force. After ``StoreError/full(path:)`` or
    /// ``StoreError/busy(path:)`` the same changes can be written again.
    package func write(_ changes: Changes) throws(StoreError) {
        precondition(changes.throughSeq >= appliedSeq, "changes that are already written")
        let inForce = inForce.withLock(\.self)
        try transaction { db in
            try RowWriter(
                db: db, rules: inForce.rules, configuration: inForce.configuration, limits: limits
            ).write(changes)
        }
        applied.store(changes.throughSeq, ordering: .releasing)
    }

    /// The row of `configurations` that is in force.
    package var configurationID: Int { inForce.withLock { $0.configuration } }

    /// Puts other rules and another configuration in force, for all changes written from now on, and writes what that alone
    /// does to scores; all of it, or nothing.
    ///
    /// All changes that were made under the earlier rules must be written before.
    package func adopt(
        rules: RuleSet, inactive: [String: String], configuration: ConfigurationRecord, changes: Changes
    ) throws(StoreError) {
        let id = try transaction { db in
            let id = try Self.enforce(rules, inactive: inactive, configuration, db)
            if changes.throughSeq > 0 {
                try RowWriter(db: db, rules: rules, configuration: id, limits: limits).write(changes)
            }
            return id
        }
        inForce.withLock { $0 = InForce(rules: rules, configuration: id) }
    }

    /// Removes rows of the quarantine for good.
    ///
    /// - Returns: How many there were.
    package func drop(_ selection: QuarantineSelection) throws(StoreError) -> Int {
        try transaction { db in
            let (sql, arguments) = try SQL("DELETE FROM quarantine WHERE \(selection.condition)").build(db)
            try db.execute(sql: sql, arguments: arguments)
            return db.changesCount
        }
    }

    /// Waits until all that is committed would survive a loss of power.
    ///
    /// With `synchronous=NORMAL` a commit does not sync the write-ahead log: "WAL mode does lose durability. A transaction
    /// committed in WAL mode with synchronous=NORMAL might roll back following a power loss"
    /// (<https://www.sqlite.org/pragma.html#pragma_synchronous>). What a checkpoint has moved into the file is synced before
    /// the log is used anew (<https://www.sqlite.org/wal.html#performance_considerations>); so to sync the log is enough,
    /// and needs no lock that another program could hold.
    package func makeDurable() throws(StoreError) {
        try StoreError.mapping(path) {
            try files.check()
            try queue.writeWithoutTransaction { db in try Connection.syncWAL(db) }
        }
    }

    /// Moves the whole WAL into the file and closes it. `-wal` stays behind, empty where no reader holds it.
    package func close() {
        checkpointer.close()
        // A reader can hold the checkpoint up, but not for long: the next writer makes it then.
        try? queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA busy_timeout = 500; PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try? queue.close()
    }

    /// Runs `body` and commits, or does nothing where it fails or the files are not those that were opened.
    func transaction<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
        try StoreError.mapping(path) {
            try files.check()
            try queue.writeWithoutTransaction { try checkpointer.takeTurn($0) }
            // BEGIN IMMEDIATE: a lock that another program holds shows here, and the time-out applies.
            return try queue.write(body)
        }
    }

    /// Runs `body` outside of any transaction.
    func writing<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
        try StoreError.mapping(path) {
            try files.check()
            return try queue.writeWithoutTransaction(body)
        }
    }

    /// Writes rules and configuration down, and returns the configuration's id.
    private static func enforce(
        _ rules: RuleSet, inactive: [String: String], _ configuration: ConfigurationRecord, _ db: Database
    ) throws -> Int {
        try RuleTable.replace(db, rules: rules, inactive: inactive)
        try db.execute(
            sql: "INSERT OR REPLACE INTO meta VALUES ('base_score', ?), ('rules_fingerprint', ?)",
            arguments: [Double(rules.policy.basePoints) / 100, RuleTable.fingerprint(of: rules)])
        return try ConfigurationTable.put(configuration, rules: rules, afterSeq: try appliedSeq(db), db)
    }

    /// The last `seq` that the file has.
    static func appliedSeq(_ db: Database) throws -> Int {
        max(0, try Int.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'applied_seq'") ?? 0)
    }
}
