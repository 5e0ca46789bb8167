import Foundation
import Glibc
import Testing

/// What analysts say of accounts, by way of the control socket, in files, and from those who may not.
extension ProcessTests {
    @Suite struct VerdictTests {
        private static let levels = "SELECT level, count(*) FROM accounts GROUP BY level ORDER BY level"

        /// A daemon with a farm of 40 in its database.
        private static func farm(_ folder: TemporaryFolder) throws -> RunningDaemon {
            let daemon = try RunningDaemon(folder)
            try daemon.feed(Logs.farm())
            try daemon.waitUntilApplied(40)
            return daemon
        }

        private static func verdict(_ daemon: RunningDaemon, _ words: String...) throws -> Outcome {
            try run(
                Places.banrisk,
                ["verdict"] + words + ["--why", "a class of a school", "--by", "eve", "--control", daemon.control])
        }

        /// Registrations from the farm's device, after all others.
        private static let later = (0..<5).map { index in
            Logs.event(
                "registration", "late-\(index)", at: 1_770_001_000 + index,
                #","ip":"203.0.113.9","device":"emulator-1""#)
        }

        @Test func `a verdict survives kill -9, is there again in a replay, and says who gave it`() throws {
            let folder = try TemporaryFolder()
            let daemon = try Self.farm(folder)
            let answer = try Self.verdict(daemon, "farm-39", "cleared")
            try daemon.kill()
            #expect(answer.end == .exit(0) && answer.errors.isEmpty, "\(answer)")
            #expect(answer.output.hasPrefix("1 verdict recorded: cleared by eve (uid \(getuid()))"))

            let again = try RunningDaemon(folder)
            try again.waitUntilApplied(41)
            let query = "SELECT account, verdict, by, why, seq, event_time FROM verdicts"
            let row = "farm-39|cleared|eve (uid \(getuid()))|a class of a school|41|2026-02-02T02:53:00.000000Z"
            #expect(try sqlite(again.database, query) == [row])
            let history = try banrisk("verdicts", "farm-39", "--database", again.database)
            #expect(history.end == .exit(0) && history.output.contains("eve (uid \(getuid()))"))
            try again.feed(Self.later)
            try again.waitUntilApplied(46)
            #expect(try again.stop() == .exit(0))

            // The whole again from the spool alone.
            let dump = try Dump(again.database)
            for name in ["banrisk.db", "banrisk.db-wal", "banrisk.db-shm", "snapshots"] {
                try? FileManager.default.removeItem(atPath: folder(name))
            }
            let rebuilt = try RunningDaemon(folder)
            try rebuilt.waitUntilApplied(46)
            #expect(try rebuilt.stop() == .exit(0))
            #expect(try Dump(rebuilt.database).difference(from: dump) == nil)

            // And from files, where the verdict stands in another.
            let events = try folder.write((Logs.farm() + Self.later).joined(), to: "events.ndjson")
            let verdicts = try folder.write(
                """

                {"ts":"2026-02-02T02:53:00Z","type":"verdict","account":"farm-39","verdict":"cleared",\
                "by":"eve (uid \(getuid()))","why":"a class of a school","until":"2027-02-02T02:53:00Z"}

                """, to: "verdicts.ndjson")
            let replayed = folder("replayed.db")
            let replay = try banrisk(
                "replay", "--geoip", Places.demo, "--verdicts", verdicts, "--database", replayed, events)
            #expect(replay.end == .exit(0), "\(replay.errors)")
            let tables = Dump.results + ["verdicts", "campaigns", "campaign_members"]
            #expect(
                try Dump(replayed, tables: tables).difference(from: Dump(rebuilt.database, tables: tables)) == nil)
        }

        @Test func `cleared lowers the level, and withdrawn takes the verdict back`() throws {
            let daemon = try Self.farm(try TemporaryFolder())
            let query = "SELECT level, score < 20, verdict FROM accounts WHERE account = 'farm-39'"
            let before = try sqlite(daemon.database, query)
            #expect(before == ["review|0|"] || before == ["ban|0|"])
            #expect(try Self.verdict(daemon, "farm-39", "cleared").end == .exit(0))
            try daemon.waitUntilApplied(41)
            #expect(try sqlite(daemon.database, query) == ["normal|1|cleared"])
            #expect(try Self.verdict(daemon, "farm-39", "withdrawn").end == .exit(0))
            try daemon.waitUntilApplied(42)
            #expect(
                try sqlite(daemon.database, "SELECT verdict IS NULL FROM accounts WHERE account = 'farm-39'") == ["1"])
            #expect(
                try sqlite(daemon.database, "SELECT verdict FROM verdicts ORDER BY id") == ["cleared", "withdrawn"])
            #expect(try daemon.stop() == .exit(0))
        }

        @Test func `a verdict right behind the first events of all has their time, and one before them the clock's`()
            throws
        {
            let daemon = try RunningDaemon(try TemporaryFolder())
            try daemon.feed(Logs.farm())
            try daemon.wait("the events on disk") { $0.sequence.durable == 40 }
            #expect(try Self.verdict(daemon, "farm-39", "cleared").output.contains("on 2026-02-02T02:"))
            #expect(try daemon.stop() == .exit(0))
            let empty = try RunningDaemon(try TemporaryFolder())
            let today = "on \(ISO8601DateFormatter().string(from: Date()).prefix(7))"
            #expect(try Self.verdict(empty, "somebody", "banned").output.contains(today))
            #expect(try empty.stop() == .exit(0))
        }

        @Test func `several accounts at once; of one that nobody knows it warns, and keeps the verdict`() throws {
            let folder = try TemporaryFolder()
            let daemon = try Self.farm(folder)
            let names = try folder.write("farm-1\n\nfarm-2\nnobody\n", to: "names.txt")
            let answer = try Self.verdict(daemon, "banned", "--accounts-from", names)
            #expect(answer.end == .exit(0) && answer.output.hasPrefix("3 verdicts recorded: banned"))
            #expect(answer.errors.contains("nobody") && !answer.errors.contains("farm-1"))
            try daemon.waitUntilApplied(43)
            #expect(
                try sqlite(daemon.database, "SELECT account, until FROM verdicts ORDER BY id") == [
                    "farm-1|", "farm-2|", "nobody|",
                ])
            let faulty = try Self.verdict(daemon, "farm-1", "cleared", "--until", "2026-01-01")
            #expect(faulty.end == .exit(2) && faulty.errors.contains("give a later end"))
            #expect(try daemon.stop() == .exit(0))
        }

        @Test func `verdicts are labels for evaluate and tune`() throws {
            let folder = try TemporaryFolder()
            let daemon = try Self.farm(folder)
            let without = try banrisk("evaluate", "--database", daemon.database)
            #expect(without.end == .exit(2) && without.errors.contains("no verdict that holds"))
            let names = try folder.write((20..<40).map { "farm-\($0)\n" }.joined(), to: "names.txt")
            #expect(try Self.verdict(daemon, "banned", "--accounts-from", names).end == .exit(0))
            #expect(try Self.verdict(daemon, "farm-1", "cleared").end == .exit(0))
            #expect(try Self.verdict(daemon, "farm-2", "compromised").end == .exit(0))
            #expect(try Self.verdict(daemon, "farm-20", "withdrawn").end == .exit(0))
            try daemon.waitUntilApplied(63)
            let evaluation = try banrisk("evaluate", "--database", daemon.database, "--json")
            struct Report: Decodable {
                struct Accounts: Decodable { var abuse, innocent, victim: Int }
                var accounts: Accounts
            }
            #expect(evaluation.end == .exit(0), "\(evaluation.errors)")
            let accounts = try JSONDecoder().decode(Report.self, from: Data(evaluation.output.utf8)).accounts
            #expect(accounts.abuse == 19 && accounts.innocent == 1 && accounts.victim == 1)
            #expect(try daemon.stop() == .exit(0))
        }

        @Test func `a line of type verdict from a shipper or a file of events is no verdict`() throws {
            let folder = try TemporaryFolder()
            let daemon = try Self.farm(folder)
            let line = Logs.event("verdict", "farm-39", at: 1_770_001_000, #","verdict":"cleared","why":"me""#)
            try daemon.feed([line])
            try daemon.waitUntilApplied(41)
            #expect(
                try sqlite(daemon.database, "SELECT reason, field FROM quarantine") == ["unknown_type|type"])
            #expect(try sqlite(daemon.database, "SELECT count(*) FROM verdicts") == ["0"])
            #expect(try daemon.stop() == .exit(0))
            let events = try folder.write(Logs.farm().joined() + line, to: "events.ndjson")
            #expect(try banrisk("replay", "--database", folder("r.db"), events).end == .exit(0))
            #expect(try sqlite(folder("r.db"), "SELECT count(*) FROM verdicts") == ["0"])
        }

        @Test func `scenarios have verdicts between their events, and data sets in a file of their own`() throws {
            let folder = try TemporaryFolder()
            let cleared = Logs.event("verdict", "farm-39", at: 1_770_000_900, #","verdict":"cleared","why":"me""#)
            _ = try folder.write("", to: "expected.txt")
            _ = try folder.write(Logs.farm().joined() + cleared, to: "events.ndjson")
            let scenario = try banrisk("rules", "test", folder.path)
            #expect(scenario.end == .exit(1) && !scenario.output.contains("is no event"))
            #expect(scenario.lines.contains { $0.hasPrefix("  + farm-39 normal") })
            #expect(scenario.lines.contains { $0.hasPrefix("  + farm-38 review") || $0.hasPrefix("  + farm-38 ban") })

            _ = try folder.write(Logs.farm().joined(), to: "events.ndjson")
            _ = try folder.write(cleared, to: "verdicts.ndjson")
            _ = try folder.write(#"{"account":"farm-39","label":"innocent","class":"school"}"#, to: "labels.ndjson")
            for (arguments, count) in [([], "1"), (["--verdicts", "/dev/null"], "0")] {
                let evaluation = try run(
                    Places.banrisk, ["evaluate", folder.path, "--database", folder("e.db"), "--overwrite"] + arguments)
                #expect(evaluation.end == .exit(0), "\(evaluation.errors)")
                #expect(try sqlite(folder("e.db"), "SELECT count(*) FROM verdicts") == [count])
            }
        }

        @Test(arguments: [
            (
                #"{"ts":1770000000,"type":"verdict","account":"a","verdict":"guilty","why":"x"}"#,
                "invalid_value verdict"
            ),
            (#"{"ts":1770000000,"type":"verdict","account":"a","verdict":"banned"}"#, "missing_field why"),
            (#"{"ts":1770000000,"type":"login","account":"a","ip":"203.0.113.9"}"#, "unknown_type type"),
            ("banned, all of them", "invalid_json"),
        ])
        func `a faulty line in a file of verdicts is refused before anything runs`(line: String, why: String) throws {
            let folder = try TemporaryFolder()
            let good = #"{"ts":1770000000,"type":"verdict","account":"a","verdict":"banned","why":"x"}"#
            let verdicts = try folder.write("\(good)\n\n\(line)\n", to: "verdicts.ndjson")
            let outcome = try banrisk("replay", "--verdicts", verdicts, "--database", folder("r.db"), Places.demo)
            #expect(outcome.end == .exit(2))
            #expect(outcome.errors.contains("\(verdicts):3: ") && outcome.errors.contains(why))
            #expect(!FileManager.default.fileExists(atPath: folder("r.db")))
        }

        @Test func `verdicts in a file come before the first event that is later, whatever the size of batches`()
            throws
        {
            let folder = try TemporaryFolder()
            let times = [1_770_000_000, 1_770_000_010, 1_770_000_010, 1_770_000_005, 1_770_000_030]
            let lines = times.enumerated().map { Logs.event("message", "m-\($0)", at: $1) }
            let events = try folder.write(
                lines[..<2].joined() + "no event\n" + lines[2...].joined(), to: "events.ndjson")
            let verdicts = try folder.write(
                // Behind all, between, at the time of two events, before all; not in order.
                [1_770_000_099, 1_770_000_007, 1_770_000_010, 1_760_000_000].map {
                    Logs.event("verdict", "v-\($0 % 100)", at: $0, #","verdict":"banned","why":"x""#)
                }.joined(), to: "verdicts.ndjson")
            // Number and account as they must follow each other, with the line that is no event as the fifth.
            let expected = ["1|v-0", "3|v-7", "8|v-10", "10|v-99"]
            for batch in ["1", "2", "4096"] {
                let database = folder("\(batch).db")
                let replay = try banrisk(
                    "replay", "--batch", batch, "--verdicts", verdicts, "--database", database, events)
                #expect(replay.end == .exit(0), "\(replay.errors)")
                #expect(try sqlite(database, "SELECT seq, account FROM verdicts ORDER BY seq") == expected)
                #expect(try sqlite(database, "SELECT seq FROM quarantine") == ["5"])
                #expect(try sqlite(database, "SELECT value FROM meta WHERE key = 'applied_seq'") == ["10"])
            }
        }
    }
}
