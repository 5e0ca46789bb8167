import Assembly
import Foundation
import Glibc
import RiskModel
import Store
import Synchronization
import Testing

@testable import API

@Suite struct StreamTests {
    private static func open(_ harness: Harness, _ query: String = "", _ headers: String = "") throws -> RawClient {
        let client = try RawClient(harness.socket)
        try client.send("GET /v1/alerts/stream\(query) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n")
        let head = try client.readHead()
        #expect(head.status == 200)
        #expect(head.headers["content-type"] == "text/event-stream")
        #expect(head.headers["cache-control"] == "no-store")
        #expect(try client.readEvent() == "retry: 2000\n: connected")
        return client
    }

    private static func id(_ event: String) -> Int? {
        event.split(separator: "\n").first { $0.hasPrefix("id: ") }.flatMap { Int($0.dropFirst(4)) }
    }

    private static func account(_ event: String) throws -> String? {
        let data = try #require(event.split(separator: "\n").first { $0.hasPrefix("data: ") }).dropFirst(6)
        return try (JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])?["account"] as? String
    }

    private static func alert(_ harness: Harness, _ account: String, _ seq: UInt64) throws {
        try harness.desk.state.withLock { try Shelf.alert(#require($0.writer), account: account, seq: seq) }
    }

    @Test func `alerts come as they are written, and none of those that were there`() async throws {
        try await serving { harness in
            let clients = try (0..<3).map { _ in try Self.open(harness) }
            for (number, name) in ["new", "two\nlines", "<b>"].enumerated() {
                try Self.alert(harness, name, 300 + UInt64(number))
                for client in clients {
                    let event = try client.readEvent()
                    #expect(Self.id(event) == Shelf.names.count + number + 1)
                    #expect(try Self.account(event) == name)
                }
            }
        }
    }

    @Test func `a client that comes back goes on behind the last that it has`() async throws {
        try await serving { harness in
            for client in try [
                Self.open(harness, "?after=7"), Self.open(harness, "", "Last-Event-ID: 7\r\n"),
                // What the client says that it has outranks where it once began.
                Self.open(harness, "?after=2", "Last-Event-ID: 7\r\n"),
            ] {
                for id in 8...Shelf.names.count { #expect(try Self.id(client.readEvent()) == id) }
            }
        }
    }

    @Test(arguments: [("", "Last-Event-ID: 4711\r\n"), ("?after=4711", ""), ("?after=9223372036854775807", "")])
    func `a place ahead of all alerts is from another database, and refused`(
        query: String, headers: String
    ) async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            try client.send("GET /v1/alerts/stream\(query) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n")
            #expect(try client.read().status == 400)
            // While the state is rebuilt the alerts may still come.
            harness.desk.state.withLock { $0.status.phase = .recovering }
            _ = try Self.open(harness, query, headers)
        }
    }

    @Test func `more alerts than are read at once come all, in their order`() async throws {
        try await serving { harness in
            for number in 0..<250 { try Self.alert(harness, "account-\(number)", 300 + UInt64(number)) }
            let client = try Self.open(harness, "?after=0")
            for id in 1...(Shelf.names.count + 250) { #expect(try Self.id(client.readEvent()) == id) }
        }
    }

    @Test func `a filter lets through what it names`() async throws {
        try await serving { harness in
            let client = try Self.open(harness, "?level=ban&account=wanted")
            try Self.alert(harness, "other", 300)
            try Self.alert(harness, "wanted", 301)
            #expect(try Self.account(client.readEvent()) == "wanted")
        }
    }

    @Test func `where nothing comes, a heartbeat does`() async throws {
        var limits = APILimits()
        limits.heartbeatSeconds = 0.1
        try await serving(limits: limits) { harness in
            let client = try Self.open(harness)
            for _ in 0..<3 { #expect(try client.readEvent() == ": still there") }
        }
    }

    @Test func `streams are bounded, and a place is free again when its client has gone`() async throws {
        var limits = APILimits()
        limits.streamsPerUser = 2
        limits.heartbeatSeconds = 0.05
        try await serving(limits: limits) { harness in
            var clients = try [Self.open(harness), Self.open(harness)]
            let reply = try RawClient(harness.socket).ask("GET", "/v1/alerts/stream")
            #expect(reply.status == 429)
            #expect(reply.headers["retry-after"] == "5")
            clients.removeLast()
            while try RawClient(harness.socket).ask("GET", "/metrics").text.contains("banrisk_http_streams 2\n") {
                usleep(1_000)
            }
            clients.append(try Self.open(harness))
        }
    }
}
