import Foundation
import Testing

/// Accounts that are called by a word which says something else wherever others' events have it.
extension ProcessTests {
    @Suite struct ForgetWordTests {
        /// A farm on one device, and events of an account in the middle that say what only it used.
        private static func lines(_ name: String) -> [String] {
            Logs.farm((0..<60).map { $0 == 20 ? name : "farm-\($0)" }) + [
                Logs.event("login", name, at: 1_770_002_000, #","ip":"198.51.100.77","device":"only-77""#)
            ]
        }

        private static func daemon(_ lines: [String]) throws -> RunningDaemon {
            let daemon = try RunningDaemon(try TemporaryFolder())
            try daemon.feed(lines)
            try daemon.waitUntilApplied(lines.count)
            return daemon
        }

        private static func forget(_ name: String, _ daemon: RunningDaemon, _ options: String...) throws -> Outcome {
            try run(Places.banrisk, ["forget", name, "--control", daemon.control] + options)
        }

        /// What is said of the others.
        private static func others(_ daemon: RunningDaemon, but name: String) throws -> [String] {
            let others = "account NOT LIKE 'forgotten-%' AND account <> '\(name)'"
            return try [
                "SELECT * FROM accounts WHERE \(others) ORDER BY account",
                "SELECT * FROM contributions WHERE \(others) ORDER BY account, rule",
                "SELECT account, evidence FROM signals WHERE \(others) ORDER BY id",
                "SELECT account, reason, explanation FROM alerts WHERE \(others) ORDER BY id",
                "SELECT kind, key FROM entities WHERE key NOT IN ('only-77', '198.51.100.77') ORDER BY 1, 2",
                "SELECT * FROM rules ORDER BY 1",
            ].flatMap { try sqlite(daemon.database, $0) }
        }

        private static func spool(_ daemon: RunningDaemon, has text: String) throws -> Bool {
            let folder = daemon.folder("spool")
            return try FileManager.default.contentsOfDirectory(atPath: folder).contains { name in
                FileManager.default.contents(atPath: folder + "/" + name)?.range(of: Data(text.utf8)) != nil
            }
        }

        @Test func `what many others write is not overwritten unasked`() throws {
            let agents = (0..<20).map {
                Logs.event(
                    "login", "other-\($0)", at: 1_770_003_000 + $0,
                    #","ip":"192.0.2.\#($0)","user_agent":"test runner""#)
            }
            let faulty = [#"{"type":"login","level":"test"}"# + "\n", #"{"type":"login","account":"test"}"# + "\n"]
            let daemon = try Self.daemon(Self.lines("test") + agents + faulty)
            let before = try Self.others(daemon, but: "test")

            let asked = try Self.forget("test", daemon)
            #expect(asked.end != .exit(0))
            #expect(
                (asked.output + asked.errors).contains("20 events of 20 other accounts (user_agent 20)"), "\(asked)")
            #expect(try sqlite(daemon.database, "SELECT count(*) FROM accounts WHERE account = 'test'") == ["1"])
            #expect(try Self.spool(daemon, has: "only-77"))

            let kept = try Self.forget("test", daemon, "--elsewhere", "keep")
            #expect(kept.end == .exit(0) && kept.output.contains(": 0 hits"), "\(kept)")
            #expect(kept.output.contains("20 events of 20 other accounts (user_agent 20) have it as a word: kept"))
            #expect(try sqlite(daemon.database, "SELECT count(*) FROM accounts WHERE account = 'test'") == ["0"])
            #expect(try !Self.spool(daemon, has: "only-77") && Self.spool(daemon, has: "test runner"))
            #expect(try Self.others(daemon, but: "test") == before)
            let lines = try sqlite(daemon.database, "SELECT CAST(bytes AS TEXT) FROM quarantine")
            #expect(lines == [#"{"type":"login","level":"test"}"#])

            let erased = try Self.forget("test", daemon, "--elsewhere", "erase")
            #expect(erased.end == .exit(0) && erased.output.contains(": 0 hits"), "\(erased)")
            #expect(try !Self.spool(daemon, has: "test runner"))
        }

        /// A rule's id, a key of the evidence, an entity's kind, a word of its sentences, and the farm's own device.
        @Test(arguments: ["shared_device", "count", "device", "accounts", "emulator-1"], ["keep", "erase"])
        func `no name takes from others what is said of them`(name: String, elsewhere: String) throws {
            let daemon = try Self.daemon(Self.lines(name))
            let before = try Self.others(daemon, but: name)
            let answer = try Self.forget(name, daemon, "--elsewhere", elsewhere)
            if elsewhere == "keep" {
                #expect(answer.end == .exit(0) && answer.output.contains(": 0 hits"), "\(answer)")
            }
            #expect(try sqlite(daemon.database, "SELECT count(*) FROM accounts WHERE account = '\(name)'") == ["0"])
            // Whoever calls himself by the device, and has it overwritten, is told to be asked for.
            if name == "emulator-1", elsewhere == "erase" { return }
            #expect(try Self.others(daemon, but: name) == before)

            // The state says so, too: with one more of the farm, all of it is weighed anew.
            let later = (0..<60).map {
                Logs.event("login", "farm-\($0)", at: 1_770_090_000 + $0, #","ip":"203.0.113.9","device":"emulator-1""#)
            }
            let control = try Self.daemon(Self.lines("somebody"))
            for daemon in [daemon, control] {
                try daemon.feed(later)
                try daemon.waitUntilApplied(Self.lines(name).count + later.count)
            }
            let scores = "SELECT account, score, level FROM accounts WHERE account LIKE 'farm-%' ORDER BY 1"
            #expect(try sqlite(daemon.database, scores) == sqlite(control.database, scores))
        }
    }
}
