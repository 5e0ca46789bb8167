internal import GRDB
package import RiskModel

/// A change, or a look at what is stored on people, by way of the daemon.
package struct AuditEntry: Sendable, Hashable {
    package enum Outcome: String, Sendable, Hashable {
        case done, refused, failed
    }

    /// By the wall clock.
    package var time: Timestamp
    /// The user that the kernel names; `nil` for one who came with the token.
    package var uid: UInt32?
    package var user: String?
    /// What he might do, with commas between the roles.
    package var roles: String
    /// `control` or `api`.
    package var way: String
    /// What was done, such as `account.read`.
    package var action: String
    /// Of whom or what; `nil` where it is the whole.
    package var subject: String?
    package var outcome: Outcome

    /// Longer subjects are cut: they come from whoever asks.
    package static let maximumSubjectBytes = 512

    package init(
        time: Timestamp, uid: UInt32?, user: String?, roles: String, way: String, action: String,
        subject: String? = nil, outcome: Outcome
    ) {
        self.time = time
        self.uid = uid
        self.user = user
        self.roles = roles
        self.way = way
        self.action = action
        self.subject = subject.map { String(decoding: $0.utf8.prefix(Self.maximumSubjectBytes), as: UTF8.self) }
        self.outcome = outcome
    }
}

/// A row of `audit`.
package struct AuditRow: Sendable, Hashable {
    package var id: Int
    package var time: String
    package var uid: Int?
    package var user: String?
    package var roles: String
    package var way: String
    package var action: String
    package var subject: String?
    package var outcome: String
}

/// Which rows of `audit`, the newest first.
package struct AuditFilter: Sendable {
    /// Only rows older than this one.
    package var beforeID: Int?
    package var subject: String?
    package var action: String?
    package var limit = 100

    package init() {}
}

extension StoreWriter {
    /// `audit` keeps its newest rows, this many.
    static let auditRows = 1_000_000

    /// Writes entries down in their order, in one transaction.
    package func audit(_ entries: [AuditEntry]) throws(StoreError) {
        guard !entries.isEmpty else { return }
        try transaction { db in
            let insert = try db.cachedStatement(
                sql: """
                    INSERT INTO audit (time, uid, user, roles, way, action, subject, outcome)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for entry in entries {
                try insert.execute(arguments: [
                    entry.time.column, entry.uid.map { Int($0) }, entry.user, entry.roles, entry.way, entry.action,
                    entry.subject, entry.outcome.rawValue,
                ])
            }
            try db.execute(
                sql: "DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", arguments: [Self.auditRows])
        }
    }
}

extension StoreReader {
    /// Rows of the audit by filter.
    package func audit(_ filter: AuditFilter) throws(StoreError) -> [AuditRow] {
        var query: SQL = "SELECT * FROM audit WHERE true"
        if let before = filter.beforeID { query += " AND id < \(before)" }
        if let subject = filter.subject { query += " AND subject = \(subject)" }
        if let action = filter.action { query += " AND action = \(action)" }
        query += " ORDER BY id DESC LIMIT \(filter.limit)"
        return try fetch(query) { row in
            try AuditRow(
                id: row.value("id"), time: row.value("time"), uid: row.value("uid"), user: row.value("user"),
                roles: row.value("roles"), way: row.value("way"), action: row.value("action"),
                subject: row.value("subject"), outcome: row.value("outcome"))
        }
    }
}
