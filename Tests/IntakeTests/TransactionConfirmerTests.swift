import Intake
import Testing

/// What rsyslog's omprog is told. The words are those of its documentation.
@Suite struct TransactionConfirmerTests {
    private var confirmer = TransactionConfirmer()
    private var lines: UInt64 = 0

    /// Gives a line in, and takes the answer when so many lines are on disk.
    private mutating func say(_ line: String, onDisk: UInt64) -> String {
        if confirmer.take(Array(line.utf8).span, number: lines + 1) { lines += 1 }
        return String(decoding: confirmer.nextAnswers(onDisk: onDisk), as: UTF8.self)
    }

    @Test mutating func `a transaction is confirmed when its last line is on disk, and not before`() {
        #expect(String(decoding: confirmer.nextAnswers(onDisk: 0), as: UTF8.self) == "OK\n")
        #expect(say("BEGIN TRANSACTION", onDisk: 0) == "OK\n")
        #expect(say("one", onDisk: 0) == "DEFER_COMMIT\n")
        #expect(say("two", onDisk: 0) == "DEFER_COMMIT\n")
        #expect(say("COMMIT TRANSACTION", onDisk: 1) == "")
        #expect(String(decoding: confirmer.nextAnswers(onDisk: 2), as: UTF8.self) == "OK\n")
        #expect(confirmer.nextAnswers(onDisk: 2).isEmpty)
        #expect(lines == 2)
    }

    @Test mutating func `a line outside of a transaction is confirmed by itself`() {
        _ = confirmer.nextAnswers(onDisk: 0)
        #expect(say("one", onDisk: 0) == "")
        #expect(String(decoding: confirmer.nextAnswers(onDisk: 1), as: UTF8.self) == "OK\n")
        #expect(say("COMMIT TRANSACTION", onDisk: 2) == "OK\n")
        #expect(lines == 2)
    }

    @Test mutating func `a transaction that is begun again is confirmed, and an empty one at once`() {
        _ = confirmer.nextAnswers(onDisk: 0)
        #expect(say("BEGIN TRANSACTION", onDisk: 0) == "OK\n")
        #expect(say("one", onDisk: 1) == "DEFER_COMMIT\n")
        #expect(say("BEGIN TRANSACTION", onDisk: 1) == "OK\n")
        #expect(say("COMMIT TRANSACTION", onDisk: 1) == "OK\n")
        #expect(lines == 1)
    }
}
