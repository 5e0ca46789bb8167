import RiskModel

/// rsyslog's side of `omprog` with `confirmMessages` and `useTransactions`: which lines frame its transactions, and what it
/// is told. No I/O.
///
/// rsyslog writes `BEGIN TRANSACTION`, lines, `COMMIT TRANSACTION`, and waits for one answer after each of them. It keeps a
/// transaction until `OK` has come for its end, so that answer waits for the daemon's disk
/// (<https://www.rsyslog.com/doc/configuration/modules/omprog.html>).
package struct TransactionConfirmer: Sendable {
    private static let begin = Array("BEGIN TRANSACTION".utf8)
    private static let commit = Array("COMMIT TRANSACTION".utf8)

    /// What rsyslog has not been told yet. The first word says that we are ready.
    private var answers = Array("OK\n".utf8)
    private var isInTransaction = false
    /// The number of the last line that an answer waits for.
    private var awaited: UInt64?

    package init() {}

    /// Takes the next line of the input.
    ///
    /// - Parameter number: what its number would be, if it is a message.
    /// - Returns: whether it is a message, and not the frame of a transaction.
    package mutating func take(_ line: Span<UInt8>, number: UInt64) -> Bool {
        // Also in the middle of one, which rsyslog then gives up and begins again.
        if line.equals(Self.begin) {
            isInTransaction = true
            answer("OK")
            return false
        }
        if isInTransaction, line.equals(Self.commit) {
            isInTransaction = false
            awaited = number - 1
            return false
        }
        if isInTransaction { answer("DEFER_COMMIT") } else { awaited = number }
        return true
    }

    /// What is to be said now that the lines up to `onDisk` are on disk; empty for nothing.
    package mutating func nextAnswers(onDisk: UInt64) -> [UInt8] {
        if let awaited, awaited <= onDisk {
            answer("OK")
            self.awaited = nil
        }
        defer { answers = [] }
        return answers
    }

    private mutating func answer(_ word: String) { answers += Array(word.utf8) + [UInt8(ascii: "\n")] }
}

extension Span<UInt8> {
    fileprivate func equals(_ bytes: [UInt8]) -> Bool {
        guard count == bytes.count else { return false }
        for i in bytes.indices where self[i] != bytes[i] { return false }
        return true
    }
}
