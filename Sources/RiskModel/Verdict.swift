/// An analyst's word on an account: who, what, why, until when.
package struct Verdict: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Closed. Who shares a strong tie with the account is told on.
        case banned
        /// Innocent: the evidence so far is removed, and the same evidence counts little while the verdict holds.
        case cleared
        /// Taken over by another: never to be banned for what that other did.
        case compromised
        /// Takes back whatever verdict there is.
        case withdrawn
    }

    package var kind: Kind
    /// It holds until then; ``Timestamp/latest`` for always.
    package var until: Timestamp
    /// Who gave it: the name that he gave, and the user that the system knows.
    package var by: String
    package var why: String

    package init(kind: Kind, until: Timestamp, by: String, why: String) {
        self.kind = kind
        self.until = until
        self.by = by
        self.why = why
    }

    /// The longest text of `by` and of `why`, in bytes.
    package static let textLimit = 1024

    /// What the verdict is worth of the same evidence that was there when it cleared the account.
    package static let damping = 0.2

    /// All of it in one text, for an event's arena.
    package var packed: String {
        let by = String(by.map { $0 == "\u{1f}" ? " " : $0 })
        return "\(kind.rawValue)\u{1f}\(until.microseconds)\u{1f}\(by)\u{1f}\(why)"
    }

    package init?(packed: String) {
        let parts = packed.split(separator: "\u{1f}", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let kind = Kind(rawValue: String(parts[0])), let until = Int64(parts[1]),
            (0...Timestamp.latest.microseconds).contains(until)
        else { return nil }
        self.init(
            kind: kind, until: Timestamp(microseconds: until), by: String(parts[2]), why: String(parts[3]))
    }
}

/// A verdict on its way to the database.
package struct RecordedVerdict: Sendable, Hashable {
    package var account: String
    package var verdict: Verdict
    package var time: Timestamp
    package var seq: UInt64
    package var order: UInt64

    package init(account: String, verdict: Verdict, time: Timestamp, seq: UInt64, order: UInt64) {
        self.account = account
        self.verdict = verdict
        self.time = time
        self.seq = seq
        self.order = order
    }
}
