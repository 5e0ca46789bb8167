internal import Glibc
internal import HTTPTypes
internal import HummingbirdCore
internal import Intake
internal import Logging
internal import NIOCore
internal import RiskModel
internal import Store

/// Finds the endpoint that a request is for, and does around it what holds for all: rights, parameters, audit, headers,
/// counters.
struct Router: Sendable {
    /// Whence a connection comes.
    enum Origin: Sendable {
        case socket(Peer)
        /// Loopback TCP; the token is asked for.
        case tcp(BearerToken)
    }

    let house: House
    let routes: [Route]

    init(house: House) {
        self.house = house
        routes = Endpoints.all
    }

    func respond(
        to request: Request, _ writer: consuming ResponseWriter, from origin: Origin, exchange: Exchange
    ) async throws {
        exchange.begin()
        let start = ContinuousClock.now
        var route: Route?
        var answer: Answer
        do {
            answer = try await self.answer(request, origin, exchange, &route)
        } catch let problem as Problem {
            answer = problem.answer(instance: Self.instance())
        } catch {
            let instance = Self.instance()
            // The error's own text may hold what the client sent.
            house.logger.error("a request failed: \(type(of: error)) at \(route?.path ?? "no route") (\(instance))")
            answer = Problem(.internalError, "The daemon's log has this instance.").answer(instance: instance)
        }
        complete(&answer)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        house.counters.note(
            route: route?.path ?? "none", method: request.method.rawValue, status: answer.status.code, seconds: seconds)
        let head = HTTPResponse(status: answer.status, headerFields: answer.headers)
        if request.method == .head || answer.status == .notModified || answer.status == .noContent {
            return try await writer.writeResponse(head)
        }
        switch answer.body {
        case .bytes(let bytes):
            try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case .stream(let body):
            try await writer.write(response: head, body: body)
        }
    }

    private func answer(
        _ request: Request, _ origin: Origin, _ exchange: Exchange, _ found: inout Route?
    ) async throws -> Answer {
        let (caller, roles) = try authenticate(request, origin)
        // A request by RFC 9112 §3.2 names its host once. The first is the authority; a second is left among the fields.
        let isNamedAgain = request.headers.contains { $0.name.canonicalName == "host" }
        guard request.head.authority != nil, !isNamedAgain else {
            throw Problem(.malformedRequest, "Send one Host.")
        }
        guard (request.head.path ?? "").utf8.count <= house.limits.targetBytes else {
            throw Problem(.targetTooLong, "They have at most \(house.limits.targetBytes) bytes.")
        }
        if request.method == .options, request.head.path == "*" {
            return Answer(status: .noContent, headers: [.allow: "GET, HEAD, POST, PUT, OPTIONS"])
        }
        guard let target = Target(request.head.path ?? "") else {
            throw Problem(
                .malformedRequest, "Send the path in origin form, with other than visible ASCII percent-encoded.")
        }
        let matching = routes.compactMap { route in route.match(target).map { (route: route, values: $0) } }
        found = matching.first?.route
        guard let first = matching.first else { throw Problem.notFound("such resource; /openapi.json lists them") }
        let allowed = matching.flatMap(\.route.allowed).map(\.rawValue).reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        if request.method == .options {
            return Answer(status: .noContent, headers: [.allow: allowed.joined(separator: ", ")])
        }
        guard let match = matching.first(where: { $0.route.allowed.contains(request.method) }) else {
            throw Problem(
                .methodNotAllowed, "\(first.route.path) takes \(allowed.joined(separator: ", ")).",
                headers: [.allow: allowed.joined(separator: ", ")])
        }
        found = match.route
        return try await call(match.route, match.values, target, request, caller, roles, exchange)
    }

    /// Calls the endpoint, and writes down what is to be written down before anybody sees the answer.
    private func call(
        _ route: Route, _ values: [(name: String, value: Substring)], _ target: Target, _ request: Request,
        _ caller: Caller,
        _ roles: Roles, _ exchange: Exchange
    ) async throws -> Answer {
        guard !roles.isDisjoint(with: route.roles) else {
            if let action = route.action { try audit(action, nil, caller, roles, .refused) }
            throw Problem(.forbidden, "It needs the role \(route.roles.names.replacing(",", with: " or ")).")
        }
        let parameters = try Self.parameters(route, values, target)
        let call = Call(
            request: request, caller: caller, roles: roles, parameters: parameters, house: house, exchange: exchange)
        let subject = parameters["account"] ?? parameters["id"].map { "campaign \($0)" }
        do {
            let answer = try await route.handler(call)
            if let note = answer.note {
                try audit(note.action, note.subject, caller, roles, note.isDone ? .done : .failed)
            } else if let action = route.action {
                try audit(action, subject, caller, roles, .done)
            }
            return answer
        } catch {
            if let action = route.action { try audit(action, subject, caller, roles, .failed) }
            throw error
        }
    }

    private func authenticate(_ request: Request, _ origin: Origin) throws(Problem) -> (Caller, Roles) {
        switch origin {
        case .socket(let peer):
            let roles = house.services.access().roles(of: peer)
            guard !roles.isEmpty else {
                throw Problem(
                    .forbidden,
                    "You are in no group that may use this socket; the configuration names them under access.",
                    headers: [.connection: "close"])
            }
            return (.peer(peer), roles)
        case .tcp(let token):
            guard token.admits(request.headers[.authorization]) else {
                house.counters.note(fault: "unauthorized")
                throw Problem(
                    .unauthorized, "Show the token: Authorization: Bearer TOKEN.",
                    headers: [.wwwAuthenticate: "Bearer realm=\"banrisk\"", .connection: "close"])
            }
            return (.token, .all)
        }
    }

    /// What was given, checked against what the route takes.
    private static func parameters(
        _ route: Route, _ values: [(name: String, value: Substring)], _ target: Target
    ) throws(Problem) -> [String: String] {
        var given: [(name: String, value: String)] = []
        for (name, value) in values {
            guard let text = Target.decode(value) else {
                throw Problem(.invalidParameter, "\(name) is not percent-encoded UTF-8.")
            }
            given.append((name, text))
        }
        guard let pairs = target.pairs else {
            throw Problem(.invalidParameter, "The query is not percent-encoded UTF-8.")
        }
        let known = route.parameters.filter { $0.place == .query }.map(\.name)
        for pair in pairs where !known.contains(pair.name) {
            let names = known.isEmpty ? "none is" : "known are " + known.joined(separator: ", ")
            throw Problem(.invalidParameter, "The query has a parameter that is not known here; \(names).")
        }
        var parameters: [String: String] = [:]
        for (name, value) in given + pairs {
            guard let parameter = route.parameters.first(where: { $0.name == name }) else { continue }
            guard parameters.updateValue(value, forKey: name) == nil else {
                throw Problem(.invalidParameter, "\(name) is given twice.")
            }
            if let form = parameter.fault(in: value) { throw Problem(.invalidParameter, "\(name) must be \(form).") }
        }
        return parameters
    }

    private func audit(
        _ action: String, _ subject: String?, _ caller: Caller, _ roles: Roles, _ outcome: AuditEntry.Outcome
    ) throws(Problem) {
        try house.audit.add(
            AuditEntry(
                time: HTTPDate.now, uid: caller.uid, user: caller.name, roles: roles.names, way: "api", action: action,
                subject: subject, outcome: outcome))
    }

    /// The headers that every answer has.
    private func complete(_ answer: inout Answer) {
        answer.headers[.date] = HTTPDate.text(HTTPDate.now)
        // Almost all of it is about people: nothing between here and the client is to keep it.
        if answer.headers[.cacheControl] == nil { answer.headers[.cacheControl] = "no-store" }
        // Names of accounts are chosen by their owners. No browser is to take what it shows for a page of ours.
        answer.headers[.xContentTypeOptions] = "nosniff"
        answer.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        if house.isStopping { answer.headers[.connection] = "close" }
        if case .bytes(let bytes) = answer.body, answer.status != .noContent, answer.status != .notModified {
            answer.headers[.contentLength] = String(bytes.count)
        }
    }

    /// Names one request, for the client and the log.
    private static func instance() -> String {
        "urn:banrisk:request:" + String(UInt64.random(in: .min ... .max), radix: 16)
    }
}
