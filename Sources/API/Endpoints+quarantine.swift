internal import HTTPTypes
internal import Intake
internal import RiskModel
internal import Store

extension Endpoints {
    static let quarantine = [
        Route(
            methods: [.get], path: "/v1/quarantine", name: "listQuarantine",
            summary: "Lines that could not be events, with the reason and the line.", roles: readers,
            action: "quarantine.list",
            parameters: [
                .query("reason", .choice(RejectionReason.allCases.map(\.rawValue)), "Only of this reason."),
                .query("before", .integer(1...Int.max), "Only lines before this number."),
                .query("order", .choice(["newest", "oldest"]), "Which come first.", standard: "newest"),
                .query("after", .integer(0...Int.max), "Only lines behind this number, in the order of the list."),
                .limit,
            ], schema: "QuarantineList"
        ) { call in
            let reason = call["reason"].flatMap(RejectionReason.init(rawValue:))
            var filter = QuarantineFilter(
                QuarantineSelection(reason.map { .reason($0) } ?? .all, before: call.integer("before")))
            filter.after = call.integer("after")
            filter.newestFirst = call["order"] != "oldest"
            filter.limit = call.limit + 1
            let rows = try await call.read { [filter] in try $0.quarantine(filter) }
            return call.page("quarantine", rows, \.json) { String($0.seq) }
        },
        change(.retry, "retryQuarantine", "Sends lines through the pipeline once more, each exactly once."),
        change(.drop, "dropQuarantine", "Removes lines."),
    ]

    private static func change(_ action: QuarantineRequest.Action, _ name: String, _ summary: String) -> Route {
        Route(
            methods: [.post], path: "/v1/quarantine/\(action.rawValue)", name: name, summary: summary, roles: .operator,
            action: "quarantine.\(action.rawValue)",
            body: .init(content: [("application/json", "QuarantineSelection")]), schema: "QuarantineAnswer",
            problems: [.invalidBody, .refused, .bodyTooLarge, .unsupportedMediaType]
        ) { call in
            let selection = try await call.decode(QuarantineSelection.self)
            if case .seqs(let seqs) = selection.rows, seqs.count > QuarantineRequest.maximumSeqs {
                throw Problem(.refused, "Name at most \(QuarantineRequest.maximumSeqs) lines at once.")
            }
            let services = call.house.services
            let answer = try await call.house.workers.run { services.quarantine(QuarantineRequest(action, selection)) }
            if let error = answer.error {
                throw Problem.unavailable("It was not done, or not to the end: \(error).", retryAfterSeconds: 5)
            }
            return Answer(text: answer.line, type: "application/json")
        }
    }
}
