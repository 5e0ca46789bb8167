import Foundation
import Glibc
import HTTPTypes
import Intake
import RiskModel
import Store
import Synchronization
import Testing

@testable import API

/// What an unprivileged program on the host, or a broken client, could try.
@Suite struct HostileClientTests {
    @Test(arguments: [
        // A request that two parsers could cut in two ways.
        (
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/audit HTTP/1.1\r\nHost: x\r\n\r\n",
            400
        ),
        (
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            400
        ),
        ("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400),
        ("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd", 400),
        ("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nabcd", 400),
        ("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400),
        ("POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ("POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400),
        ("POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400),
        ("POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        ("POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        // No HTTP.
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", 400), ("hello\r\n\r\n", 400),
        ("GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400), ("GET\t/healthz\tHTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\nHost: x\n\n", 400), ("GET /healthz HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\u{0}b\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
        ("BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET /healthz HTTP/1.1\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        // Methods that are known and not for here.
        ("TRACE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405), ("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        // Targets.
        ("GET /v1/\u{0} HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET /v1/acc\u{e9}nts HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET //etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /v1/%61ccounts HTTP/1.1\r\nHost: x\r\n\r\n", 404), ("GET /v1/accounts/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /V1/ACCOUNTS HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /v1/accounts;x=y HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /v1/accounts/%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts/%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts/%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts/%c0%af HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts/alice%00x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts/% HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts?limit=1&limit=2 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts?limit=1e3 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts?limit=-1 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts?limit=99999999999999999999 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts?minimum_score=nan HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts?after=AAAA HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/accounts?unknown=1 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("GET /v1/alerts/stream HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 1 OR 1\r\n\r\n", 400),
    ])
    func `what is wrong is answered as a problem, and the server goes on`(request: String, status: Int) async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            // Scalars up to U+00FF as bytes.
            try client.send(request.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
            client.finishSending()
            let reply = try client.read()
            #expect(reply.status == status)
            #expect(reply.headers["content-type"] == "application/problem+json")
            #expect(try reply.json["status"] as? Int == status)
            #expect(try RawClient(harness.socket).ask("GET", "/healthz").status == 200)
            #expect(harness.sink.lines.isEmpty)
        }
    }

    @Test func `a header that is too large ends the connection, and so does one that never ends`() async throws {
        try await serving { harness in
            for header in [
                "X: " + String(repeating: "y", count: 9_000), (0..<65).map { "X\($0): y" }.joined(separator: "\r\n"),
            ] {
                let reply = try RawClient(harness.socket).ask("GET", "/healthz", headers: [header])
                #expect(reply.status == 431)
            }
            let long = try RawClient(harness.socket).ask("GET", "/v1/accounts/" + String(repeating: "a", count: 20_000))
            #expect([414, 431].contains(long.status))
            #expect(try RawClient(harness.socket).ask("GET", "/healthz").status == 200)
        }
    }

    @Test(arguments: [
        ("GET /healthz HTTP/1.1\r\nHost: x\r\n", "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"),
        ("GET /", "aaaaaaaaaaaaaaaa"),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", "yyyyyyyyyyyyyyyy"), ("GET /healthz HTTP/1.1\r\nHost: x\r\n", "\r"),
    ])
    func `a head that never ends is not collected`(start: String, more: String) async throws {
        var limits = APILimits()
        limits.lingerSeconds = 0.1
        try await serving(limits: limits) { harness in
            let client = try RawClient(harness.socket)
            try client.send(start)
            let piece = Array(String(repeating: more, count: 4_096 / more.utf8.count).utf8)
            var sent = 0
            // Far more than anybody would collect; it is refused at some kilobytes, and read away for a moment.
            while sent < 8 << 30, (try? client.send(piece)) != nil { sent += piece.count }
            #expect(sent < 8 << 30)
            #expect([400, 431].contains(try client.read().status))
        }
    }

    @Test func `bodies have a limit, unpacked too, and together`() async throws {
        var limits = APILimits()
        limits.eventBytes = 2 << 20
        limits.bufferedBytes = 3 << 20
        try await serving(limits: limits) { harness in
            let large = [UInt8](repeating: UInt8(ascii: " "), count: 2 << 20)
            #expect(try RawClient(harness.socket).ask("POST", "/v1/events", body: large).status == 200)
            #expect(try RawClient(harness.socket).ask("POST", "/v1/events", body: large + [0x20]).status == 413)
            // A hundred megabytes of spaces in a hundred kilobytes.
            let bomb = try Gzip.pack([UInt8](repeating: UInt8(ascii: " "), count: 100 << 20))
            #expect(
                try RawClient(harness.socket).ask("POST", "/v1/events", headers: ["Content-Encoding: gzip"], body: bomb)
                    .status == 413)
            // Within the limit, but packed as no events are.
            let tight = try Gzip.pack(large)
            #expect(
                try RawClient(harness.socket).ask(
                    "POST", "/v1/events", headers: ["Content-Encoding: gzip"], body: tight
                ).status == 413)
            // Two at once are more than all may be.
            let first = try RawClient(harness.socket)
            try first.send(
                Array("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: \(large.count)\r\n\r\n".utf8)
                    + large.dropLast())
            let status = try RawClient(harness.socket)
            while try !status.ask("GET", "/metrics").text.contains("banrisk_http_body_bytes 20971") { usleep(1_000) }
            #expect(try RawClient(harness.socket).ask("POST", "/v1/events", body: large).status == 503)
            try first.send([0x20])
            #expect(try first.read().status == 200)
            #expect(try RawClient(harness.socket).ask("POST", "/v1/events", body: large).status == 200)
            #expect(
                try RawClient(harness.socket).ask("POST", "/v1/verdicts", body: Array(large.prefix(70_000))).status
                    == 413)
        }
    }

    @Test func `who is slow is cut off: with the head, with the body, with reading`() async throws {
        var limits = APILimits()
        limits.headSeconds = 0.3
        limits.bodyPauseSeconds = 0.3
        limits.writeSeconds = 0.3
        limits.lingerSeconds = 0.1
        try await serving(limits: limits) { harness in
            let idle = try RawClient(harness.socket)
            let head = try RawClient(harness.socket)
            try head.send("GET /healthz HTTP/1.1\r\nHo")
            let body = try RawClient(harness.socket)
            try body.send("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{}")
            #expect(idle.isClosed())
            #expect(head.isClosed())
            #expect(try body.read().status == 408)
            #expect(body.isClosed())
            // Asks for more than a socket holds, again and again, and reads nothing.
            let deaf = try RawClient(harness.socket)
            let request = Array("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            var isCut = false
            for _ in 0..<100_000 where !isCut { isCut = (try? deaf.send(request)) == nil }
            #expect(isCut)
            let faults = try RawClient(harness.socket).ask("GET", "/metrics").text
            for fault in ["idle", "slow_body", "unread"] {
                #expect(faults.contains("banrisk_http_faults_total{fault=\"\(fault)\"}"))
            }
        }
    }

    @Test func `a byte now and then does not keep a head or a body open`() async throws {
        var limits = APILimits()
        limits.headSeconds = 0.5
        limits.bodyPauseSeconds = 0.5
        limits.lingerSeconds = 0.1
        try await serving(limits: limits) { harness in
            for start in [
                "GET /healthz HTTP/1.1\r\nHost: x\r\nX: ",
                "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n",
            ] {
                let client = try RawClient(harness.socket)
                try client.send(start)
                var count = 0
                while count < 1_000, !client.hasBytes, (try? client.send("y")) != nil {
                    count += 1
                    usleep(10_000)
                }
                #expect(count < 1_000)
            }
        }
    }

    @Test func `requests behind each other are answered in their order, the bad one behind the good`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let requests = (0..<50).map { "GET /v1/accounts/alice\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
            try client.send(requests + "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n")
            for _ in 0..<50 { #expect(try client.read().status == 404) }
            #expect(try client.read().status == 200)
            #expect(try client.read().status == 400)
            #expect(client.isClosed())
        }
    }

    @Test func `what is left of a refused body is not taken for a request`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let smuggled = "POST /v1/reload HTTP/1.1\r\nHost: x\r\n\r\n"
            try client.send("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + smuggled)
            let reply = try client.read()
            #expect(reply.status == 404)
            #expect(reply.headers["connection"] == "close")
            _ = try? client.send(String(repeating: smuggled, count: 40))
            #expect(client.isClosed())
            #expect(harness.desk.state.withLock { $0.audit.isEmpty })
        }
    }

    @Test func `SQL in any parameter is a text like any other`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let attempts = [
                "'", "' OR '1'='1", "\"; DROP TABLE alerts; --", "1 UNION SELECT * FROM audit", "%", "_", "alice'--",
                "\\", "$.x", "*",
            ]
            for route in Endpoints.all
            where route.methods == [.get] && route.answerType == "application/json" && route.path != "/v1/audit" {
                for parameter in route.parameters {
                    for attempt in attempts {
                        let value = Target.encode(attempt)
                        let path = route.path.replacing("{\(parameter.name)}", with: value).replacing(
                            "{account}", with: "alice"
                        ).replacing("{id}", with: "1")
                        let target = parameter.place == .path ? path : "\(path)?\(parameter.name)=\(value)"
                        let reply = try client.ask("GET", target)
                        #expect([200, 400, 404].contains(reply.status), "\(target)")
                        // No name and no key of the shelf is called so: what matches is a fault.
                        if reply.status == 200 {
                            let found = try reply.json.values.compactMap { $0 as? [Any] }.flatMap(\.self)
                            #expect(found.isEmpty, "\(target)")
                        }
                    }
                }
            }
            let count = try client.ask("GET", "/v1/accounts").json["accounts"] as? [Any]
            #expect(count?.count == Shelf.names.count)
        }
    }

    @Test func `a thousand connections of one user leave the server fit for others`() async throws {
        var limits = APILimits()
        limits.connectionsPerUser = 20
        // The test's own user is the only one there is: over TCP comes another.
        try await serving(limits: limits, tcp: true) { harness in
            var clients: [RawClient] = []
            for _ in 0..<1_000 { if let client = try? RawClient(harness.socket) { clients.append(client) } }
            let refused = try #require(clients.last)
            #expect(try refused.read().status == 503)
            let other = try RawClient(port: #require(harness.port))
            let metrics = try other.ask("GET", "/metrics", headers: ["Authorization: Bearer \(Harness.token)"]).text
            #expect(metrics.contains("banrisk_http_connections 21\n"))
            clients = []
            while true {
                let reply = try? RawClient(harness.socket).ask("GET", "/healthz")
                if reply?.status == 200 { break }
            }
        }
    }

    @Test func `names that are HTML or escape sequences leave as JSON that no browser and no terminal obeys`()
        async throws
    {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            for target in ["/v1/accounts", "/v1/alerts", "/v1/quarantine", "/v1/campaigns/1", "/v1/verdicts"] {
                let reply = try client.ask("GET", target)
                #expect(reply.headers["content-type"] == "application/json")
                #expect(reply.headers["x-content-type-options"] == "nosniff")
                #expect(reply.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
                #expect(reply.body.allSatisfy { $0 >= 0x20 })
            }
        }
    }
}
