import Foundation
import Testing

/// Analysts and operations beside the running daemon, and after it.
extension ProcessTests {
    @Suite struct ReadingTests {
        @Test func `sqlite3 reads at any moment of a feed, and after a clean stop`() throws {
            let daemon = try RunningDaemon(TemporaryFolder())
            let query = """
                SELECT (SELECT value FROM meta WHERE key = 'applied_seq'),
                    (SELECT value FROM meta WHERE key = 'accounts'), (SELECT count(*) FROM accounts),
                    (SELECT count(*) FROM risky_accounts), (SELECT count(*) FROM alert_feed),
                    (SELECT count(*) FROM entity_risk), (SELECT count(*) FROM rule_health)
                """
            let client = try StreamClient(daemon.events)
            var moments: Set<Substring> = []
            for start in stride(from: 0, to: Logs.demo.count, by: 50) {
                try client.send(Logs.demo[start..<min(start + 50, Logs.demo.count)].joined())
                // What came before is in; these fifty are on their way while `sqlite3` reads.
                try daemon.waitUntilApplied(start)
                let columns = try #require(try sqlite(daemon.database, query).first).split(separator: "|")
                moments.insert(columns[0])
                // Rows and what is said of them are of one moment.
                #expect(columns[1] == columns[2])
            }
            #expect(moments.count > 10)

            try daemon.waitUntilApplied(Logs.demo.count)
            let before = try sqlite(daemon.database, query)
            #expect(try daemon.stop() == .exit(0))
            // Who may only read needs these two, left by the daemon (https://www.sqlite.org/wal.html#read_only_databases).
            for suffix in ["-wal", "-shm"] {
                #expect(FileManager.default.fileExists(atPath: daemon.database + suffix), "\(suffix)")
            }
            #expect(try sqlite(daemon.database, query) == before)
            #expect(try sqlite(daemon.database, "PRAGMA integrity_check; PRAGMA foreign_key_check") == ["ok"])
        }

        @Test func `an analyst's open transaction holds up neither the feed nor the stop`() throws {
            let daemon = try RunningDaemon(TemporaryFolder())
            try daemon.feed(Logs.demo.prefix(1_000))
            try daemon.waitUntilApplied(1_000)
            let analyst = try Analyst(daemon.database, readOnly: true)
            try analyst.execute("BEGIN; SELECT count(*) FROM accounts;")
            try daemon.feed(Logs.demo.dropFirst(1_000))
            try daemon.waitUntilApplied(Logs.demo.count)

            let start = ContinuousClock.now
            #expect(try daemon.stop() == .exit(0))
            #expect(ContinuousClock.now - start < .seconds(5))
            try analyst.execute("SELECT count(*) FROM accounts; COMMIT; SELECT count(*) FROM accounts;")
            let counts = try analyst.leave()
            #expect(counts.count == 3 && counts[0] == counts[1] && counts[0] != counts[2])
            #expect(try sqlite(daemon.database, "PRAGMA integrity_check") == ["ok"])
        }

        @Test func `somebody's write lock delays the rows and costs none`() throws {
            let daemon = try RunningDaemon(TemporaryFolder())
            let intruder = try Analyst(daemon.database, readOnly: false)
            try intruder.execute("BEGIN IMMEDIATE;")
            try daemon.feed(Logs.demo)
            let status = try daemon.wait("all frames to be processed") { $0.sequence.processed == Logs.demo.count }
            #expect(status.sequence.applied == 0)
            try intruder.execute("ROLLBACK;")
            try daemon.waitUntilApplied(Logs.demo.count)
            #expect(try intruder.leave().isEmpty)
            #expect(try sqlite(daemon.database, "SELECT frames FROM sources") == ["\(Logs.demo.count)"])
        }

        @Test func `without databases the daemon runs and says which rules are inactive, and why`() throws {
            let inactive = [
                "api_abuse_hosting": "an Anonymous-IP database",
                "anonymizer": "an Anonymous-IP database",
                "anonymizer_hosting": "an Anonymous-IP database",
                "api_abuse_key_networks": "an ASN database",
                "api_abuse_keys_server": "an Anonymous-IP database",
                "api_abuse_region": "a City or Country database",
                "api_abuse_resale": "an ASN database",
                "card_country": "a City or Country database",
                "region_hopping_countries": "a City or Country database",
                "region_hopping_networks": "an ASN database",
                "region_hopping_nodes": "a City or Country database; needs an Anonymous-IP database",
                "region_hopping_nodes_day": "a City or Country database; needs an Anonymous-IP database",
                "region_hopping_travel": "a City database",
                "shared_device_networks": "an ASN database",
                "shared_account_countries": "a City or Country database",
                "unsupported_region": "a City or Country database",
                "unsupported_region_registration": "a City or Country database",
                "unsupported_region_returns": "a City or Country database",
            ]
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder, [])
            try daemon.feed(Logs.farm())
            try daemon.waitUntilApplied(40)
            #expect(try !sqlite(daemon.database, "SELECT 1 FROM alerts WHERE level = 'ban'").isEmpty)

            let rules = try daemon.status().rules
            #expect(rules.count > inactive.count)
            for rule in rules {
                #expect(rule.active == (inactive[rule.rule] == nil), "\(rule.rule)")
                #expect(rule.inactiveBecause == inactive[rule.rule].map { "needs \($0)" }, "\(rule.rule)")
            }
            let status = try banrisk("status", "--control", daemon.control)
            let check = try banrisk("check")
            let checked = try banrisk("check", "--json").output
            for (rule, need) in inactive {
                #expect(daemon.process.errors.contains("rule \(rule) is inactive: it needs \(need)\n"))
                #expect(status.lines.contains { $0.hasPrefix("inactive") && $0.hasSuffix("\(rule): it needs \(need)") })
                #expect(check.lines.contains { $0.hasSuffix("\(rule): it needs \(need)") })
                #expect(checked.contains(#""rule":"\#(rule)","active":false,"inactive_because":"needs \#(need)""#))
            }
            #expect(
                try sqlite(daemon.database, "SELECT rule FROM rules WHERE NOT active ORDER BY rule")
                    == inactive.keys.sorted())
        }

        @Test func `what should not pass unseen is said by check, at the start, and by a reload`() throws {
            let folder = try TemporaryFolder()
            let shipped = try String(contentsOfFile: Places.repository + "/Config/rules.yaml", encoding: .utf8)
            _ = try folder.write(shipped, to: "rules.yaml")
            let arguments = ["--config", try folder.write("rules: rules.yaml\n", to: "banrisk.yaml")]
            let daemon = try RunningDaemon(folder, arguments)
            #expect(!daemon.process.errors.contains("the modifier"))
            #expect(try run(Places.banrisk, ["check"] + arguments + ["--json"]).output.contains(#""warnings":[]"#))

            let off = try #require(shipped.range(of: "kind: modifier")).upperBound
            let modified = shipped[..<off] + shipped[off...].replacing("enabled: false", with: "", maxReplacements: 1)
            _ = try folder.write(String(modified), to: "rules.yaml")
            let warning = "the modifier content_language is in force"
            let check = try run(Places.banrisk, ["check"] + arguments)
            #expect(check.end == .exit(0))
            #expect(check.lines.contains { $0.hasPrefix("warning        ") && $0.contains(warning) })
            #expect(try run(Places.banrisk, ["check"] + arguments + ["--json"]).output.contains(warning))
            let reload = try banrisk("reload", "--control", daemon.control)
            #expect(reload.end == .exit(0) && (reload.output + reload.errors).contains(warning))
            try eventually("the reload's warning") { daemon.process.errors.contains(warning) }
            #expect(try daemon.stop() == .exit(0))
            let again = try RunningDaemon(folder, arguments)
            #expect(again.process.errors.contains(warning))
        }

        @Test func `with all databases every rule is active`() throws {
            let daemon = try RunningDaemon(TemporaryFolder())
            #expect(try daemon.status().rules.allSatisfy(\.active))
            #expect(!daemon.process.errors.contains("inactive"))
        }

        @Test func `status prints what the daemon answers`() throws {
            let daemon = try RunningDaemon(TemporaryFolder())
            try daemon.feed(Logs.farm())
            try daemon.waitUntilApplied(40)
            let json = try banrisk("status", "--json", "--control", daemon.control)
            #expect(json.end == .exit(0))
            let status = try DaemonStatus(Data(json.output.utf8))
            #expect(status.pid == daemon.process.pid)
            #expect(status.sequence.received == 40 && status.sequence.durable == 40)
            #expect(status.sequence.processed == 40 && status.sequence.applied == 40)
            #expect(status.intake.frames == 40 && status.pipeline.events == 40 && status.pipeline.rejected == 0)

            let print = try banrisk("status", "--drained", environment: ["BANRISK_CONTROL": daemon.control])
            #expect(print.end == .exit(0))
            #expect(print.output.contains("40 received, 40 on disk, 40 processed, 40 in the database"))
        }
    }
}
