import Foundation
import Testing

/// An account leaves every file, at any moment at which the daemon may die, and nobody else's score changes.
extension ProcessTests {
    @Suite struct ForgetTests {
        private static let name = "zoe-41"
        /// What only the account used.
        private static let own = ["zoe-device", "198.51.100.77", "zoe@zoe.example"]

        /// A farm of 60 with the account in the middle, events of its own, in several spellings, and lines that are none.
        private static let lines: [String] = {
            var farm = Logs.farm((0..<60).map { $0 == 20 ? name : "farm-\($0)" })
            farm.append(
                Logs.event(
                    "login", #"zo\u0065-41"#, at: 1_770_002_000,
                    #","ip":"198.51.100.77","device":"zoe-device","email":"zoe@zoe.example""#))
            farm.append(
                #"{"ts":1770002001,"type":"login","outcome":"failure","username":"zoe-41","ip":"198.51.100.77"}"# + "\n"
            )
            farm.append(
                Logs.event(
                    "login", "friend", at: 1_770_002_002, #","ip":"192.0.2.9","attributes":{"invited_by":"zoe-41"}"#))
            farm.append("no event, but zoe-41 is in it\n")
            return farm
        }()

        private static let later = (0..<40).map {
            Logs.event("login", "farm-\($0)", at: 1_770_090_000 + $0, #","ip":"203.0.113.9","device":"emulator-1""#)
        }

        private static func daemon() throws -> RunningDaemon {
            let daemon = try RunningDaemon(try TemporaryFolder())
            try daemon.feed(lines)
            try daemon.waitUntilApplied(lines.count)
            return daemon
        }

        /// The files of the state in which one of these texts stands.
        private static func files(_ folder: TemporaryFolder, with texts: [String]) throws -> [String] {
            let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            return names.filter { name in
                guard let data = FileManager.default.contents(atPath: folder(name)) else { return false }
                return texts.contains { data.range(of: Data($0.utf8)) != nil }
            }
        }

        private static func others(_ database: String) throws -> [String] {
            let own = "account NOT LIKE 'forgotten-%' AND account <> '\(name)'"
            return try sqlite(database, "SELECT * FROM accounts WHERE \(own) ORDER BY account")
                + sqlite(
                    database,
                    "SELECT account, rule, points, evidence_value, updated FROM contributions WHERE \(own) ORDER BY 1, 2"
                )
        }

        @Test func `nothing is left of it, and others go on as if it had stayed`() throws {
            let daemon = try Self.daemon()
            let answer = try run(Places.banrisk, ["forget", Self.name, "--control", daemon.control])
            #expect(answer.end == .exit(0) && answer.output.contains(": 0 hits"), "\(answer)")
            #expect(try Self.files(daemon.folder, with: [Self.name, #"zo\u0065-41"#] + Self.own) == [])
            try daemon.feed(Self.later)
            try daemon.waitUntilApplied(Self.lines.count + Self.later.count)

            let control = try Self.daemon()
            try control.feed(Self.later)
            try control.waitUntilApplied(Self.lines.count + Self.later.count)
            #expect(try Self.others(daemon.database) == Self.others(control.database))

            // After a start from the snapshot too; and what comes for the account is a new life.
            #expect(try daemon.stop() == .exit(0))
            let again = try RunningDaemon(daemon.folder)
            try again.feed([Logs.event("login", Self.name, at: 1_770_100_000, #","ip":"192.0.2.7""#)])
            try again.waitUntilApplied(Self.lines.count + Self.later.count + 1)
            #expect(try Self.others(again.database) == Self.others(control.database))
            let first = try sqlite(again.database, "SELECT first_seen FROM accounts WHERE account = '\(Self.name)'")
            #expect(first == ["2026-02-03T06:26:40.000000Z"])
        }

        /// Whoever opens the database and finds no other takes the log away when he closes it.
        @Test func `the daemon keeps its locks on the database, and others who close it leave the log`() throws {
            let daemon = try Self.daemon()
            try Self.forget(daemon)
            for suffix in ["", "-shm"] {
                let raw = open(daemon.database + suffix, O_RDWR | O_CLOEXEC)
                try #require(raw >= 0)
                defer { close(raw) }
                var lock = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
                #expect(fcntl(raw, F_GETLK, &lock) == 0 && lock.l_pid == daemon.process.pid, "\(suffix)")
            }
            let writing = try run("/usr/bin/sqlite3", [daemon.database, "SELECT 1"])
            #expect(writing.end == .exit(0))
            try daemon.feed(Self.later)
            try daemon.waitUntilApplied(Self.lines.count + Self.later.count)
            #expect(try daemon.stop() == .exit(0))
        }

        private static func forget(_ daemon: RunningDaemon, _ name: String = name) throws {
            let answer = try run(Places.banrisk, ["forget", name, "--control", daemon.control])
            #expect(answer.end == .exit(0) && answer.output.contains(": 0 hits"), "\(answer)")
        }

        /// What strangers write of it, in whatever field, is overwritten; what has its name by chance stays as it was.
        @Test func `no stranger can keep it from being done`() throws {
            let daemon = try Self.daemon()
            let numbers = #","ip":"192.0.2.66","user_agent":"x zoe-41 y","session":"abc zoe-41 xyz""#
            let strangers = [
                Logs.event("login", "evil", at: 1_770_002_010, numbers),
                Logs.event("message", "evil", at: 1_770_002_011, #","attributes":{"zoe-41":1,"k":"a zoe-41 b"}"#),
                Logs.event("message", "a zoe-41 b", at: 1_770_002_012),
                Logs.event("message", "evil", at: 1_770_002_013, #","zoe-41":{"zo\u0065-41":[1,"zoe-41"]}"#),
            ]
            try daemon.feed(strangers)
            try daemon.waitUntilApplied(Self.lines.count + strangers.count)
            try Self.forget(daemon)
            // The other account's name is its own.
            let places = try Self.files(daemon.folder, with: ["x zoe-41", "zoe-41 x", #""zoe-41""#, "zo\\u0065"])
            #expect(places == [])
            let kept = "SELECT count(*) FROM accounts WHERE account IN ('evil', 'a zoe-41 b')"
            #expect(try sqlite(daemon.database, kept) == ["2"])
            // All of them still are events.
            let again = try Self.anew(daemon)
            try again.waitUntilApplied(Self.lines.count + strangers.count)
            #expect(try sqlite(again.database, kept) == ["2"])
            #expect(try again.status().pipeline.rejected == 0)
        }

        /// A daemon that has nothing but the spool.
        private static func anew(_ daemon: RunningDaemon) throws -> RunningDaemon {
            #expect(try daemon.stop() == .exit(0))
            for gone in ["snapshots", "banrisk.db", "banrisk.db-wal", "banrisk.db-shm"] {
                try? FileManager.default.removeItem(atPath: daemon.folder(gone))
            }
            return try RunningDaemon(daemon.folder)
        }

        @Test func `numbers of others that look like its name stay`() throws {
            let daemon = try Self.daemon()
            let name = "1770000000"
            try daemon.feed([Logs.event("login", name, at: 1_770_002_010, #","ip":"192.0.2.66""#)])
            try daemon.waitUntilApplied(Self.lines.count + 1)
            let accounts = "SELECT account, first_seen FROM accounts WHERE account <> '\(name)' ORDER BY 1"
            let before = try sqlite(daemon.database, accounts)
            try Self.forget(daemon, name)
            let again = try Self.anew(daemon)
            try again.waitUntilApplied(Self.lines.count + 1)
            #expect(try sqlite(again.database, accounts) == before)
        }

        @Test func `it joins a campaign again and is forgotten again`() throws {
            let daemon = try Self.daemon()
            try Self.forget(daemon)
            let joins = "SELECT count(*) FROM campaign_members WHERE account = '\(Self.name)'"
            var fed = Self.lines.count
            for round in 0..<2 {
                let farm = (0..<60).map {
                    Logs.event(
                        "registration", $0 == 20 ? Self.name : "again-\(round)-\($0)",
                        at: 1_770_010_000 + 10_000 * round + 20 * $0, #","ip":"203.0.113.9","device":"emulator-1""#)
                }
                try daemon.feed(farm)
                fed += farm.count
                try daemon.waitUntilApplied(fed)
                #expect(try sqlite(daemon.database, joins) == ["1"])
                try Self.forget(daemon)
                #expect(try sqlite(daemon.database, joins) == ["0"])
            }
        }

        /// An intent that was left by whatever went wrong, and events of a new life behind it.
        @Test func `an intent never reaches what came behind it`() throws {
            let daemon = try Self.daemon()
            #expect(try daemon.stop() == .exit(0))
            let last = Self.lines.count - 1
            let intent = #"{"account":"\#(Self.name)","tombstone":"forgotten-0","throughSequence":\#(last)}"#
            try FileManager.default.createDirectory(atPath: daemon.folder("forget"), withIntermediateDirectories: true)
            try Data(intent.utf8).write(to: URL(fileURLWithPath: daemon.folder("forget/forgotten-0.json")))
            let rows = "SELECT * FROM accounts ORDER BY account"
            let before = try sqlite(daemon.database, rows)
            let again = try RunningDaemon(daemon.folder)
            try eventually("the end of the intent") {
                try FileManager.default.contentsOfDirectory(atPath: again.folder("forget")).isEmpty
            }
            #expect(try sqlite(again.database, rows) == before)
            #expect(try Self.files(again.folder, with: [Self.name]).contains { $0.hasSuffix(".segment") })
        }

        /// Waits until the daemon has written down that it forgets, or has forgotten.
        private static func waitForIntent(of daemon: RunningDaemon) throws {
            try eventually("the intent, or the end") {
                let names = try? FileManager.default.contentsOfDirectory(atPath: daemon.folder("forget"))
                guard let names else { return false }
                return try names.contains { $0.hasSuffix(".json") }
                    || names.isEmpty && files(daemon.folder, with: [name]).isEmpty
            }
        }

        /// What comes for it while it is forgotten is a new life, wherever the daemon dies meanwhile.
        @Test(arguments: [0, 50_000, 200_000, 400_000] as [UInt32])
        func `a crash in the middle leaves the new life alone`(microseconds: UInt32) throws {
            let daemon = try Self.daemon()
            let before = try Self.others(daemon.database)
            let client = try StreamClient(daemon.control)
            try client.send(#"forget {"account":"\#(Self.name)"}"# + "\n")
            try Self.waitForIntent(of: daemon)
            try daemon.feed([Logs.event("login", Self.name, at: 1_770_100_000, #","ip":"192.0.2.7""#)])
            try daemon.wait("the new life on disk") { $0.sequence.durable > Self.lines.count }
            usleep(microseconds)
            try daemon.kill()
            let again = try RunningDaemon(daemon.folder)
            try again.waitUntilApplied(Self.lines.count + 1)
            let intents = try FileManager.default.contentsOfDirectory(atPath: again.folder("forget"))
            #expect(intents == [])
            #expect(try Self.files(again.folder, with: Self.own) == [])
            #expect(try Self.others(again.database) == before)
            let first = try sqlite(again.database, "SELECT first_seen FROM accounts WHERE account = '\(Self.name)'")
            #expect(first == ["2026-02-03T06:26:40.000000Z"])
        }

        /// The seeds place the end of the process anywhere between the request and the answer.
        @Test(arguments: [0, 30_000, 80_000, 150_000, 300_000, 500_000] as [UInt32])
        func `a crash in the middle is made good at the next start`(microseconds: UInt32) throws {
            let daemon = try Self.daemon()
            let before = try Self.others(daemon.database)
            let client = try StreamClient(daemon.control)
            try client.send(#"forget {"account":"\#(Self.name)"}"# + "\n")
            // The intent is on disk before anything else: from then on it is done, whatever happens.
            try Self.waitForIntent(of: daemon)
            usleep(microseconds)
            try daemon.kill()
            let again = try RunningDaemon(daemon.folder)
            try eventually("the end of what was begun") {
                (try? FileManager.default.contentsOfDirectory(atPath: again.folder("forget")))?.isEmpty ?? true
            }
            #expect(try Self.files(again.folder, with: [Self.name, #"zo\u0065-41"#] + Self.own) == [])
            #expect(try Self.others(again.database) == before)
        }
    }
}
