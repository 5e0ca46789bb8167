internal import GRDB
internal import RiskModel

/// Accounts that the state has let go, and those that are over.
///
/// The row of an account that is no longer in memory says when it was last seen, and until when a verdict on it holds. It is
/// over, and goes, once that is longer ago than the retention says and no verdict holds. Whoever comes under its name after that begins a new life, and
/// before that goes on with the row: so it makes no difference how changes were cut, and which of them found the row removed.
extension RowWriter {
    /// Whether a row of accounts is over; ?1 is the time before which it was last seen, ?2 that beyond which a verdict holds.
    private static let isOver = "last_seen < ?1 AND coalesce(held_until, '') <= ?2"

    func noteDepartures(_ departures: [ExactText: Departure]) throws {
        guard !departures.isEmpty else { return }
        var note = try RowStatement(db, "UPDATE accounts SET last_seen = ?, held_until = ? WHERE account = ?")
        for (account, departure) in departures.sorted(by: { $0.key < $1.key }) {
            note.bind(departure.lastSeen)
            note.bind(timeOrNever: departure.heldUntil)
            note.bind(account.text)
            try note.run()
        }
    }

    /// Takes in that an account that has a row is in memory again.
    ///
    /// - Returns: whether its earlier life was over, and its rows are gone.
    func endLife(of account: NewAccount) throws -> Bool {
        if let span = limits.retention.accounts {
            let names = try String.fetchAll(
                db, sql: "SELECT account FROM accounts WHERE account = ?3 AND \(Self.isOver)",
                arguments: [(account.watermark - span).column, account.watermark.column, account.account])
            if try removeAccounts(Set(names.map { ExactText($0) })) > 0 { return true }
        }
        var wake = try RowStatement(
            db, "UPDATE accounts SET last_seen = NULL, held_until = NULL WHERE account = ? AND last_seen IS NOT NULL")
        wake.bind(account.account)
        try wake.run()
        return false
    }

    /// Removes the rows of accounts that are over by now.
    ///
    /// - Returns: how many there were.
    func removeAccounts(notSeenFor span: Interval, at watermark: Timestamp) throws -> Int {
        let names = try String.fetchAll(
            db, sql: "SELECT account FROM accounts WHERE \(Self.isOver)",
            arguments: [(watermark - span).column, watermark.column])
        return try removeAccounts(Set(names.map { ExactText($0) }))
    }

    /// Removes accounts with their contributions, and takes them out of their campaigns.
    ///
    /// - Returns: how many there were.
    func removeAccounts(_ accounts: Set<ExactText>) throws -> Int {
        guard !accounts.isEmpty else { return 0 }
        var leave = try RowStatement(db, "DELETE FROM campaign_members WHERE account = ?")
        var count = 0
        for account in accounts.sorted() {
            count += try Self.removeAccount(account.text, db)
            leave.bind(account.text)
            try leave.run()
        }
        return count
    }

    /// Removes an account's row and what refers to it: nobody else sees to that.
    ///
    /// - Returns: how many accounts there were, 0 or 1.
    static func removeAccount(_ account: String, _ db: Database) throws -> Int {
        var contributions = try RowStatement(db, "DELETE FROM contributions WHERE account = ?")
        contributions.bind(account)
        try contributions.run()
        var row = try RowStatement(db, "DELETE FROM accounts WHERE account = ?")
        row.bind(account)
        return try row.run()
    }
}
