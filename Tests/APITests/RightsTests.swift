import Foundation
import Glibc
import HTTPTypes
import Intake
import RiskModel
import Store
import Synchronization
import Testing

@testable import API

@Suite struct RightsTests {
    /// As the user nobody, in these groups; needs root.
    private static func curl(_ harness: Harness, groups: [UInt32], _ arguments: [String]) throws -> String {
        let list = groups.isEmpty ? ["--clear-groups"] : ["--groups", groups.map(String.init).joined(separator: ",")]
        let output = try Tool.run(
            "/usr/bin/env",
            ["setpriv", "--reuid", "65534", "--regid", "65534"] + list
                + ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", harness.socket] + arguments)
        return String(decoding: output, as: UTF8.self)
    }

    /// Groups of this system that stand in for the roles.
    private static func access() -> (access: Access, shipper: UInt32, operator: UInt32, analyst: UInt32)? {
        let names = ["games", "mail", "news"]
        let numbers = names.compactMap { getgrnam($0)?.pointee.gr_gid }
        guard numbers.count == 3 else { return nil }
        return (
            Access(shippers: [names[0]], operators: [names[1]], analysts: [names[2]], owner: 0), numbers[0], numbers[1],
            numbers[2]
        )
    }

    @Test(.enabled(if: geteuid() == 0, "other users can only be tried as root"))
    func `each route is for its roles and for no other, by the groups that the kernel names`() async throws {
        let found = try #require(Self.access())
        try await serving(access: found.access) { harness in
            let groups: [(Roles, UInt32)] = [
                (.shipper, found.shipper), (.operator, found.operator), (.analyst, found.analyst),
            ]
            for route in Endpoints.all where route.answerType != AlertStream.type {
                let method = route.methods[0].rawValue
                let path = route.path.replacing("{account}", with: "alice").replacing("{id}", with: "1")
                for (role, group) in groups {
                    let status = try Self.curl(harness, groups: [group], ["-X", method, "http://localhost\(path)"])
                    #expect(
                        (status == "403") == route.roles.isDisjoint(with: role),
                        "\(method) \(path) as \(role.names): \(status)")
                }
            }
            for path in ["/healthz", "/metrics", "/v1/accounts", "/nothing"] {
                #expect(try Self.curl(harness, groups: [], ["http://localhost\(path)"]) == "403")
            }
            // Refusals of those who have a role are written down; who has none could fill the audit with them.
            let audit = harness.desk.state.withLock { $0.audit }
            #expect(
                audit.contains {
                    $0.outcome == .refused && $0.uid == 65_534 && $0.roles == "shipper" && $0.action == "accounts.list"
                })
            #expect(audit.allSatisfy { !$0.roles.isEmpty })
        }
    }

    @Test func `over TCP the token is all`() async throws {
        try await serving(tcp: true) { harness in
            let port = try #require(harness.port)
            for wrong in [
                [], ["Authorization: Bearer "], ["Authorization: Bearer a-token-of-some-lengtH"],
                ["Authorization: Basic \(Harness.token)"],
                ["Authorization: Bearer \(Harness.token)x"], ["Authorization: Bearer \(Harness.token.dropLast())"],
                ["Authorization: Bearer \(Harness.token)\(Harness.token)"],
            ] {
                let reply = try RawClient(port: port).ask("GET", "/v1/accounts", headers: wrong)
                #expect(reply.status == 401)
                #expect(reply.headers["www-authenticate"] == "Bearer realm=\"banrisk\"")
            }
            for right in ["Bearer \(Harness.token)", "bearer  \(Harness.token)"] {
                #expect(
                    try RawClient(port: port).ask("GET", "/v1/accounts", headers: ["Authorization: \(right)"]).status
                        == 200)
            }
            let entry =
                try RawClient(harness.socket).ask("GET", "/v1/audit?action=accounts.list").json["audit"]
                as? [[String: Any]]
            #expect(entry?.first?["user"] as? String == "api-token")
            #expect(entry?.first?["uid"] is NSNull)
            let verdict = #"{"accounts":["alice"],"verdict":"cleared","why":"known"}"#
            let given = try RawClient(port: port).ask(
                "POST", "/v1/verdicts", headers: ["Authorization: Bearer \(Harness.token)"],
                body: Array(verdict.utf8))
            #expect(given.status == 200)
            #expect(
                harness.desk.state.withLock { $0.verdicts.map(\.peer) } == [VerdictPeer(uid: nil, name: "api-token")])
        }
    }

    @Test func `every look at people and every change is written down, before it is answered`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            let asked = [
                ("GET", "/v1/accounts", "accounts.list", nil), ("GET", "/v1/accounts/alice", "account.read", "alice"),
                ("GET", "/v1/accounts/nobody", "account.read", "nobody"),
                ("GET", "/v1/accounts/alice/explanation", "account.explain", "alice"),
                ("GET", "/v1/accounts/alice/appeal", "account.appeal", "alice"),
                ("GET", "/v1/alerts?account=alice", "alerts.list", "alice"),
                ("GET", "/v1/entities", "entities.list", nil),
                ("GET", "/v1/campaigns/1", "campaign.read", "campaign 1"),
                ("GET", "/v1/campaigns", "campaigns.list", nil), ("GET", "/v1/verdicts", "verdicts.list", nil),
                ("GET", "/v1/quarantine", "quarantine.list", nil), ("GET", "/v1/audit", "audit.list", nil),
                ("POST", "/v1/reload", "reload", nil),
            ]
            for (method, target, _, _) in asked { _ = try client.ask(method, target) }
            let verdict = #"{"accounts":["alice"],"verdict":"banned","why":"x"}"#
            _ = try client.ask("POST", "/v1/verdicts", body: Array(verdict.utf8))
            for target in ["/v1/status", "/v1/rules", "/metrics", "/healthz", "/openapi.json"] {
                _ = try client.ask("GET", target)
            }
            while harness.desk.state.withLock({ $0.audit.count }) < asked.count + 1 { usleep(1_000) }
            let entries = harness.desk.state.withLock { $0.audit }
            #expect(entries.map(\.action) == asked.map(\.2) + ["verdict.banned"])
            #expect(entries.map(\.subject) == asked.map(\.3) + ["alice"])
            #expect(entries.map(\.outcome) == asked.map { $0.1.hasSuffix("nobody") ? .failed : .done } + [.done])
            #expect(
                entries.allSatisfy { $0.uid == geteuid() && $0.way == "api" && $0.roles == "shipper,operator,analyst" })
        }
    }

    @Test func `nothing of people is shown while the audit cannot be written`() async throws {
        var limits = APILimits()
        limits.waitingAudit = 2
        try await serving(limits: limits) { harness in
            harness.desk.state.withLock { $0.isAuditHeld = true }
            let client = try RawClient(harness.socket)
            var statuses: [Int] = []
            for _ in 0..<6 { statuses.append(try client.ask("GET", "/v1/accounts").status) }
            #expect(statuses.last == 503)
            #expect(try client.ask("GET", "/v1/status").status == 200)
            harness.desk.state.withLock { $0.isAuditHeld = false }
            while try client.ask("GET", "/v1/accounts").status != 200 { usleep(1_000) }
        }
    }
}
