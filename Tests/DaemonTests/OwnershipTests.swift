import Foundation
import Glibc
import Testing

/// Who may have the state and the sockets, and what the daemon does to files in its way.
extension ProcessTests {
    @Suite struct OwnershipTests {
        @Test func `a second daemon on the same state is refused by name, and the first goes on`() throws {
            let folder = try TemporaryFolder()
            let elsewhere = try TemporaryFolder()
            let first = try RunningDaemon(folder)
            for runtime in [folder, elsewhere] {
                let second = try run(
                    Places.banriskd, ["--state-directory", folder.path, "--runtime-directory", runtime.path])
                #expect(second.end == .exit(74))
                #expect(
                    second.errors.contains("\(folder("spool")) is in use by banriskd, process \(first.process.pid);"))
                #expect(second.errors.split(separator: "\n").count == 1)
            }
            try first.feed(Logs.farm())
            try first.waitUntilApplied(40)
            #expect(try first.stop() == .exit(0))
        }

        @Test func `a second daemon on the same sockets is refused by name, and the first goes on`() throws {
            let folder = try TemporaryFolder()
            let elsewhere = try TemporaryFolder()
            let first = try RunningDaemon(folder)
            let second = try run(
                Places.banriskd, ["--state-directory", elsewhere.path, "--runtime-directory", folder.path])
            #expect(second.end == .exit(74))
            #expect(second.errors.contains("a running process listens on \(first.events)"))
            try first.feed(Logs.farm())
            try first.waitUntilApplied(40)
        }

        @Test(arguments: [SIGTERM, SIGINT])
        func `the socket that a killed daemon left is replaced, and a stopped one leaves none`(signal: Int32) throws {
            let folder = try TemporaryFolder()
            let first = try RunningDaemon(folder)
            try first.kill()
            for socket in [first.events, first.control] { #expect(FileManager.default.fileExists(atPath: socket)) }

            let second = try RunningDaemon(folder)
            try second.feed(Logs.farm())
            try second.waitUntilApplied(40)
            second.process.signal(signal)
            #expect(try second.process.wait() == .exit(0))
            for socket in [first.events, first.control] { #expect(!FileManager.default.fileExists(atPath: socket)) }
        }

        @Test(arguments: ["events.sock", "control.sock"])
        func `a file in place of a socket is refused and left alone`(name: String) throws {
            let folder = try TemporaryFolder()
            let path = try folder.write("precious", to: name)
            let daemon = try run(Places.banriskd, RunningDaemon.arguments(folder))
            #expect(daemon.end == .exit(74))
            #expect(daemon.errors.contains("\(path) exists and is not a socket"))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
            let sockets = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
                $0.hasSuffix(".sock")
            }
            #expect(sockets == [name])
        }

        @Test func `noise on the control socket gets an answer or none, and the next question is answered`() throws {
            let daemon = try RunningDaemon(TemporaryFolder())
            let silent = try StreamClient(daemon.control)
            for question in [
                "\n", "dance\n", "status please\n", "\u{0}\u{1b}[2J\n", String(repeating: "x", count: 255) + "\n",
            ] {
                let client = try StreamClient(daemon.control)
                try client.send(question)
                let answer = try JSONSerialization.jsonObject(with: client.receive()) as? [String: String]
                #expect(answer?.keys.first == "error")
            }
            try StreamClient(daemon.control).send("status\n")
            #expect(try daemon.status().pid == daemon.process.pid)
            withExtendedLifetime(silent) {}
        }

        @Test func `sockets for events and state are closed to others`() throws {
            let daemon = try RunningDaemon(TemporaryFolder())
            let sockets = ["events.sock", "events.dgram", "forward.sock"].map { daemon.folder($0) }
            for path in sockets + [daemon.folder("spool"), daemon.folder("snapshots")] {
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(try #require(mode) & 0o007 == 0, "\(path)")
            }
        }
    }
}
