import Foundation
import Testing

@testable import Intake

@Suite struct SessionNamesTests {
    @Test func `two users with one number have two sessions, and each keeps his own`() throws {
        let path = NSTemporaryDirectory() + "sessions-\(UUID().uuidString).key"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let names = try SessionNames(path: path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(names.name(42, of: 1000) != names.name(42, of: 1001))
        #expect(names.name(42, of: 1000) != 42)
        // The next life of the daemon calls them the same; another installation does not.
        #expect(try SessionNames(path: path).name(42, of: 1000) == names.name(42, of: 1000))
        #expect(SessionNames(secret: 1).name(42, of: 1000) != SessionNames(secret: 2).name(42, of: 1000))
    }

    @Test func `a file that a killed process left unfinished is made anew`() throws {
        let path = NSTemporaryDirectory() + "sessions-\(UUID().uuidString).key"
        defer { for path in [path, path + ".new"] { try? FileManager.default.removeItem(atPath: path) } }
        try Data("abcdefghijkl".utf8).write(to: URL(fileURLWithPath: path + ".new"))
        let names = try SessionNames(path: path)
        #expect(try SessionNames(path: path).name(42, of: 1000) == names.name(42, of: 1000))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 8)
    }

    @Test func `none stays none`() {
        #expect(SessionNames(secret: 1).name(0, of: 1000) == 0)
    }

    @Test func `a file of another size is no secret, and a link is not followed`() throws {
        let path = NSTemporaryDirectory() + "sessions-\(UUID().uuidString).key"
        let link = path + ".link"
        defer { for path in [path, link] { try? FileManager.default.removeItem(atPath: path) } }
        try Data("abc".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(throws: IntakeError.self) { try SessionNames(path: path) }
        #expect(throws: IntakeError.self) { try SessionNames(path: link) }
    }
}
