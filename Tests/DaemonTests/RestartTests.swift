import Foundation
import Testing

/// The database after any end of the daemon is the one of an undisturbed run.
extension ProcessTests {
    @Suite struct RestartTests {
        private static let undisturbed = Result {
            let daemon = try RunningDaemon(TemporaryFolder())
            try daemon.feed(Logs.demo)
            try daemon.waitUntilApplied(Logs.demo.count)
            _ = try daemon.stop()
            return try Dump(daemon.database)
        }

        /// Feeds the rest, stops the daemon and compares.
        private func expectUndisturbed(_ daemon: RunningDaemon, after count: Int) throws {
            try daemon.feed(Logs.demo.dropFirst(count))
            try daemon.waitUntilApplied(Logs.demo.count)
            #expect(try daemon.stop() == .exit(0))
            let reference = try Self.undisturbed.get()
            #expect(reference.rows(of: "alerts") > 15)
            #expect(try Dump(daemon.database).difference(from: reference) == nil)
        }

        @Test(arguments: [1, 900, 2_500])
        func `SIGTERM in the middle of a feed takes what was sent, and the rest can follow`(count: Int) throws {
            let folder = try TemporaryFolder()
            let first = try RunningDaemon(folder)
            let client = try StreamClient(first.events)
            var sent = 0
            for line in Logs.demo {
                if sent == count { first.process.signal(SIGTERM) }
                // One write a line: the kernel takes all of it, or refuses it once the daemon has ceased to listen.
                guard (try? client.send(line)) != nil else { break }
                sent += 1
            }
            #expect(sent >= count)
            #expect(try first.process.wait() == .exit(0))
            #expect(try sqlite(first.database, "SELECT value FROM meta WHERE key = 'applied_seq'") == ["\(sent)"])

            let second = try RunningDaemon(folder)
            #expect(try second.status().sequence.received == sent)
            try expectUndisturbed(second, after: sent)
        }

        enum Moment: CaseIterable { case received, durable, applied }

        @Test(arguments: Moment.allCases)
        func `kill -9 loses nothing that was durable, and repeats nothing`(moment: Moment) throws {
            let folder = try TemporaryFolder()
            var durable = 0
            for end in [300, 1_100, 2_400] {
                let daemon = try RunningDaemon(folder)
                let client = try StreamClient(daemon.events)
                try client.send(Logs.demo[durable..<end].joined())
                // The beginning of the next line goes with the process.
                try client.send(String(Logs.demo[end].prefix(30)))
                switch moment {
                case .received: break
                case .durable: try daemon.wait("\(end) durable frames") { $0.sequence.durable == end }
                case .applied: try daemon.waitUntilApplied(end)
                }
                try daemon.kill()

                // What was durable is there after the restart, and the process is killed again while it rebuilds.
                let again = try RunningDaemon(folder)
                let found = try again.status().sequence.durable
                #expect(found <= end && found >= durable)
                if moment != .received { #expect(found == end) }
                durable = found
                try again.kill()
            }
            try expectUndisturbed(RunningDaemon(folder), after: durable)
        }

        @Test func `a database that breaks ends the daemon with status 74, although nothing else comes`() throws {
            let daemon = try RunningDaemon(try TemporaryFolder())
            try daemon.feed(Logs.farm())
            try daemon.waitUntilApplied(40)
            _ = try run(
                "sqlite3",
                [
                    daemon.database,
                    "DROP VIEW risky_accounts; DROP VIEW rule_health; DROP TABLE contributions; DROP TABLE accounts",
                ])
            try daemon.feed(Logs.farm(["late"]))
            #expect(try daemon.process.wait() == .exit(74))
            #expect(daemon.process.errors.contains("no such table: accounts"))
        }

        @Test
        func
            `a daemon whose spool has dropped its oldest segments starts from snapshots, without them, and without spool`()
            throws
        {
            let folder = try TemporaryFolder()
            let configuration = try folder.write(
                "spool: {segment_bytes: 1 MiB, retained_bytes: 2 MiB}\n", to: "banrisk.yaml")
            let padding = #","attributes":{"p":"\#(String(repeating: "x", count: 1_000))"}"#
            func events(_ range: Range<Int>) -> [String] {
                range.map { Logs.event("message", "a\($0)", at: 1_770_000_000 + $0, padding) }
            }
            let first = try RunningDaemon(folder, ["--config", configuration])
            try first.feed(events(0..<6_000))
            try first.waitUntilApplied(6_000)
            #expect(try first.stop() == .exit(0))

            let second = try RunningDaemon(folder, ["--config", configuration])
            try second.feed(events(6_000..<6_100))
            try second.waitUntilApplied(6_100)
            #expect(second.process.errors.contains("the state is that of event 6000, from a snapshot"))
            // Two snapshots are there at its end, so that the older one's events can go.
            #expect(try second.stop() == .exit(0))
            let segments = try FileManager.default.contentsOfDirectory(atPath: folder("spool"))
            #expect(segments.filter { $0.hasSuffix(".segment") }.count <= 3)

            try FileManager.default.removeItem(atPath: folder("snapshots"))
            let third = try RunningDaemon(folder, ["--config", configuration])
            try third.feed(events(6_100..<6_200))
            try third.waitUntilApplied(6_200)
            #expect(third.process.errors.contains("are no longer in the spool"))
            #expect(try third.stop() == .exit(0))

            try FileManager.default.removeItem(atPath: folder("spool"))
            let fourth = try RunningDaemon(folder, ["--config", configuration])
            try fourth.feed(events(6_200..<6_300))
            try fourth.waitUntilApplied(6_300)
            #expect(try fourth.stop() == .exit(0))
            #expect(try sqlite(folder("banrisk.db"), "SELECT count(*) FROM accounts") == ["6300"])
        }
    }
}
