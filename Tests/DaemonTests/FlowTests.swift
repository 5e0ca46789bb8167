import Foundation
import Glibc
import Testing

/// From a byte on the socket to a row, a line and a reason.
extension ProcessTests {
    @Suite struct FlowTests {
        @Test func `an event becomes a row, a farm becomes alerts, and tail shows each as it comes`() throws {
            let folder = try TemporaryFolder()
            // The follower is there before the database is.
            let tail = try ChildProcess(Places.banrisk, ["tail", "-f", "--database", folder("banrisk.db")])
            try eventually("tail's complaint") { tail.errors.contains("There is no database") }
            let daemon = try RunningDaemon(folder)
            let follower = try ChildProcess(Places.banrisk, ["tail", "-f", "--json", "--database", daemon.database])

            try daemon.feed([Logs.event("login", "anna", at: 1_770_000_000, #","ip":"203.0.113.1""#)])
            try daemon.waitUntilApplied(1)
            #expect(
                try sqlite(daemon.database, "SELECT account, level, first_seen FROM accounts")
                    == ["anna|normal|2026-02-02T02:40:00.000000Z"])

            try daemon.feed(Logs.farm())
            try daemon.waitUntilApplied(41)
            let alerts = try sqlite(daemon.database, "SELECT account, level FROM alerts ORDER BY id")
            #expect(alerts.contains { $0.hasSuffix("|ban") })
            #expect(!alerts.contains { $0.hasPrefix("anna|") })
            try eventually("a line for each of \(alerts.count) alerts: \(tail.output)\n\(follower.output)") {
                tail.output.split(separator: "\n").count >= alerts.count
                    && follower.output.split(separator: "\n").count >= alerts.count
            }
            struct Alert: Decodable {
                var account, level: String
                var campaign: Int?

                /// What the alert is of.
                var subject: String { campaign.map { "campaign \($0)" } ?? account }
            }
            let followed = try follower.output.split(separator: "\n").map {
                try JSONDecoder().decode(Alert.self, from: Data($0.utf8))
            }
            #expect(followed.map { "\($0.account)|\($0.level)" } == alerts)
            for (line, alert) in zip(tail.output.split(separator: "\n"), followed) {
                #expect(line.contains("  \(alert.level.uppercased())") && line.contains("  \(alert.subject)  "))
            }

            for process in [tail, follower] {
                process.signal(SIGTERM)
                #expect(try process.wait() == .exit(0))
            }
            #expect(try daemon.stop() == .exit(0))
        }

        @Test func `tail -f shows every alert once, whatever becomes of the daemon`() throws {
            let folder = try TemporaryFolder()
            let tail = try ChildProcess(Places.banrisk, ["tail", "-f", "--json", "--database", folder("banrisk.db")])
            try eventually("tail's complaint") { tail.errors.contains("There is no database") }
            var fed = 0
            for (end, signal) in [(900, SIGKILL), (1_800, SIGTERM), (Logs.demo.count, SIGTERM)] {
                let daemon = try RunningDaemon(folder)
                try daemon.feed(Logs.demo[fed..<end])
                try daemon.waitUntilApplied(end)
                fed = end
                daemon.process.signal(signal)
                _ = try daemon.process.wait()
            }
            let ids = try sqlite(folder("banrisk.db"), "SELECT id FROM alerts ORDER BY id")
            #expect(ids.count > 15)
            try eventually("the last alert") {
                tail.output.hasSuffix("\n") && tail.output.contains("{\"id\":\(ids.count),")
            }
            let shown = tail.output.matches(of: /\{"id":(\d+),.*\n/).map { String($0.1) }
            #expect(shown == ids)
            tail.signal(SIGINT)
            #expect(try tail.wait() == .exit(0))
        }

        @Test func `tail -f waits for a database whose tables are being migrated`() throws {
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder)
            try daemon.feed(Logs.farm())
            try daemon.waitUntilApplied(40)
            #expect(try daemon.stop() == .exit(0))
            let count = try sqlite(daemon.database, "SELECT count(*) FROM alerts")
            #expect(try run("sqlite3", [daemon.database, "PRAGMA user_version = 3"]).end == .exit(0))
            let tail = try ChildProcess(
                Places.banrisk, ["tail", "-f", "--lines", "100", "--database", daemon.database])
            try eventually("tail's complaint") { tail.errors.contains("has schema 3") }
            #expect(try run("sqlite3", [daemon.database, "PRAGMA user_version = 4"]).end == .exit(0))
            try eventually("the alerts: \(tail.errors)") {
                ["\(tail.output.split(separator: "\n").count)"] == count
            }
            tail.signal(SIGTERM)
            #expect(try tail.wait() == .exit(0))
        }

        @Test func `the points of each explanation add up to the score, in the database, in JSON and in print`() throws
        {
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder)
            try daemon.feed(Logs.demo)
            try daemon.waitUntilApplied(Logs.demo.count)

            #expect(
                try sqlite(
                    daemon.database,
                    """
                    SELECT count(*) > 100, max(difference) < 0.005 FROM (
                        SELECT abs(a.score - sum(c.points)) AS difference
                        FROM accounts a JOIN contributions c USING (account) GROUP BY account)
                    """) == ["1|1"])

            struct Explanation: Decodable {
                struct Contribution: Decodable { var points: Double }
                var score: Double
                var contributions: [Contribution]
            }
            for account in ["farm-one-07", "hopper", "mobile-002"] {
                let json = try banrisk("explain", account, "--json", "--database", daemon.database)
                let explanation = try JSONDecoder().decode(Explanation.self, from: Data(json.output.utf8))
                let sum = explanation.contributions.reduce(0) { $0 + $1.points }
                #expect(explanation.contributions.isEmpty == (account == "mobile-002"))
                #expect(explanation.contributions.isEmpty || abs(sum - explanation.score) < 0.005)

                let lines = try banrisk("explain", account, "--database", daemon.database).lines
                let score = String(format: "%.2f", explanation.score)
                #expect(lines.first?.hasPrefix("\(account)  score \(score)  ") == true)
                let points = lines.compactMap { line in
                    line.wholeMatch(of: /\ *(\d+\.\d\d)  ([a-z0-9_]+)/).map { (Double($0.1) ?? .nan, $0.2) }
                }
                let printed = points.filter { $0.1 != "total" }.reduce(0) { $0 + $1.0 }
                if points.isEmpty {
                    #expect(lines.contains("No rule has anything against this account."))
                } else {
                    #expect(abs(printed - explanation.score) < 0.005)
                    #expect(points.last.map { "\($0.1) \($0.0)" } == "total \(explanation.score)")
                }
            }
        }
    }
}
