import Foundation
import RiskModel
import Store
import Synchronization
import Testing

@testable import API
@testable import Assembly

@Suite struct EndpointTests {
    @Test func `every account that is listed can be read by its name, whatever characters it has`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let list = try client.ask("GET", "/v1/accounts")
            #expect(list.status == 200)
            #expect(list.headers["content-type"] == "application/json")
            #expect(list.headers["cache-control"] == "no-store")
            #expect(list.headers["x-content-type-options"] == "nosniff")
            let accounts = try #require(try list.json["accounts"] as? [[String: Any]])
            #expect(accounts.compactMap { $0["account"] as? String } == Shelf.names.reversed())
            for name in Shelf.names {
                let escaped = try #require(name.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                let reply = try client.ask("GET", "/v1/accounts/\(escaped)")
                #expect(reply.status == 200)
                #expect(try reply.json["account"] as? String == name)
            }
        }
    }

    @Test(arguments: [
        "/v1/accounts?order=score", "/v1/accounts?order=account", "/v1/accounts?order=recent",
        "/v1/entities?order=strength",
        "/v1/entities?order=count", "/v1/entities?order=key", "/v1/entities?order=recent", "/v1/alerts?order=newest",
        "/v1/alerts?order=oldest", "/v1/campaigns?merged=true", "/v1/verdicts?in_force=true",
        "/v1/quarantine?order=newest",
        "/v1/quarantine?order=oldest", "/v1/audit?action=accounts.list",
    ])
    func `pages put together are the whole list, in its order`(target: String) async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            for _ in 0..<5 { _ = try client.ask("GET", "/v1/accounts") }
            let name = String(target.dropFirst(4).prefix { $0 != "?" })
            // The audit grows by what is asked; of the others this is one page.
            let whole = try #require(try client.ask("GET", target + "&limit=1000").json[name] as? [NSDictionary])
            #expect(whole.count >= 3)
            var pages: [NSDictionary] = []
            var next: String? = target + "&limit=3"
            while let path = next {
                let reply = try client.ask("GET", path)
                pages += try #require(try reply.json[name] as? [NSDictionary])
                next = try reply.json["next"] as? String
                #expect(reply.headers["link"] == next.map { "<\($0)>; rel=\"next\"" })
            }
            #expect(pages == whole)
        }
    }

    @Test func `what was read is not sent again, and is when it has changed`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            for target in ["/v1/accounts/alice", "/v1/accounts/alice/explanation", "/v1/rules", "/openapi.json"] {
                let first = try client.ask("GET", target)
                let tag = try #require(first.headers["etag"])
                let again = try client.ask("GET", target, headers: ["If-None-Match: \"x\", \(tag)"])
                #expect(again.status == 304)
                #expect(again.body.isEmpty)
                #expect(try client.ask("GET", target, headers: ["If-None-Match: \"x\""]).status == 200)
            }
            let before = try client.ask("GET", "/v1/accounts/alice").headers["etag"] ?? ""
            try harness.desk.state.withLock { try Shelf.alert(#require($0.writer), account: "alice", seq: 300) }
            #expect(try client.ask("GET", "/v1/accounts/alice", headers: ["If-None-Match: \(before)"]).status == 200)
        }
    }

    @Test func `HEAD says what GET says, without a body, and OPTIONS what can be asked`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            for target in ["/v1/accounts", "/v1/accounts/alice", "/v1/status", "/metrics", "/nothing"] {
                let get = try client.ask("GET", target)
                let head = try client.ask("HEAD", target)
                #expect(head.status == get.status)
                #expect(head.headers["content-type"] == get.headers["content-type"])
                #expect(head.headers["content-length"] != nil)
            }
            // Of a stream there is nothing to say before it begins.
            #expect(try client.ask("HEAD", "/v1/alerts/stream").status == 405)
            let options = try client.ask("OPTIONS", "/v1/verdicts")
            #expect(options.status == 204)
            #expect(options.headers["allow"] == "GET, HEAD, OPTIONS, POST")
            #expect(try client.ask("OPTIONS", "*").status == 204)
            let wrong = try client.ask("DELETE", "/v1/accounts")
            #expect(wrong.status == 405)
            #expect(wrong.headers["allow"] == "GET, HEAD, OPTIONS")
        }
    }

    @Test func `the points of an explanation add up to the score`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let json = try client.ask("GET", "/v1/accounts/alice/explanation").json
            let parts = try #require(json["contributions"] as? [[String: Any]])
            let sum = parts.compactMap { $0["points"] as? Double }.reduce(0, +)
            #expect(abs(sum - (json["score"] as? Double ?? -1)) < 0.001)
            #expect((json["verdict_in_force"] as? [String: Any])?["verdict"] as? String == "cleared")
            let appeal = try client.ask("GET", "/v1/accounts/alice/appeal").json
            #expect((appeal["for_the_reply"] as? String)?.contains("the account alice") == true)
        }
    }

    @Test func `a verdict reaches the daemon as it was given, by whom the kernel names`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let body = #"{"accounts":["alice","bob"],"verdict":"cleared","why":"a school","until":"90d"}"#
            let reply = try client.ask("POST", "/v1/verdicts", body: Array(body.utf8))
            #expect(reply.status == 200)
            #expect(try reply.json["recorded"] as? Int == 2)
            let given = try #require(harness.desk.state.withLock { $0.verdicts.first })
            #expect(given.request.accounts == ["alice", "bob"])
            #expect(given.request.kind == .cleared)
            #expect(given.request.expiry == .after(Interval(seconds: 90 * 86_400)))
            #expect(given.peer.uid == geteuid())
        }
    }

    @Test(arguments: [
        (#"{"accounts":["a"],"verdict":"cleared"}"#, 400), (#"{"accounts":["a"],"verdict":"loved","why":"x"}"#, 400),
        (#"{"accounts":["a"],"verdict":"cleared","why":"x","untill":"never"}"#, 400),
        (#"{"accounts":["a"],"verdict":"cleared","why":"x","until":"soon"}"#, 400), (#"{"accounts":"a"}"#, 400),
        ("[]", 400), ("{", 400), ("", 400),
        (String(repeating: "[", count: 60_000), 400), (#"{"accounts":[],"verdict":"cleared","why":"x"}"#, 422),
        (#"{"accounts":[""],"verdict":"cleared","why":"x"}"#, 422),
        (#"{"accounts":["a"],"verdict":"cleared","why":" "}"#, 422),
        (#"{"accounts":["a"],"verdict":"cleared","why":"x\u001b[31m"}"#, 422),
        (#"{"accounts":["a"],"verdict":"withdrawn","why":"x","until":"never"}"#, 422),
    ])
    func `a verdict that is none is refused with what is wrong, and does not reach the daemon`(
        body: String, status: Int
    ) async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let reply = try client.ask("POST", "/v1/verdicts", body: Array(body.utf8))
            #expect(reply.status == status)
            #expect(reply.headers["content-type"] == "application/problem+json")
            #expect(try (reply.json["detail"] as? String)?.isEmpty == false)
            #expect(harness.desk.state.withLock { $0.verdicts.isEmpty })
        }
    }

    @Test func `the quarantine is changed by what is selected, and by nothing that is not understood`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            #expect(try client.ask("POST", "/v1/quarantine/retry", body: Array(#"{"seqs":[7,9]}"#.utf8)).status == 200)
            #expect(
                try client.ask("POST", "/v1/quarantine/drop", body: Array(#"{"reason":"invalid_json"}"#.utf8)).status
                    == 200)
            #expect(
                try client.ask("POST", "/v1/quarantine/drop", body: Array(#"{"all":true,"except":[1]}"#.utf8)).status
                    == 400)
            let requests = harness.desk.state.withLock { $0.quarantine }
            #expect(requests.map(\.action) == [.retry, .drop])
            #expect(requests.map(\.selection.rows) == [.seqs([7, 9]), .reason(.invalidJSON)])
        }
    }

    @Test func `a reload that is refused says its faults`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            #expect(try client.ask("POST", "/v1/reload").json["configuration"] as? Int == 7)
            harness.desk.state.withLock { $0.reloadAnswer = .refused(["rules.yaml:3: what is this"]) }
            let refused = try client.ask("POST", "/v1/reload")
            #expect(refused.status == 422)
            #expect(try refused.json["faults"] as? [String] == ["rules.yaml:3: what is this"])
        }
    }

    @Test func `readiness says what is amiss`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            #expect(try client.ask("GET", "/readyz").status == 200)
            harness.desk.state.withLock { $0.status.spool.stalled = "no space on /var/lib/secret" }
            let stalled = try client.ask("GET", "/readyz")
            #expect(stalled.status == 503)
            #expect(!stalled.text.contains("secret"))
            #expect(try client.ask("GET", "/healthz").status == 200)
            harness.desk.state.withLock { $0.status.phase = .recovering }
            #expect(
                try client.ask("GET", "/readyz").json["faults"] as? [String] == [
                    "the state is being rebuilt: event 9 of 9", "the spool takes nothing",
                ])
        }
    }
}
