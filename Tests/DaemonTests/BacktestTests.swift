import Foundation
import Testing

/// Other rules over the events that a daemon has, beside it; and what the database tells of campaigns and appeals.
extension ProcessTests {
    @Suite struct BacktestTests {
        private struct Report: Decodable {
            struct Cell: Decodable { var before, after: String, accounts: Int }
            struct Part: Decodable { var rule: String, pointsBefore, pointsAfter: Double }
            struct Account: Decodable {
                var account, turn, levelBefore, levelAfter: String
                var scoreBefore, scoreAfter: Double
                var rules: [Part]
            }
            struct Rule: Decodable { var rule, change: String, signalsBefore, signalsAfter: Int? }

            var firstSeq, lastSeq, events, rejected, reachesBan, reachesReview, leavesBan, leavesReview: Int
            var levels: [Cell]
            var accounts: [Account]
            var rules: [Rule]

            init(_ text: String) throws {
                let decoder = JSONDecoder()
                decoder.keyDecodingStrategy = .convertFromSnakeCase
                self = try decoder.decode(Report.self, from: Data(text.utf8))
            }

            /// By `before after` the accounts, where there are any.
            var matrix: [String: Int] {
                Dictionary(
                    levels.filter { $0.accounts > 0 }.map { ("\($0.before) \($0.after)", $0.accounts) },
                    uniquingKeysWith: +)
            }
        }

        private static let rules = Places.repository + "/Config/rules.yaml"

        /// The rules with every weight at nothing.
        private static func weightless(_ folder: TemporaryFolder) throws -> String {
            let text = try String(contentsOfFile: rules, encoding: .utf8).replacingOccurrences(
                of: #"(?m)^(\s+)weight: .*$"#, with: "$1weight: 0", options: .regularExpression)
            return try folder.write(text, to: "weightless.yaml")
        }

        /// By `level level` what a database's accounts have reached, twice.
        private static func peaks(_ database: String, after: String? = nil) throws -> [String: Int] {
            let rows = try sqlite(database, "SELECT peak_level, count(*) FROM accounts GROUP BY 1").map {
                $0.split(separator: "|")
            }
            return Dictionary(
                rows.compactMap { row in Int(row[1]).map { ("\(row[0]) \(after ?? String(row[0]))", $0) } },
                uniquingKeysWith: +)
        }

        @Test func `a running daemon's spool under its own rules gives what its database has, and under none nothing`()
            throws
        {
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder)
            try daemon.feed(Logs.demo)
            try daemon.waitUntilApplied(Logs.demo.count)
            let verdict = try banrisk(
                "verdict", "hopper", "cleared", "--why", "a pilot", "--control", daemon.control)
            #expect(verdict.end == .exit(0), "\(verdict.errors)")
            try daemon.waitUntilApplied(Logs.demo.count + 1)

            let same = try banrisk(
                "backtest", "--rules", Self.rules, "--geoip", Places.demo, "--spool", folder("spool"), "--json")
            #expect(same.end == .exit(0), "\(same.errors)")
            let unchanged = try Report(same.output)
            #expect(unchanged.firstSeq == 1 && unchanged.lastSeq == Logs.demo.count + 1)
            #expect(try unchanged.matrix == Self.peaks(daemon.database))
            #expect(unchanged.accounts.isEmpty)
            #expect(unchanged.rules.allSatisfy { $0.change == "same" && $0.signalsBefore == $0.signalsAfter })
            let signals = try sqlite(daemon.database, "SELECT rule, count(*) FROM signals GROUP BY rule")
            let spoken = unchanged.rules.filter { $0.signalsBefore ?? 0 > 0 }
            #expect(Set(spoken.map { "\($0.rule)|\($0.signalsBefore ?? 0)" }) == Set(signals))

            let other = try banrisk(
                "backtest", "--rules", try Self.weightless(folder), "--geoip", Places.demo, "--spool", folder("spool"),
                "--json", "--limit", "3")
            let report = try Report(other.output)
            #expect(other.end == .exit(0) && report.accounts.count == 3)
            #expect(try report.matrix == Self.peaks(daemon.database, after: "normal"))
            let high = try sqlite(
                daemon.database,
                "SELECT count(*) FILTER (WHERE peak_level = 'ban'), count(*) FILTER (WHERE peak_level = 'review') FROM accounts"
            )
            #expect(high == ["\(report.leavesBan)|\(report.leavesReview)"])
            // The last score is taken apart as it stands.
            let last = try banrisk(
                "backtest", "--rules", try Self.weightless(folder), "--geoip", Places.demo, "--spool", folder("spool"),
                "--json", "--final")
            let accounts = try Report(last.output).accounts
            #expect(!accounts.isEmpty && !accounts.contains { $0.account == "hopper" })
            for account in accounts {
                let parts = account.rules.reduce(0) { $0 + $1.pointsAfter - $1.pointsBefore }
                #expect(abs(parts - (account.scoreAfter - account.scoreBefore)) < 0.02)
                #expect(account.rules.map { abs($0.pointsAfter - $0.pointsBefore) }.isSorted)
            }
            // The daemon noticed nothing.
            try daemon.feed(Logs.farm(["one-more"]))
            try daemon.waitUntilApplied(Logs.demo.count + 2)
            #expect(try daemon.stop() == .exit(0))
        }

        @Test func `it reads all segments of a spool, and says where one begins that retention has cut`() throws {
            let folder = try TemporaryFolder()
            let config = try folder.write("spool: {segment_bytes: 1 MiB}\n", to: "banrisk.yaml")
            let daemon = try RunningDaemon(folder, ["--config", config])
            let lines = ["", "b-", "c-", "d-"].flatMap { name in
                Logs.demo.map { $0.replacingOccurrences(of: "\"account\":\"", with: "\"account\":\"\(name)") }
            }
            try daemon.feed(lines)
            try daemon.waitUntilApplied(lines.count)
            #expect(try daemon.stop() == .exit(0))
            func segments() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: folder("spool")).filter {
                    $0.hasSuffix(".segment")
                }.sorted()
            }
            let arguments = ["backtest", "--rules", Self.rules, "--spool", folder("spool"), "--json"]
            let whole = try Report(try run(Places.banrisk, arguments).output)
            try #require(segments().count > 1)
            #expect(whole.firstSeq == 1 && whole.lastSeq == lines.count)
            #expect(try whole.matrix == Self.peaks(daemon.database))
            let sources = try sqlite(daemon.database, "SELECT events, rejected FROM sources")
            #expect(sources == ["\(whole.events)|\(whole.rejected)"])

            try FileManager.default.removeItem(atPath: folder("spool/\(segments()[0])"))
            let first = try #require(try Int(segments()[0].dropLast(".segment".count)))
            let cut = try Report(try run(Places.banrisk, arguments).output)
            #expect(cut.firstSeq == first && cut.lastSeq == lines.count)
            #expect(cut.events + cut.rejected == lines.count - first + 1)
        }

        @Test func `more accounts that reach ban than allowed fail the run`() throws {
            let folder = try TemporaryFolder()
            let mild = try folder.write("rules: weightless.yaml\ngeoip: [\(Places.demo)]\n", to: "banrisk.yaml")
            _ = try Self.weightless(folder)
            let log = Places.demo + "/events.ndjson"
            let arguments = ["backtest", "--config", mild, "--rules", Self.rules, log, "--json"]
            let report = try Report(try run(Places.banrisk, arguments).output)
            #expect(report.reachesBan > 0)
            let failed = try run(Places.banrisk, arguments + ["--fail-on-new-ban", "\(report.reachesBan - 1)"])
            #expect(failed.end == .exit(1) && failed.errors.contains("\(report.reachesBan) accounts would reach ban"))
            let passed = try run(Places.banrisk, arguments + ["--fail-on-new-ban", "\(report.reachesBan)"])
            #expect(passed.end == .exit(0) && passed.output == failed.output)
        }

        @Test func `faulty rules and a spool that is not there are named`() throws {
            let folder = try TemporaryFolder()
            let faulty = try folder.write("rules:\n  - id: x\n    kind: travle\n", to: "rules.yaml")
            let rules = try banrisk("backtest", "--rules", faulty, Places.demo + "/events.ndjson")
            #expect(rules.end == .exit(2) && rules.errors.contains("rules.yaml:3"))
            let spool = try banrisk("backtest", "--rules", Self.rules, "--spool", folder("no-spool"))
            #expect(spool.end == .exit(2) && spool.errors.contains("no-spool"))
            let empty = try banrisk("backtest", "--rules", Self.rules, "--spool", folder.path)
            #expect(empty.end == .exit(2) && empty.errors.contains("there are no events to compare"))
        }

        @Test func `a farm is one campaign, and an appeal against it can be answered`() throws {
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder)
            try daemon.feed(Logs.farm())
            try daemon.waitUntilApplied(40)
            let campaigns = try banrisk("campaigns", "--database", daemon.database, "--json")
            #expect(campaigns.end == .exit(0) && campaigns.lines.count == 1)
            let one = try banrisk("campaigns", "1", "--database", daemon.database)
            #expect(one.end == .exit(0) && one.output.contains("farm-39") && one.output.contains("203.0.113.9"))
            let appeal = try banrisk("appeals", "farm-39", "--database", daemon.database)
            #expect(appeal.end == .exit(0) && appeal.output.contains("FOR THE REPLY"))
            let reply = try banrisk("appeals", "farm-39", "--part", "reply", "--database", daemon.database)
            #expect(reply.end == .exit(0) && !reply.output.contains("farm-38"))
            #expect(try daemon.stop() == .exit(0))
        }

        @Test func `a rule in shadow says what it would change, and changes nothing`() throws {
            let folder = try TemporaryFolder()
            let log = try folder.write(Logs.farm().joined(), to: "events.ndjson")
            let all = try String(contentsOfFile: Self.rules, encoding: .utf8)
            _ = try folder.write(
                all.replacingOccurrences(
                    of: #"(?m)^  - id: .*$"#, with: "$0\n    shadow: true", options: .regularExpression),
                to: "rules.yaml")
            let config = try folder.write("rules: rules.yaml\n", to: "banrisk.yaml")
            #expect(try banrisk("replay", "--config", config, "--database", folder("s.db"), log).end == .exit(0))
            #expect(try sqlite(folder("s.db"), "SELECT count(*) FROM accounts WHERE level <> 'normal'") == ["0"])
            let spoken = try sqlite(folder("s.db"), "SELECT count(*) FROM accounts WHERE shadow_score >= 30")[0]
            let differing = try banrisk(
                "query", "accounts", "--shadow", "--config", config, "--database", folder("s.db"), "--json")
            #expect(differing.end == .exit(0) && "\(differing.lines.count)" == spoken)
            #expect(differing.lines.allSatisfy { $0.contains(#""shadow_level":""#) })
            let rules = try banrisk("rules", "list", "--config", config, "--database", folder("s.db"))
            #expect(rules.end == .exit(0) && rules.output.contains("shadow: 40 accounts, \(spoken) of another level"))
        }
    }
}

extension Array where Element: Comparable {
    /// Whether no element is greater than the one before.
    fileprivate var isSorted: Bool { zip(self, dropFirst()).allSatisfy { $0 >= $1 } }
}
