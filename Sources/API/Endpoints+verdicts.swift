internal import Foundation
internal import HTTPTypes
internal import Intake
internal import RiskModel
internal import Store

extension Endpoints {
    /// A verdict names at most so many accounts; a longer list is for several requests.
    private static let accountLimit = 1_000

    static let verdicts = [
        Route(
            methods: [.get], path: "/v1/verdicts", name: "listVerdicts",
            summary: "Verdicts of analysts, the newest first.",
            roles: readers, action: "verdicts.list",
            parameters: [
                .account, .query("in_force", .flag, "Only those that hold."),
                .query("after", .integer(0...Int.max), "Only verdicts older than the one of this id."), .limit,
            ], schema: "VerdictList"
        ) { call in
            var filter = VerdictFilter()
            filter.account = call["account"]
            filter.inForce = call.flag("in_force")
            filter.beforeID = call.integer("after")
            filter.limit = call.limit + 1
            let rows = try await call.read { [filter] in try $0.verdicts(filter) }
            return call.page("verdicts", rows, \.json) { String($0.id) }
        },
        Route(
            methods: [.post], path: "/v1/verdicts", name: "giveVerdict",
            summary: "Records a verdict on accounts; the answer says that it is on disk.", roles: .analyst,
            action: "verdict",
            body: .init(content: [("application/json", "VerdictRequest")]), schema: "VerdictAnswer",
            problems: [.invalidBody, .refused, .bodyTooLarge, .unsupportedMediaType]
        ) { call in
            let request = try await call.decode(VerdictBody.self).request
            let subject = request.accounts.count == 1 ? request.accounts[0] : "\(request.accounts.count) accounts"
            guard request.accounts.count <= accountLimit else {
                throw Problem(.refused, "Name at most \(accountLimit) accounts at once.")
            }
            let peer = VerdictPeer(uid: call.caller.uid, name: call.caller.name)
            try checkVerdict(request, peer)
            let services = call.house.services
            let answer = try await call.house.workers.run { services.verdict(request, peer) }
            if let error = answer.error {
                throw Problem.unavailable("It was not recorded: \(error).", retryAfterSeconds: 5)
            }
            var result = Answer(text: answer.line, type: "application/json")
            result.note = AuditNote(action: "verdict.\(request.kind.rawValue)", subject: subject)
            return result
        },
    ]

    /// What is wrong with the request itself, whenever it is asked.
    private static func checkVerdict(_ request: VerdictRequest, _ peer: VerdictPeer) throws(Problem) {
        // Of the end only the daemon can tell whether it is over: it knows what time it is in the events.
        var request = request
        if case .at = request.expiry { request.expiry = .usual }
        do throws(VerdictFault) {
            _ = try request.frames(at: .epoch, peer: peer)
        } catch {
            throw Problem(.refused, "\(error.description).")
        }
    }
}

/// The body of `POST /v1/verdicts`.
private struct VerdictBody: Decodable {
    private enum Key: String, CodingKey, CaseIterable { case accounts, verdict, why, by, until }

    let request: VerdictRequest

    init(from decoder: any Decoder) throws {
        try decoder.checkKeys(Set(Key.allCases.map(\.rawValue)))
        let body = try decoder.container(keyedBy: Key.self)
        func fault(_ key: Key, _ text: String) -> DecodingError {
            .dataCorrupted(.init(codingPath: [key], debugDescription: text))
        }
        let word = try body.decode(String.self, forKey: .verdict)
        guard let kind = Verdict.Kind(rawValue: word) else {
            throw fault(.verdict, "it is one of " + Verdict.Kind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        var expiry = VerdictRequest.Expiry.usual
        if let until = try body.decodeIfPresent(String.self, forKey: .until) {
            switch (until, SinceArgument(argument: until)) {
            case ("never", _): expiry = .never
            case (_, .ago(let span)) where span > .zero: expiry = .after(span)
            case (_, .at(let time)): expiry = .at(time)
            default: throw fault(.until, "it is a span such as 90d, a time by RFC 3339, or never")
            }
        }
        request = VerdictRequest(
            accounts: try body.decode([String].self, forKey: .accounts), kind: kind, expiry: expiry,
            by: try body.decodeIfPresent(String.self, forKey: .by), why: try body.decode(String.self, forKey: .why))
    }
}
