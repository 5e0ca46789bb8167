import Foundation
import TestSupport
import Testing

/// What shippers do to the socket, on purpose and by mistake.
extension ProcessTests {
    @Suite struct IntakeTests {
        @Test func `of a hundred clients at once, cut anywhere, every line arrives once`() throws {
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder)
            let each = 40
            var waiting = (0..<100).map { client in
                let lines = (0..<each).map { line in
                    let ip = "198.18.\(client).\(line)"
                    return Logs.event("login", "c\(client)-\(line)", at: 1_770_000_000 + line, #","ip":"\#(ip)""#)
                }
                return ArraySlice(Array(lines.joined().utf8))
            }
            let clients = try waiting.map { _ in try StreamClient(daemon.events) }
            try daemon.wait("all clients at once") { $0.intake.connections == clients.count }

            var generator = SeededGenerator(seed: 4)
            var open = Array(clients.indices)
            while let client = open.randomElement(using: &generator) {
                let piece = waiting[client].prefix(Int.random(in: 1...500, using: &generator))
                try clients[client].send(piece)
                waiting[client] = waiting[client].dropFirst(piece.count)
                if waiting[client].isEmpty { open.removeAll { $0 == client } }
            }
            let total = clients.count * each
            try daemon.waitUntilApplied(total)
            #expect(try daemon.stop() == .exit(0))
            #expect(try sqlite(daemon.database, "SELECT count(*) FROM accounts") == ["\(total)"])
            #expect(
                try sqlite(daemon.database, "SELECT frames, events, rejected FROM sources") == ["\(total)|\(total)|0"])
        }

        @Test func `garbage goes to quarantine with its reason, and everything else is kept`() throws {
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder)
            var accepted = 0
            var rejected: [String: Int] = [:]
            func login(_ name: String, _ more: String = "") -> String {
                Logs.event("login", name, at: 1_770_000_000, #","ip":"203.0.113.1""# + more)
            }
            /// One client, with an event before and behind what it sends.
            func client(_ name: String, _ bytes: [UInt8], events: Int = 0, _ reasons: [String: Int] = [:]) throws {
                try daemon.feed(Array(login("\(name)-before").utf8) + bytes + Array(login("\(name)-behind").utf8))
                accepted += events + 2
                rejected.merge(reasons, uniquingKeysWith: +)
            }
            func padded(to count: Int) -> [UInt8] {
                let empty = login("padded-\(count)", #","attributes":{"x":""}"#)
                let filler = String(repeating: "x", count: count - (empty.utf8.count - 1))
                return Array(login("padded-\(count)", #","attributes":{"x":"\#(filler)"}"#).utf8)
            }

            try client("latin", [0x22, 0xe9, 0x22, 0x0a], ["invalid_utf8": 1])
            try client("half", Array("{\"ts\":1,\"type\":\"lo\n".utf8), ["invalid_json": 1])
            try client("array", Array("[1]\n".utf8), ["not_an_object": 1])
            try client(
                "deep", Array((#"{"a":"# + String(repeating: "[", count: 100) + "\n").utf8), ["nested_too_deep": 1])
            try client("bare", Array("{}\n".utf8), ["missing_field": 1])
            try client("text", Array(login("t", #","device":7"#).utf8), ["wrong_type": 1])
            try client("type", Array(Logs.event("dance", "t", at: 1).utf8), ["unknown_type": 1])
            try client(
                "address", Array(Logs.event("login", "t", at: 1, #","ip":"300.1.1.1""#).utf8), ["invalid_value": 1])
            try client("year", Array(Logs.event("logout", "t", at: -1).utf8), ["time_out_of_range": 1])
            let name = String(repeating: "n", count: 513)
            try client("name", Array(Logs.event("logout", name, at: 1).utf8), ["field_too_long": 1])
            try client(
                "long", padded(to: 70 * 1024) + padded(to: 65_537) + padded(to: 65_536), events: 1,
                ["frame_too_long": 2])
            try client("empty", Array("\n\r\n\n\n".utf8))
            try client("crlf", Array(login("dos").replacing("\n", with: "\r\n").utf8), events: 1)

            // A stream that ends in the middle of a line: what is whole is an event, what is not is kept apart.
            try daemon.feed(login("unterminated").dropLast().utf8)
            accepted += 1
            try daemon.feed((login("gone") + login("broken").dropLast(20)).utf8)
            accepted += 1
            rejected["unterminated"] = 1

            // The noise has no reason known beforehand; each line of it must have one of these.
            var generator = SeededGenerator(seed: 5)
            let noise = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) } + [0x0a]
            let noisy = noise.split(separator: 0x0a).count { !($0 == [0x0d]) }
            let total = accepted + rejected.values.reduce(0, +)
            try daemon.waitUntilApplied(total)
            try daemon.feed(noise)
            try daemon.waitUntilApplied(total + noisy)
            #expect(
                try sqlite(
                    daemon.database,
                    """
                    SELECT count(*) FROM quarantine
                    WHERE seq > \(total) AND reason IN ('invalid_utf8', 'invalid_json', 'not_an_object')
                    """) == ["\(noisy)"])

            let reasons = try sqlite(
                daemon.database,
                "SELECT reason, count(*) FROM quarantine WHERE seq <= \(total) GROUP BY reason ORDER BY reason")
            #expect(reasons == rejected.sorted { $0.key < $1.key }.map { "\($0.key)|\($0.value)" })
            #expect(
                try sqlite(
                    daemon.database, "SELECT DISTINCT length(bytes) FROM quarantine WHERE reason = 'frame_too_long'")
                    == ["4096"])
            #expect(
                try sqlite(
                    daemon.database,
                    "SELECT hex(bytes) FROM quarantine WHERE reason = 'invalid_utf8' AND seq <= \(total)")
                    == ["22E922"])
            #expect(
                try sqlite(daemon.database, "SELECT count(*) FROM accounts") == ["\(accepted)"])
            let counts = "SELECT frames, events, rejected FROM sources"
            let status = try daemon.status()
            #expect(status.intake.oversized == 2 && status.intake.unterminated == 2 && status.intake.connections == 0)
            #expect(try daemon.stop() == .exit(0))
            #expect(
                try sqlite(daemon.database, counts) == ["\(total + noisy)|\(accepted)|\(total + noisy - accepted)"])
        }

        @Test func `while the daemon stands still, a client's write waits, and nothing is lost`() throws {
            let folder = try TemporaryFolder()
            let configuration = try folder.write("spool:\n  pending_bytes: 1 MiB\n", to: "banrisk.yaml")
            let daemon = try RunningDaemon(folder, ["--config", configuration])
            let lines = (0..<12_000).map { index in
                let filler = String(repeating: "x", count: 200)
                return Logs.event(
                    "logout", "user-\(index % 50)", at: 1_770_000_000 + index, #","attributes":{"x":"\#(filler)"}"#)
            }
            let bytes = Array(lines.joined().utf8)
            #expect(bytes.count > 3 << 20)

            let client = try StreamClient(daemon.events)
            try daemon.wait("the client") { $0.intake.connections == 1 }
            daemon.process.signal(SIGSTOP)
            try daemon.process.waitUntilStopped()
            var sent = 0
            while true {
                let count = try client.sendWhatFits(bytes[sent...])
                if count == 0 { break }
                sent += count
            }
            // The kernel's buffer is full, and far less than everything.
            #expect(sent > 0 && sent < 1 << 20)
            #expect(try client.sendWhatFits(bytes[sent...]) == 0)

            daemon.process.signal(SIGCONT)
            try client.send(bytes[sent...])
            try daemon.waitUntilApplied(lines.count)
            #expect(try daemon.stop() == .exit(0))
            #expect(
                try sqlite(daemon.database, "SELECT frames, bytes, events FROM sources")
                    == ["\(lines.count)|\(bytes.count - lines.count)|\(lines.count)"])
        }
    }
}
