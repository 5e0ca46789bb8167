import Foundation
import Glibc
import Testing

/// Pseudonyms of addresses: the scores are the same, and no file but the spool has an address that somebody used.
extension ProcessTests {
    @Suite struct AddressTests {
        private static let v4 = "203.0.113.9"
        private static let v6 = "2001:db8:77:1::9"

        /// Two farms, by IPv4 and by IPv6.
        private static let lines = (0..<60).map {
            Logs.event(
                "registration", "a-\($0)", at: 1_770_000_000 + $0 * 20,
                #","ip":"\#($0 % 2 == 0 ? v4 : v6)","device":"emulator-1""#)
        }

        /// As the addresses stand in texts and states: numbers are little-endian.
        private static let spellings = [
            Data(v4.utf8), Data("203.0.113.0/24".utf8), Data("2001:db8:77".utf8),
            Data([9, 0x71, 0, 0xcb, 0xff, 0xff, 0, 0]), Data([0, 0x71, 0, 0xcb, 0xff, 0xff, 0, 0]),
            Data([9, 0x71, 0, 0xcb, 0, 0, 0, 0]), Data([1, 0, 0x77, 0, 0xb8, 0x0d, 1, 0x20]),
        ]

        private struct Result {
            var scores: [String]
            var entities: [String]
            /// The files in which an address stands.
            var files: Set<String>
            var isSnapshotRead: Bool
            var folder: TemporaryFolder
        }

        /// Half of the events, a restart from the snapshot, the other half.
        private static func result(_ privacy: String) throws -> Result {
            let folder = try TemporaryFolder()
            _ = try folder.write("privacy:\n" + privacy, to: "banrisk.yaml")
            for (part, half) in [lines[..<30], lines[30...]].enumerated() {
                let daemon = try RunningDaemon(folder, ["--geoip", Places.demo, "--config", folder("banrisk.yaml")])
                try daemon.feed(Array(half))
                try daemon.waitUntilApplied(part == 0 ? 30 : 60)
                #expect(try daemon.stop() == .exit(0))
            }
            let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            let files = names.filter { name in
                guard let data = FileManager.default.contents(atPath: folder(name)) else { return false }
                return spellings.contains { data.range(of: $0) != nil }
            }
            return Result(
                scores: try sqlite(
                    folder("banrisk.db"), "SELECT account, score, level, peak_score FROM accounts ORDER BY 1"),
                entities: try sqlite(
                    folder("banrisk.db"), "SELECT key FROM entities WHERE kind IN ('ip', 'prefix') ORDER BY 1"),
                files: Set(files.map { $0.split(separator: "/").first.map(String.init) ?? $0 }),
                isSnapshotRead: names.contains { $0.hasSuffix(".snapshot") }, folder: folder)
        }

        @Test func `scores are the same with pseudonyms of addresses, which alone are kept`() throws {
            let plain = try Self.result("  pseudonymize: []\n")
            #expect(plain.files.isSuperset(of: ["spool", "snapshots", "banrisk.db"]), "\(plain.files)")
            let keys = try TemporaryFolder()
            let key = try keys.write(
                "k1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", to: "keys")
            chmod(key, 0o400)
            let hidden = try Self.result("  pseudonymize: [ip]\n  key_file: \(key)\n")
            #expect(hidden.scores == plain.scores && hidden.scores.count == 60)
            #expect(hidden.isSnapshotRead && hidden.files == ["spool"], "\(hidden.files)")
            #expect(hidden.entities.count == plain.entities.count && hidden.entities != plain.entities)

            let ask = ["--config", hidden.folder("banrisk.yaml")]
            let names = try run(Places.banrisk, ["pseudonym", "ip", Self.v4] + ask)
            #expect(names.lines == ["ip\t179.163.160.181", "prefix\t179.163.160.0/24"], "\(names)")
            #expect(hidden.entities.contains("179.163.160.181"))
            let back = try run(Places.banrisk, ["pseudonym", "--reverse", "ip", "179.163.160.181"] + ask)
            #expect(back.lines == ["k1\t" + Self.v4])
            for command in ["explain", "appeals"] {
                let text = try run(Places.banrisk, [command, "a-58", "--database", hidden.folder("banrisk.db")]).output
                #expect(text.contains("addresses") && text.contains("are pseudonyms"))
                #expect(
                    try !run(Places.banrisk, [command, "a-58", "--database", plain.folder("banrisk.db")]).output
                        .contains(
                            "are pseudonyms"))
            }
        }
    }
}
