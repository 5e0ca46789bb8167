import Foundation
import Glibc
import Testing

/// What is acknowledged is kept, what comes twice counts once, and what is replaced is replaced as a whole.
extension ProcessTests {
    @Suite struct DurabilityTests {
        private static func configuration(_ more: String, in folder: TemporaryFolder) throws -> [String] {
            [
                "--config",
                try folder.write("snapshot_interval: 1s\ngeoip: [\(Places.demo)]\n" + more, to: "banrisk.yaml"),
            ]
        }

        private static func undisturbed(_ lines: [String], _ more: String = "") throws -> Dump {
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder, try configuration(more, in: folder))
            try daemon.feed(lines)
            try daemon.waitUntilApplied(lines.count)
            #expect(try daemon.stop() == .exit(0))
            return try Dump(daemon.database, tables: Dump.results)
        }

        @Test func `send delivers each line once, although the daemon is killed again and again`() throws {
            let folder = try TemporaryFolder()
            let lines =
                Logs.demo + Logs.demo.map { $0.replacingOccurrences(of: "\"account\":\"", with: "\"account\":\"b-") }
            let log = try folder.write(lines.joined(), to: "events.ndjson")
            var daemon = try RunningDaemon(folder)
            let send = try ChildProcess(
                Places.banrisk, ["send", "--json", "--socket", daemon.events, "--session", "import", log])
            var kills = 0
            while send.poll() == nil, kills < 5 {
                let before = try daemon.status().sequence.durable
                // At once, or when some more is on disk.
                if kills % 2 == 1 { _ = try? daemon.wait("more lines") { $0.sequence.durable > before } }
                try daemon.kill()
                kills += 1
                daemon = try RunningDaemon(folder)
            }
            #expect(try send.wait() == .exit(0))
            #expect(kills > 1)
            try daemon.waitUntilApplied(lines.count)
            #expect(try daemon.status().sequence.received == lines.count)
            // The same session again has nothing left to send.
            let again = try banrisk("send", "--socket", daemon.events, "--session", "import", log)
            #expect(again.end == .exit(0))
            #expect(try daemon.status().sequence.received == lines.count)
            #expect(try daemon.stop() == .exit(0))
            #expect(
                try Dump(daemon.database, tables: Dump.results).difference(from: Self.undisturbed(lines)) == nil)
        }

        enum Harm: CaseIterable { case none, newestCut, allGone }

        @Test(arguments: Harm.allCases)
        func `a restart goes on from a snapshot, an older one, or none, to the same rows`(harm: Harm) throws {
            let folder = try TemporaryFolder()
            let arguments = try Self.configuration("", in: folder)
            let parts = [Logs.demo[..<1_000], Logs.demo[1_000..<2_000], Logs.demo[2_000...]]
            var done = 0
            for part in parts {
                let daemon = try RunningDaemon(folder, arguments)
                if done == 2_000 {
                    let said = daemon.process.errors
                    switch harm {
                    case .none: #expect(said.contains("the state is that of event 2000"))
                    case .newestCut:
                        #expect(said.contains("is damaged") && said.contains("the state is that of event 1000"))
                    case .allGone: #expect(said.contains("rebuilding the state from events 1 to 2000"))
                    }
                }
                try daemon.feed(part)
                done += part.count
                try daemon.waitUntilApplied(done)
                #expect(try daemon.stop() == .exit(0))
                let snapshots = try FileManager.default.contentsOfDirectory(atPath: folder("snapshots")).sorted()
                #expect(snapshots.count <= 2 && snapshots.allSatisfy { $0.hasSuffix(".snapshot") })
                guard done == 2_000, let newest = snapshots.last else { continue }
                switch harm {
                case .none: break
                case .newestCut: #expect(truncate(folder("snapshots/\(newest)"), 5_000) == 0)
                case .allGone: try FileManager.default.removeItem(atPath: folder("snapshots"))
                }
            }
            #expect(
                try Dump(folder("banrisk.db"), tables: Dump.results).difference(from: Self.undisturbed(Logs.demo))
                    == nil)
        }

        @Test func `an event whose id came before is dropped and counted, also behind a crash`() throws {
            let folder = try TemporaryFolder()
            let arguments = try Self.configuration("", in: folder)
            let lines = Logs.farm(30).enumerated().map { index, line in
                line.replacingOccurrences(of: "{\"ts\"", with: "{\"id\":\"e-\(index)\",\"ts\"")
            }
            let first = try RunningDaemon(folder, arguments)
            try first.feed(lines[..<20])
            try first.waitUntilApplied(20)
            try first.kill()
            let second = try RunningDaemon(folder, arguments)
            try second.feed(lines)
            try second.waitUntilApplied(50)
            #expect(try second.stop() == .exit(0))
            #expect(try sqlite(second.database, "SELECT events, duplicates FROM sources") == ["50|20"])
            // The last ten came under other numbers than undisturbed.
            let reference = try TemporaryFolder()
            let plain = try RunningDaemon(reference, try Self.configuration("", in: reference))
            try plain.feed(lines)
            try plain.waitUntilApplied(30)
            #expect(try plain.stop() == .exit(0))
            let query = "SELECT account, score, level FROM accounts ORDER BY 1"
            #expect(try sqlite(second.database, query) == sqlite(plain.database, query))
        }

        @Test
        func `events out of order within the allowed lateness score as in order, and a pause lets the last through`()
            throws
        {
            let folder = try TemporaryFolder()
            let arguments = try Self.configuration("time: {allowed_lateness: 2s}\n", in: folder)
            // Twenty seconds of registrations, each pair exchanged.
            let ordered = (0..<40).map { index in
                Logs.event(
                    "registration", "farm-\(index)", at: 1_770_000_000 + index,
                    #","ip":"203.0.113.9","device":"emulator-\#(index % 3)""#)
            }
            var shuffled = ordered
            for i in stride(from: 0, to: 40, by: 2) { shuffled.swapAt(i, i + 1) }
            let daemon = try RunningDaemon(folder, arguments)
            try daemon.feed(shuffled)
            // The pause is the forty-first frame.
            try daemon.waitUntilApplied(41)
            #expect(try sqlite(daemon.database, "SELECT sum(late) FROM sources") == ["0"])
            #expect(try daemon.stop() == .exit(0))
            let reference = try TemporaryFolder()
            let other = try RunningDaemon(reference, try Self.configuration("", in: reference))
            try other.feed(ordered)
            try other.waitUntilApplied(40)
            #expect(try other.stop() == .exit(0))
            let query = """
                SELECT a.account, a.score, a.level, a.first_seen, c.rule, c.points, c.explanation
                FROM accounts a LEFT JOIN contributions c USING (account) ORDER BY 1, 5
                """
            #expect(try sqlite(daemon.database, query) == sqlite(other.database, query))
            let alerts = "SELECT id, account, level, score, event_time, reason FROM alerts"
            #expect(try sqlite(daemon.database, alerts) == sqlite(other.database, alerts))
        }

        @Test func `events that wait for others are not forgotten over a restart`() throws {
            let folder = try TemporaryFolder()
            let arguments = try Self.configuration("time: {allowed_lateness: 5s}\n", in: folder)
            let first = try RunningDaemon(folder, arguments)
            try first.feed(Logs.farm(3))
            try first.waitUntilApplied(3)
            #expect(try first.stop() == .exit(0))
            // The last is later than the others by more than the lateness, and waits; no pause has come.
            #expect(try sqlite(first.database, "SELECT count(*) FROM accounts") == ["2"])
            let second = try RunningDaemon(folder, arguments)
            try second.waitUntilApplied(4)
            #expect(try second.stop() == .exit(0))
            #expect(try sqlite(second.database, "SELECT count(*) FROM accounts") == ["3"])
        }

        @Test func `an event of 2099 moves nothing, and goes to quarantine`() throws {
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder, try Self.configuration("", in: folder))
            let lines = Logs.farm(40)
            let future = Logs.event("login", "traveller", at: 4_080_000_000, #","ip":"203.0.113.9""#)
            try daemon.feed(lines[..<20] + [future] + lines[20...])
            try daemon.waitUntilApplied(41)
            #expect(try daemon.stop() == .exit(0))
            #expect(try sqlite(daemon.database, "SELECT seq, reason FROM quarantine") == ["21|time_in_future"])
            let query = "SELECT account, score, level FROM accounts ORDER BY 1"
            let reference = try TemporaryFolder()
            let other = try RunningDaemon(reference, try Self.configuration("", in: reference))
            try other.feed(lines)
            try other.waitUntilApplied(40)
            #expect(try other.stop() == .exit(0))
            #expect(try sqlite(daemon.database, query) == sqlite(other.database, query))
        }

        @Test func `a reload weighs anew by other rules, and refuses faulty ones with their lines`() throws {
            let folder = try TemporaryFolder()
            let rules = try String(contentsOfFile: Places.repository + "/Config/rules.yaml", encoding: .utf8)
            _ = try folder.write(rules, to: "rules.yaml")
            let daemon = try RunningDaemon(folder, try Self.configuration("rules: rules.yaml\n", in: folder))
            try daemon.feed(Logs.demo)
            try daemon.waitUntilApplied(Logs.demo.count)
            let before = try sqlite(daemon.database, "SELECT sum(score), count(*) FROM accounts")
            let top = try sqlite(
                daemon.database, "SELECT account, score FROM accounts ORDER BY score DESC, account LIMIT 1")

            _ = try folder.write(rules.replacingOccurrences(of: "kind: travel", with: "kind: travle"), to: "rules.yaml")
            let refused = try banrisk("reload", "--control", daemon.control)
            #expect(
                refused.end == .exit(2) && refused.errors.contains("rules.yaml:") && refused.errors.contains("travle"))
            #expect(try sqlite(daemon.database, "SELECT sum(score), count(*) FROM accounts") == before)

            let milder = rules.replacingOccurrences(
                of: #"(?m)^(\s+)weight: .*$"#, with: "$1weight: 0.5", options: .regularExpression)
            _ = try folder.write(milder, to: "rules.yaml")
            let reloaded = try banrisk("reload", "--control", daemon.control)
            #expect(reloaded.end == .exit(0) && reloaded.output.contains("configuration 2"))
            let account = top[0].split(separator: "|")[0]
            let now = try sqlite(daemon.database, "SELECT score FROM accounts WHERE account = '\(account)'")
            #expect(try #require(Double(now[0])) < #require(Double(top[0].split(separator: "|")[1])))
            let wrong = try sqlite(
                daemon.database,
                """
                SELECT count(*) FROM (SELECT a.account FROM accounts a JOIN contributions c USING (account)
                GROUP BY a.account HAVING abs(sum(c.points) - a.score) > 0.004)
                """)
            #expect(wrong == ["0"])
            // Back to the first rules: levels rise by that alone, and that is alerted.
            let alerts = try sqlite(daemon.database, "SELECT count(*) FROM alerts")
            _ = try folder.write(rules, to: "rules.yaml")
            #expect(try banrisk("reload", "--control", daemon.control).output.contains("configuration 3"))
            #expect(try sqlite(daemon.database, "SELECT count(*) FROM alerts") != alerts)
            let dump = try Dump(daemon.database, tables: ["alerts", "signals"])
            try daemon.kill()
            // The new rules hold on, and nothing is written twice.
            let again = try RunningDaemon(folder, try Self.configuration("rules: rules.yaml\n", in: folder))
            try again.feed([Logs.event("message", "late", at: 1_770_000_000)])
            try again.waitUntilApplied(Logs.demo.count + 1)
            #expect(try again.stop() == .exit(0))
            #expect(try sqlite(again.database, "SELECT id FROM configurations") == ["1", "2", "3"])
            #expect(try Dump(again.database, tables: ["alerts", "signals"]).difference(from: dump) == nil)
        }

        @Test func `a GeoIP database that is overwritten in place is noticed, and a truncated one refused`() throws {
            let folder = try TemporaryFolder()
            let names = try FileManager.default.contentsOfDirectory(atPath: Places.demo).filter {
                $0.hasSuffix(".mmdb")
            }
            try FileManager.default.createDirectory(atPath: folder("geoip"), withIntermediateDirectories: true)
            for name in names {
                try FileManager.default.copyItem(atPath: "\(Places.demo)/\(name)", toPath: folder("geoip/\(name)"))
            }
            let city = try #require(names.first { $0.lowercased().contains("city") })
            let whole = try Data(contentsOf: URL(fileURLWithPath: folder("geoip/\(city)")))
            let daemon = try RunningDaemon(folder, ["--geoip", folder("geoip")])
            func reloads() throws -> (done: Int, refused: Int) {
                let status = try banrisk("status", "--json", "--control", daemon.control)
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any])
                let counts = try #require(object["reloads"] as? [String: Any])
                return (counts["done"] as? Int ?? 0, counts["refused"] as? Int ?? 0)
            }
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder("geoip/\(city)")))
            try file.truncate(atOffset: 1_000)
            try eventually("the truncated database to be refused") { try reloads().refused == 1 }
            try daemon.feed(Logs.farm(10))
            try daemon.waitUntilApplied(10)
            try file.seek(toOffset: 0)
            try file.write(contentsOf: whole)
            try eventually("the whole database to be loaded") { try reloads().done == 1 }
            try daemon.feed(Logs.farm(["one-more"]))
            try daemon.waitUntilApplied(11)
            #expect(try daemon.stop() == .exit(0))
        }

        @Test func `a line that is tried again leaves the quarantine, or comes back under a new number`() throws {
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder, try Self.configuration("", in: folder))
            let future = Logs.event(
                "login", "early", at: Int(Date().timeIntervalSince1970) + 603, #","ip":"203.0.113.9""#)
            try daemon.feed(Logs.farm(1) + ["no json\n", future, Logs.farm(["next"])[0]])
            try daemon.waitUntilApplied(4)
            #expect(
                try sqlite(daemon.database, "SELECT seq, reason FROM quarantine") == [
                    "2|invalid_json", "3|time_in_future",
                ])
            let early = try banrisk("quarantine", "retry", "2", "--control", daemon.control)
            #expect(early.end == .exit(0), "\(early)")
            #expect(
                try sqlite(daemon.database, "SELECT seq, source, reason FROM quarantine ORDER BY seq")
                    == ["3|stream|time_in_future", "5|quarantine|invalid_json"])
            // Four seconds later its time is near enough.
            try eventually("the time of the event to come") {
                _ = try banrisk("quarantine", "retry", "--reason", "time_in_future", "--control", daemon.control)
                // What is in doubt again is settled by the next event.
                try daemon.feed(Logs.farm(["x"]))
                return try sqlite(daemon.database, "SELECT count(*) FROM accounts WHERE account = 'early'") == ["1"]
            }
            let dropped = try banrisk("quarantine", "drop", "--all", "--yes", "--control", daemon.control)
            #expect(dropped.end == .exit(0))
            #expect(try sqlite(daemon.database, "SELECT count(*) FROM quarantine") == ["0"])
            #expect(try daemon.stop() == .exit(0))
        }

        @Test func `the service manager hears when the daemon is ready, and when it ends`() throws {
            let folder = try TemporaryFolder()
            let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(folder("notify").utf8)) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0)
            let daemon = try ChildProcess(
                Places.banriskd, RunningDaemon.arguments(folder), environment: ["NOTIFY_SOCKET": folder("notify")])
            func hear() -> String {
                var text = [UInt8](repeating: 0, count: 4_096)
                let count = recv(descriptor, &text, text.count, 0)
                return String(decoding: text.prefix(max(0, count)), as: UTF8.self)
            }
            var limit = timeval(tv_sec: 30, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            #expect(hear().hasPrefix("READY=1"))
            daemon.signal(SIGTERM)
            #expect(hear().hasPrefix("STOPPING=1"))
            #expect(try daemon.wait() == .exit(0))
        }
    }
}
