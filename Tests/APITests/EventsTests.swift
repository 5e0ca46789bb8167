import Foundation
import RiskModel
import Synchronization
import Testing

@testable import API
@testable import Assembly

@Suite struct EventsTests {
    @Test(arguments: [
        ("application/x-ndjson", "{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}", ["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"]),
        (
            "application/json", "[{\"a\":1}, {\"a\":\n2},{\"a\":\"],[\\\"\"}]",
            ["{\"a\":1}", "{\"a\": 2}", "{\"a\":\"],[\\\"\"}"]
        ),
        ("application/json", "{\"a\":\n 1\n}", ["{\"a\":  1 }"]),
        ("application/json; charset=utf-8", "{\"a\":1}\n{\"a\":2}", ["{\"a\":1}", "{\"a\":2}"]),
        ("application/json", "[]", []),
        ("application/json", " [ ] ", []),
        ("application/x-www-form-urlencoded", " [{\"a\":1}]", ["{\"a\":1}"]),
        ("application/octet-stream", "{\"a\":1}\n{\"a\":2}\n", ["{\"a\":1}", "{\"a\":2}"]),
        ("text/plain", "[{\"a\":1}]", ["[{\"a\":1}]"]),
        (
            "application/json", "[{\"a\":1},garbage here,{\"a\":2}] rest",
            ["{\"a\":1}", "garbage", "here", "{\"a\":2}", "rest"]
        ),
        ("application/json", "[{\"a\":1},{\"a\":", ["{\"a\":1}", "{\"a\":"]),
        ("application/json", "{\"a\":\"\\", ["{\"a\":\"\\"]),
        ("application/json", "}]", ["}", "]"]),
        ("application/json", "", []),
    ])
    func `a body is cut into its events, whatever form it has`(type: String, body: String, events: [String])
        async throws
    {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            for method in ["POST", "PUT"] {
                let reply = try client.ask(
                    method, "/v1/events", headers: ["Content-Type: \(type)"], body: Array(body.utf8))
                #expect(reply.status == 200)
                let json = try reply.json
                #expect((json["accepted"] as? Int ?? 0) + (json["rejected"] as? Int ?? 0) == events.count)
            }
            #expect(harness.sink.texts == events + events)
            #expect(harness.sink.lines.allSatisfy { $0.source == .http && $0.flags.isEmpty })
        }
    }

    /// Every way to cut a valid document is the one of Foundation.
    @Test(arguments: 0..<40)
    func `an array of any values is cut as Foundation reads it`(seed: Int) async throws {
        var random = SystemRandomNumberGenerator()
        func value(_ depth: Int) -> Any {
            switch Int.random(in: 0..<(depth > 3 ? 4 : 6), using: &random) {
            case 0: return Int.random(in: -9...9, using: &random)
            case 1: return ["", "]", "[,{", "\\", "\"\\\"", "a\nb\u{1}", "é𝒳"].randomElement(using: &random) ?? ""
            case 2: return Bool.random(using: &random)
            case 3: return NSNull()
            case 4: return (0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth + 1) }
            default:
                return Dictionary(
                    (0..<Int.random(in: 0...3, using: &random)).map { ("k\"]\($0)", value(depth + 1)) },
                    uniquingKeysWith: { $1 })
            }
        }
        let array = (0..<Int.random(in: 0...8, using: &random)).map { _ in value(0) }
        let options: JSONSerialization.WritingOptions = Bool.random(using: &random) ? [.prettyPrinted] : []
        let data = try JSONSerialization.data(withJSONObject: array, options: options)
        var splitter = JSONValueSplitter(Array(data))
        var found: [Any] = []
        let ending = try splitter.split { line, flags in
            var bytes: [UInt8] = []
            bytes.append(copying: line)
            #expect(!bytes.contains(0x0a) && flags.isEmpty)
            found.append(try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed))
        }
        #expect(ending == .whole)
        #expect(found as NSArray == array as NSArray)
    }

    @Test func `what is no event is told by its place, taken all the same, and counted beyond a hundred`() async throws
    {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let lines = (1...300).map { $0 % 2 == 0 ? "no event \($0)" : "{\"n\":\($0)}" }
            let reply = try client.ask("POST", "/v1/events", body: Array(lines.joined(separator: "\n").utf8))
            #expect(reply.status == 200)
            let json = try reply.json
            #expect(json["accepted"] as? Int == 150)
            #expect(json["rejected"] as? Int == 150)
            #expect(json["through"] as? Int == 300)
            let faults = try #require(json["faults"] as? [[String: Any]])
            #expect(faults.compactMap { $0["line"] as? Int } == (1...100).map { 2 * $0 })
            #expect(faults.allSatisfy { $0["reason"] as? String == "invalid_json" })
            #expect(harness.sink.texts == lines)
        }
    }

    @Test func `the answer is sent when all of it is on disk, and not before`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            harness.sink.hold()
            try client.send("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{\"a\":1}")
            while harness.sink.lines.isEmpty { usleep(1_000) }
            // Another request is answered meanwhile; nothing has come on this connection.
            #expect(try RawClient(harness.socket).ask("GET", "/healthz").status == 200)
            #expect(!client.hasBytes)
            harness.sink.release()
            #expect(try client.read().status == 200)
        }
    }

    @Test func `a disk that does not take it in time is said to be one, and nothing is promised`() async throws {
        var limits = APILimits()
        limits.durableSeconds = 0.2
        try await serving(limits: limits) { harness in
            let client = try RawClient(harness.socket)
            harness.sink.hold()
            let reply = try client.ask("POST", "/v1/events", body: Array("{}".utf8))
            #expect(reply.status == 503)
            #expect(reply.headers["retry-after"] == "5")
        }
    }

    @Test func `a request that is repeated under its key stores nothing twice, and loses nothing of another body`()
        async throws
    {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let body = Array("{\"a\":1}\n{\"a\":2}\n".utf8)
            let key = ["Idempotency-Key: batch-7"]
            let first = try client.ask("POST", "/v1/events", headers: key, body: body).json
            let second = try client.ask("POST", "/v1/events", headers: key, body: body).json
            #expect(first["repeated"] as? Int == 0)
            #expect(second["repeated"] as? Int == 2)
            #expect(second["through"] as? Int == 2)
            #expect(harness.sink.texts == ["{\"a\":1}", "{\"a\":2}"])
            // The same key by mistake for other events: they are stored.
            _ = try client.ask("POST", "/v1/events", headers: key, body: Array("{\"a\":3}\n".utf8))
            // Packed otherwise, but the same events: they are not.
            _ = try client.ask("POST", "/v1/events", headers: key + ["Content-Encoding: gzip"], body: Gzip.pack(body))
            #expect(harness.sink.texts == ["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"])
            #expect(harness.sink.lines.map(\.origin.ordinal) == [1, 2, 1])
            #expect(
                try client.ask(
                    "POST", "/v1/events", headers: ["Idempotency-Key: \(String(repeating: "k", count: 256))"],
                    body: body
                ).status == 400)
        }
    }

    @Test func `gzip is unpacked, in several members and any pieces, and refused where it is cut or no gzip`()
        async throws
    {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let lines = (0..<2_000).map { "{\"n\":\($0),\"x\":\"\(UInt64.random(in: .min ... .max))\"}" }
            let half = Array(lines[..<1_000].joined(separator: "\n").utf8) + [0x0a]
            let packed = try Gzip.pack(half) + Gzip.pack(Array(lines[1_000...].joined(separator: "\n").utf8))
            #expect(
                try client.ask("POST", "/v1/events", headers: ["Content-Encoding: gzip"], body: packed).status == 200)
            #expect(harness.sink.texts == lines)
            // In chunks of one byte to thousands.
            try client.send(
                "PUT /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n")
            var rest = packed[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...5_000))
                rest = rest.dropFirst(piece.count)
                try client.send(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8))
            }
            try client.send("0\r\n\r\n")
            #expect(try client.read().json["accepted"] as? Int == 2_000)
            for broken in [Array(packed.dropLast(3)), packed + [1, 2, 3], Array("no gzip".utf8)] {
                let reply = try RawClient(harness.socket).ask(
                    "POST", "/v1/events", headers: ["Content-Encoding: gzip"], body: broken)
                #expect(reply.status == 400)
            }
            #expect(
                try RawClient(harness.socket).ask("POST", "/v1/events", headers: ["Content-Encoding: br"], body: packed)
                    .status == 415)
            #expect(harness.sink.lines.count == 4_000)
        }
    }

    @Test func `who asks before he sends is told to go on, or not to`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            try client.send("PUT /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            #expect(try client.read().status == 100)
            try client.send("{}")
            #expect(try client.read().status == 200)
            let large = try RawClient(harness.socket)
            try large.send(
                "PUT /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n")
            #expect(try large.read().status == 413)
            let odd = try RawClient(harness.socket)
            try odd.send("PUT /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: miracles\r\n\r\n")
            #expect(try odd.read().status == 417)
        }
    }

    @Test func `a sender who goes away in the middle leaves nothing behind`() async throws {
        try await serving { harness in
            for end in ["closed", "half"] {
                let client = try RawClient(harness.socket)
                try client.send(
                    "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"a\":1}\n{\"a\":2}\n")
                if end == "half" {
                    client.finishSending()
                    #expect(try client.read().status == 400)
                }
            }
            let chunked = try RawClient(harness.socket)
            try chunked.send(
                "POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"a\":1}\r\n\r\n")
            chunked.finishSending()
            #expect(try chunked.read().status == 400)
            #expect(try RawClient(harness.socket).ask("POST", "/v1/events", body: Array("{}".utf8)).status == 200)
            #expect(harness.sink.texts == ["{}"])
        }
    }

    @Test func `nothing is taken while the spool takes nothing, or when it is closed`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            harness.desk.state.withLock { $0.status.spool.stalled = "full" }
            let reply = try client.ask(
                "POST", "/v1/events", headers: ["Connection: keep-alive"], body: Array("{}".utf8))
            #expect(reply.status == 503)
            #expect(reply.headers["retry-after"] == "5")
            harness.desk.state.withLock { $0.status.spool.stalled = nil }
            harness.sink.close()
            #expect(try RawClient(harness.socket).ask("POST", "/v1/events", body: Array("{}".utf8)).status == 503)
            #expect(harness.sink.lines.isEmpty)
        }
    }

    @Test func `a line that is too long is cut and marked`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let long = "{\"x\":\"\(String(repeating: "y", count: 70_000))\"}"
            for type in ["application/json", "application/x-ndjson"] {
                let reply = try client.ask(
                    "POST", "/v1/events", headers: ["Content-Type: \(type)"], body: Array("\(long)\n{}".utf8))
                #expect(try (reply.json["faults"] as? [[String: Any]])?.first?["reason"] as? String == "frame_too_long")
            }
            #expect(harness.sink.lines.map(\.flags) == [.oversized, [], .oversized, []])
            #expect(harness.sink.texts[0].utf8.count == Frame.keptOfOversized)
        }
    }
}

/// Packs with the program gzip, which knows nothing of ours.
enum Gzip {
    static func pack(_ bytes: [UInt8]) throws -> [UInt8] {
        try Tool.run("/usr/bin/env", ["gzip", "-c"], input: bytes)
    }
}

enum Tool {
    /// Runs a program, and gives what it writes.
    static func run(_ path: String, _ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let (standardInput, standardOutput) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        try process.run()
        let handle = standardInput.fileHandleForWriting
        Thread.detachNewThread {
            try? handle.write(contentsOf: Data(input))
            try? handle.close()
        }
        let data = standardOutput.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Array(data)
    }
}
