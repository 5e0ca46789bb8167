import Foundation
import GRDB
import RiskModel
import TestSupport
import Testing

@testable import Store

/// What operators and analysts do to the file while it is written.
@Suite struct FilesTests {
    let scratch: Scratch
    let writer: StoreWriter

    init() throws {
        scratch = try Scratch()
        writer = try scratch.openWriter()
        try writer.write(changes(1))
    }

    /// `rows` lines of 4 KiB in quarantine.
    private func changes(_ seq: UInt64, rows: Int = 1) -> Changes {
        var changes = Changes()
        changes.throughSeq = seq
        changes.rejections = (0..<rows).map { row in
            Rejection(
                seq: seq * 1_000_000 + UInt64(row), source: .stream, reason: .invalidJSON, position: 0,
                bytes: Array(repeating: UInt8(seq), count: Frame.keptOfOversized))
        }
        return changes
    }

    @Test(arguments: ["", "-wal", "-shm"], ["deleted", "moved", "replaced"])
    func `a file that is deleted, moved or replaced is noticed before anything more is written`(
        suffix: String, how: String
    ) throws {
        let path = scratch.database + suffix
        let files = FileManager.default
        switch how {
        case "deleted": try files.removeItem(atPath: path)
        case "moved": try files.moveItem(atPath: path, toPath: path + ".old")
        default:
            try files.copyItem(atPath: path, toPath: path + ".new")
            try files.removeItem(atPath: path)
            try files.moveItem(atPath: path + ".new", toPath: path)
        }
        let expected = StoreError.replaced(path: scratch.database)
        #expect(throws: expected) { try writer.write(changes(2)) }
        #expect(throws: expected) { try writer.makeDurable() }
        #expect(throws: expected) { try writer.drop(QuarantineSelection(.all)) }
        #expect(throws: expected) {
            try writer.adopt(
                rules: Fixtures.rules, inactive: [:], configuration: ConfigurationRecord(), changes: Changes())
        }
        #expect(writer.appliedSeq == 1 && !expected.isTransient)
        #expect(expected.description.contains("Stop banriskd before touching these files."))
    }

    @Test func `a program that holds the write lock is waited for, and then written past`() throws {
        try writer.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA busy_timeout = 1") }
        let analyst = try Analyst(scratch)
        #expect(try analyst.ask("BEGIN IMMEDIATE; SELECT 'held'") == "held")
        #expect(throws: StoreError.busy(path: scratch.database)) { try writer.write(changes(2)) }
        // What is committed can be made durable all the same.
        try writer.makeDurable()
        #expect(try analyst.ask("ROLLBACK; SELECT 'free'") == "free")
        try writer.write(changes(2))
        #expect(writer.appliedSeq == 2)
        try analyst.leave()
    }

    @Test func `a reader's transaction holds the log, is never broken, and afterwards the log shrinks again`() throws {
        let analyst = try Analyst(scratch)
        #expect(try analyst.ask("BEGIN; SELECT count(*) FROM quarantine") == "1")
        let limit = Checkpointer.pages * 4_096
        for seq in 2...7 as ClosedRange<UInt64> { try writer.write(changes(seq, rows: 5_000)) }
        let held = writer.walBytes
        #expect(held > 6 * limit)
        #expect(try analyst.ask("SELECT count(*) FROM quarantine") == "1")
        #expect(try analyst.ask("COMMIT; SELECT count(*) FROM quarantine") == "30001")
        // The first transaction has the log moved, which the reader prevented, the second begins it anew.
        try writer.write(changes(8))
        writer.checkpointer.wait()
        try writer.write(changes(9))
        #expect(writer.walBytes <= Connection.keptLogBytes && writer.walBytes < held)
        #expect(try analyst.ask("SELECT count(*) FROM quarantine") == "30003")
        try analyst.leave()
        writer.close()
        #expect(writer.walBytes == 0)
        #expect(try scratch.sqlite3("PRAGMA integrity_check") == "ok")
    }

    @Test func `the log is moved beside the writer, and does not grow while commits go on`() throws {
        // 200 MB in all, 20 MB at a time.
        for seq in 2...11 as ClosedRange<UInt64> { try writer.write(changes(seq, rows: 5_000)) }
        #expect(writer.walBytes < Checkpointer.mostPages * 4_096 + 32 << 20)
        #expect(try scratch.sqlite3("SELECT count(*) FROM quarantine") == "50001")
        #expect(try scratch.sqlite3("PRAGMA integrity_check") == "ok")
        writer.close()
        #expect(writer.walBytes == 0)
    }

    @Test func `a log that one program holds is moved as soon as it lets go`() throws {
        let analyst = try Analyst(scratch)
        #expect(try analyst.ask("BEGIN; SELECT count(*) FROM quarantine") == "1")
        for seq in 2...3 as ClosedRange<UInt64> { try writer.write(changes(seq, rows: 5_000)) }
        // Nothing of the file's own is newer than what the reader sees.
        #expect(FileIdentity.bytes(path: scratch.database) < 1 << 20)
        #expect(try analyst.ask("COMMIT; SELECT count(*) FROM quarantine") == "10001")
        try writer.write(changes(4))
        writer.checkpointer.wait()
        #expect(FileIdentity.bytes(path: scratch.database) > 10_000 * 4_096)
        try analyst.leave()
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `a damaged file is an error with a remedy, never a crash`(seed: UInt64) throws {
        for changes in Fixtures.stream(seed: seed, count: 200).dropFirst() { try writer.write(changes) }
        writer.close()
        // Every page but the first is noise: the header still says that it is ours.
        var random = SeededGenerator(seed: seed)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.database))
        for index in 4_096..<bytes.count { bytes[index] = .random(in: .min ... .max, using: &random) }
        try bytes.write(to: URL(fileURLWithPath: scratch.database))
        let expected = StoreError.corrupt(path: scratch.database)
        #expect(throws: expected) {
            try scratch.openWriter()
        }
        #expect(throws: expected) { try StoreReader(path: scratch.database).status() }
        #expect(expected.description.contains("move the file with its -wal and -shm away"))
    }

    @Test(arguments: [
        ("seq INTEGER NOT NULL", "weq INTEGER NOT NULL"), ("strength REAL NOT NULL", "strength REAL"),
    ])
    func `a column that is missing or empty against the schema is damage too`(
        was: String, becomes: String
    ) throws {
        writer.close()
        _ = try scratch.sqlite3(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_master SET sql = replace(sql, '\(was)', '\(becomes)') WHERE name = 'entities';
            """, mode: nil)
        let strength = becomes.hasPrefix("weq") ? "0.5" : "NULL"
        _ = try scratch.sqlite3(
            "INSERT INTO entities VALUES ('ip', '192.0.2.1', 'r', \(strength), 1, NULL, '', 1)", mode: nil)
        #expect(throws: StoreError.corrupt(path: scratch.database)) {
            try StoreReader(path: scratch.database).entities(EntityFilter())
        }
    }
}
