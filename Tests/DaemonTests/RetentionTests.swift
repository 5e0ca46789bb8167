import Foundation
import Testing

/// Accounts that were not seen for the retention leave the database, and stay away after a restart.
extension ProcessTests {
    @Suite struct RetentionTests {
        private static let day = 86_400
        private static let start = 1_730_000_000

        private static func login(_ account: String, at seconds: Int) -> String {
            Logs.event("login", account, at: seconds, #","ip":"203.0.113.9""#)
        }

        /// How many rows each of the tables has of accounts whose name begins so.
        private static func rows(_ daemon: RunningDaemon, _ prefix: String) throws -> [String] {
            try ["accounts", "contributions", "campaign_members"].flatMap { table in
                try sqlite(daemon.database, "SELECT count(*) FROM \(table) WHERE account GLOB '\(prefix)*'")
            }
        }

        @Test func `accounts go 400 days after they were last seen, and those that a verdict holds stay`() throws {
            let folder = try TemporaryFolder()
            let file = try folder.write("privacy:\n  retention:\n    accounts: 400d\n", to: "banrisk.yaml")
            let arguments = ["--geoip", Places.demo, "--config", file]
            let first = try RunningDaemon(folder, arguments)
            let farm = (0..<40).map {
                Logs.event(
                    "registration", "farm-\($0)", at: Self.start + $0 * 20,
                    #","ip":"203.0.113.9","device":"emulator-1","outcome":"success""#)
            }
            try first.feed(farm)
            try first.waitUntilApplied(40)
            #expect(try Self.rows(first, "farm-")[0] == "40")
            #expect(try Int(Self.rows(first, "farm-")[1]) ?? 0 > 40)
            #expect(
                try run(
                    Places.banrisk,
                    ["verdict", "farm-7", "banned", "--why", "a farm", "--control", first.control]
                ).end == .exit(0))
            // One is seen once more.
            try first.feed([Self.login("farm-9", at: Self.start + 100 * Self.day)])
            try first.waitUntilApplied(42)
            #expect(try first.stop() == .exit(0))

            let second = try RunningDaemon(folder, arguments)
            try second.feed([Self.login("else", at: Self.start + 399 * Self.day)])
            try second.waitUntilApplied(43)
            #expect(try Self.rows(second, "farm-")[0] == "40")
            try second.feed([Self.login("else", at: Self.start + 402 * Self.day)])
            try second.waitUntilApplied(44)
            #expect(
                try sqlite(second.database, "SELECT account FROM accounts ORDER BY 1") == ["else", "farm-7", "farm-9"])
            #expect(
                try sqlite(
                    second.database, "SELECT DISTINCT account FROM contributions WHERE account GLOB 'farm*' ORDER BY 1"
                )
                .allSatisfy { ["farm-7", "farm-9"].contains($0) })
            #expect(try sqlite(second.database, "SELECT account FROM verdicts_in_force") == ["farm-7"])
            #expect(
                try sqlite(second.database, "SELECT value FROM meta WHERE key = 'accounts'") == ["3"])
            #expect(try second.stop() == .exit(0))

            // Who comes back begins anew.
            let third = try RunningDaemon(folder, arguments)
            try third.feed([Self.login("farm-1", at: Self.start + 403 * Self.day)])
            try third.waitUntilApplied(45)
            let back = try sqlite(
                third.database,
                "SELECT substr(first_seen, 1, 10), level, peak_level FROM accounts WHERE account = 'farm-1'")
            #expect(back == ["2025-12-04|normal|normal"])
            #expect(try third.stop() == .exit(0))
        }
    }
}
