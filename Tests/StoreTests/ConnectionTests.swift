import Foundation
import GRDB
import RiskModel
import Testing

@testable import Store

@Suite struct ConnectionTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func `a new file carries the application and the schema`() throws {
        let writer = try scratch.openWriter()
        let pragmas = try scratch.sqlite3("PRAGMA application_id; PRAGMA user_version; PRAGMA journal_mode")
        #expect(pragmas == "1650552434\n4\nwal")
        #expect(try scratch.sqlite3("PRAGMA foreign_key_check; PRAGMA integrity_check") == "ok")
        writer.close()
        try scratch.openWriter().close()
        #expect(try scratch.sqlite3("SELECT value FROM meta WHERE key = 'schema'") == "4")
    }

    @Test func `the WAL stays behind a clean close, empty, for readers that may not write`() throws {
        let writer = try scratch.openWriter()
        try writer.write(Fixtures.stream(seed: 1, count: 1)[0])
        writer.close()
        #expect(scratch.exists("-shm"))
        let attributes = try FileManager.default.attributesOfItem(atPath: scratch.database + "-wal")
        #expect(attributes[.size] as? Int == 0)
        _ = try StoreReader(path: scratch.database).status()
        #expect(scratch.exists("-shm") && scratch.exists("-wal"))
    }

    @Test func `a file that is no database is refused and left alone`() throws {
        let bytes = Data("This is a diary, not a database.\n".utf8) + Data(repeating: 7, count: 4_096)
        try bytes.write(to: URL(fileURLWithPath: scratch.database))
        #expect(throws: StoreError.notADatabase(path: scratch.database)) { try scratch.openWriter() }
        #expect(throws: StoreError.notADatabase(path: scratch.database)) { try StoreReader(path: scratch.database) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.database)) == bytes)
    }

    @Test func `a file whose first opening was cut short is opened`() throws {
        _ = try scratch.sqlite3("CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)", mode: nil)
        #expect(throws: StoreError.notReady(path: scratch.database)) { try StoreReader(path: scratch.database) }
        #expect(try StoreReader.appliedSeq(path: scratch.database) == 0)
        try scratch.openWriter().close()
        #expect(try StoreReader(path: scratch.database).status().appliedSeq == 0)
    }

    @Test(arguments: [
        "CREATE TABLE t (a)", "PRAGMA application_id = 7", "PRAGMA user_version = 4; CREATE TABLE t (a)",
    ])
    func `another application's database is refused and left alone`(sql: String) throws {
        _ = try scratch.sqlite3(sql + "; CREATE VIEW v AS SELECT 1", mode: nil)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.database))
        #expect(throws: StoreError.otherApplication(path: scratch.database)) { try scratch.openWriter() }
        #expect(throws: StoreError.otherApplication(path: scratch.database)) { try StoreReader(path: scratch.database) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.database)) == bytes)
    }

    @Test func `a later release's database is refused by name, with the remedy`() throws {
        try scratch.openWriter().close()
        _ = try scratch.sqlite3("PRAGMA user_version = 5", mode: nil)
        let expected = StoreError.newerSchema(path: scratch.database, found: 5, known: 4)
        #expect(throws: expected) { try scratch.openWriter() }
        #expect(throws: expected) { try StoreReader(path: scratch.database) }
        #expect(expected.description.contains("Install the release that made it"))
        #expect(expected.description.contains(scratch.database))
    }

    @Test func `a reader tells a missing file from one without tables`() throws {
        #expect(throws: StoreError.missing(path: scratch.database)) { try StoreReader(path: scratch.database) }
        try Data().write(to: URL(fileURLWithPath: scratch.database))
        #expect(throws: StoreError.notReady(path: scratch.database)) { try StoreReader(path: scratch.database) }
    }

    @Test func `a directory that is not there is an error with a remedy`() throws {
        let path = scratch.path + "/none/banrisk.db"
        #expect(throws: StoreError.cannotOpen(path: path)) {
            try StoreWriter(path: path, rules: Fixtures.rules, inactive: [:], configuration: Fixtures.configuration)
        }
    }

    @Test func `an analyst reads a committed state while the writer works`() throws {
        let writer = try scratch.openWriter()
        let stream = Fixtures.stream(seed: 3, count: 60)
        for changes in stream {
            try writer.write(changes)
            guard changes.throughSeq % 20 == 0 else { continue }
            #expect(try scratch.sqlite3("SELECT value FROM meta WHERE key = 'applied_seq'") == "\(changes.throughSeq)")
            let frames = try scratch.sqlite3("SELECT sum(frames) FROM sources")
            #expect(frames == "\(changes.throughSeq)")
        }
    }

    @Test func `a reader cannot write`() throws {
        try scratch.openWriter().close()
        #expect(throws: AnalystError.self) { try scratch.sqlite3("DELETE FROM meta") }
        let queue = try Connection.openReader(scratch.database)
        #expect(throws: DatabaseError.self) { try queue.write { try $0.execute(sql: "DELETE FROM meta") } }
    }
}
