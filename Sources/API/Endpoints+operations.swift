internal import Assembly
internal import HTTPTypes
internal import Intake
internal import RiskModel
internal import Store

extension Endpoints {
    static let operations = [
        Route(
            methods: [.get], path: "/v1/rules", name: "listRules",
            summary: "The rules with their health: what they have said, and of how many accounts they speak now.",
            roles: readers, schema: "RuleList"
        ) { call in
            let rows = try await call.read { try $0.ruleHealth() }
            var object = JSONObject()
            object.add("rules", rows.map(\.json))
            return Answer(json: object).tagged(for: call.head)
        },
        Route(
            methods: [.get], path: "/v1/status", name: "getStatus",
            summary: "How the daemon stands: what it received and wrote, what it keeps, what is in force.",
            roles: readers,
            schema: "Status"
        ) { call in
            Answer(text: ControlMessage.encode(call.house.services.status()), type: "application/json")
        },
        Route(
            methods: [.post], path: "/v1/reload", name: "reload",
            summary:
                "Reads the configuration and all that it names again, and puts it in force as a whole, or not at all.",
            roles: .operator, action: "reload", schema: "ReloadAnswer", problems: [.refused]
        ) { call in
            let services = call.house.services
            let answer = try await call.house.workers.run { services.reload() }
            guard answer.reloaded else {
                var problem = Problem(.refused, "The configuration has faults; what was in force stays.")
                problem.extra.add("faults", json: "[" + answer.faults.map(JSONText.quote).joined(separator: ",") + "]")
                throw problem
            }
            return Answer(text: ControlMessage.encode(answer), type: "application/json")
        },
        Route(
            methods: [.get], path: "/v1/audit", name: "listAudit",
            summary: "Who changed what, and looked at whom; the newest first.", roles: .operator, action: "audit.list",
            parameters: [
                .query("subject", .text(maximumBytes: 512), "Only of this subject, such as an account."),
                .query("action", .text(maximumBytes: 64), "Only of this action, such as account.read."),
                .query("after", .integer(0...Int.max), "Only entries older than the one of this id."), .limit,
            ], schema: "AuditList"
        ) { call in
            var filter = AuditFilter()
            filter.subject = call["subject"]
            filter.action = call["action"]
            filter.beforeID = call.integer("after")
            filter.limit = call.limit + 1
            let rows = try await call.read { [filter] in try $0.audit(filter) }
            return call.page("audit", rows, \.json) { String($0.id) }
        },
    ]

    static let health = [
        Route(
            methods: [.get], path: "/healthz", name: "getHealth", summary: "Answers while the daemon lives.",
            roles: .all,
            schema: "Health"
        ) { _ in
            var object = JSONObject()
            object.add("status", "alive")
            return Answer(json: object)
        },
        Route(
            methods: [.get], path: "/readyz", name: "getReadiness",
            summary:
                "Whether events are scored as they come: the state is rebuilt, and neither spool nor database stalls.",
            roles: .all, schema: "Health"
        ) { call in
            let faults = Readiness.faults(call.house.services.status())
            guard faults.isEmpty else {
                var problem = Problem.unavailable(faults.joined(separator: "; ") + ".", retryAfterSeconds: 5)
                problem.extra.add("faults", json: "[" + faults.map(JSONText.quote).joined(separator: ",") + "]")
                throw problem
            }
            var object = JSONObject()
            object.add("status", "ready")
            return Answer(json: object)
        },
        Route(
            methods: [.get], path: "/metrics", name: "getMetrics", summary: "Metrics in Prometheus' text format.",
            roles: .all,
            answerType: MetricsText.type
        ) { call in
            let house = call.house
            let status = house.services.status()
            // While the database cannot be read, the rest is all the more wanted.
            let figures = try? await call.read { try $0.status() }
            return Answer(text: Metrics(house, status, figures).text, type: MetricsText.type)
        },
        Route(
            methods: [.get], path: "/openapi.json", name: "getDescription", summary: "This interface, by OpenAPI 3.1.",
            roles: .all, schema: "Description"
        ) { call in
            Answer(text: OpenAPI.document, type: "application/json").tagged(for: call.head)
        },
    ]
}

/// Whether the daemon does its work.
enum Readiness {
    /// What keeps it from it; empty where nothing does.
    static func faults(_ status: DaemonStatus) -> [String] {
        var faults: [String] = []
        switch status.phase {
        case .running: break
        case .recovering:
            faults.append("the state is being rebuilt: event \(status.recovery.processed) of \(status.recovery.target)")
        case .stopping: faults.append("the daemon is stopping")
        }
        // The reasons name files of the system, which is for the status, not for everybody.
        if status.spool.stalled != nil { faults.append("the spool takes nothing") }
        if status.store.stalled != nil { faults.append("the database is not written") }
        return faults
    }
}
