internal import Assembly
internal import HTTPTypes
internal import Intake
internal import RiskModel

extension Endpoints {
    private static let lineTypes = ["application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain"]
    /// What clients send that were told nothing: the first byte says what it is.
    private static let openTypes = ["", "application/octet-stream", "application/x-www-form-urlencoded"]

    static let events = [
        Route(
            methods: [.post, .put], path: "/v1/events", name: "sendEvents",
            summary:
                "Takes events: one a line, a JSON array, or one object. The answer says that all of it is on disk.",
            roles: .shipper,
            body: .init(
                content: [("application/json", "Events"), ("application/x-ndjson", "EventLines")],
                isRequired: false),
            schema: "EventsAnswer",
            problems: [.invalidBody, .bodyTooLarge, .unsupportedMediaType]
        ) { call in
            try checkSpool(call)
            let type = mediaType(call.headers[.contentType])
            guard type == "application/json" || (lineTypes + openTypes).contains(type) else {
                throw Problem(
                    .unsupportedMediaType, "Send application/json or application/x-ndjson.",
                    headers: [.accept: "application/json, application/x-ndjson"])
            }
            let key = try idempotencyKey(call.headers)
            let body = try await BodyReader(call: call, limit: call.house.limits.eventBytes).collect()
            let house = call.house
            let form: EventIntake.Form =
                type == "application/json" || (openTypes.contains(type) && isArray(body.bytes)) ? .values : .lines
            let caller = call.caller
            let outcome: EventIntake.Outcome
            do {
                outcome = try await house.workers.run {
                    let session = key.map { EventIntake.session(key: $0, caller: caller, body: body.bytes) }
                    var intake = EventIntake(services: house.services, session: session)
                    return try intake.take(body.bytes, as: form)
                }
            } catch let problem as Problem {
                throw problem
            } catch {
                throw Problem.unavailable(
                    "The daemon takes no more events now; some of these may have been taken.", retryAfterSeconds: 5)
            }
            if let seq = outcome.seq, !(await house.durable.wait(for: seq)) {
                throw Problem.unavailable(
                    "The disk has not taken the events in time. They may come or not: send them again, with their ids or the same Idempotency-Key.",
                    retryAfterSeconds: 5)
            }
            house.counters.note(accepted: outcome.accepted, rejected: outcome.rejected, repeated: outcome.repeated)
            return Answer(json: outcome.json)
        }
    ]

    /// Nothing is taken that could not be put on disk.
    private static func checkSpool(_ call: Call) throws(Problem) {
        let status = call.house.services.status()
        if status.spool.stalled != nil {
            throw Problem.unavailable("The spool takes nothing at the moment; send it again.", retryAfterSeconds: 5)
        }
        if status.phase == .stopping {
            throw Problem.unavailable("The daemon is stopping; send it again.", retryAfterSeconds: 5)
        }
    }

    private static func mediaType(_ header: String?) -> String {
        String((header ?? "").prefix { $0 != ";" }).trimmingSpaces.lowercased()
    }

    private static func isArray(_ body: [UInt8]) -> Bool {
        body.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d } == UInt8(ascii: "[")
    }

    private static func idempotencyKey(_ headers: HTTPFields) throws(Problem) -> String? {
        guard let name = HTTPField.Name("Idempotency-Key"), let key = headers[name] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw Problem(.invalidParameter, "Idempotency-Key must have 1 to 255 visible ASCII characters.")
        }
        return key
    }
}
