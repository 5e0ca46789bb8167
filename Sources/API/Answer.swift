internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import RiskModel

/// What an endpoint says.
struct Answer: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        /// Written as it comes, until the client goes or the server stops.
        case stream(ResponseBody)
    }

    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: Body
    /// What the audit is to say in place of what it says of the route.
    var note: AuditNote?

    init(json object: JSONObject, status: HTTPResponse.Status = .ok) {
        self.init(text: object.text, type: "application/json", status: status)
    }

    init(text: String, type: String, status: HTTPResponse.Status = .ok) {
        self.init(bytes: Array(text.utf8), type: type, status: status)
    }

    init(bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) {
        self.status = status
        headers = [.contentType: type]
        body = .bytes(bytes)
    }

    /// Nothing but a head.
    init(status: HTTPResponse.Status, headers: HTTPFields) {
        self.status = status
        self.headers = headers
        body = .bytes([])
    }

    init(stream: ResponseBody, type: String) {
        status = .ok
        headers = [.contentType: type]
        body = .stream(stream)
    }

    /// With an entity tag; only a head where the client has this answer already (RFC 9110 §13.1.2).
    func tagged(for request: HTTPRequest) -> Answer {
        guard case .bytes(let bytes) = body, status == .ok else { return self }
        let tag = "\"\(String(KeyHash(seed: 0).hash(bytes.span), radix: 16))\""
        var answer = self
        answer.headers[.eTag] = tag
        // The client may keep it, and asks each time whether it still holds.
        answer.headers[.cacheControl] = "private, no-cache"
        guard let known = request.headerFields[.ifNoneMatch] else { return answer }
        let tags = known.split(separator: ",").map { $0.trimming { $0 == " " || $0 == "\t" } }
        guard tags.contains(where: { $0 == "*" || $0 == tag || $0 == "W/\(tag)" }) else { return answer }
        answer.status = .notModified
        answer.headers[.contentType] = nil
        answer.body = .bytes([])
        return answer
    }
}

/// What is written down of a request.
struct AuditNote: Sendable {
    var action: String
    var subject: String?
    var isDone = true
}

extension Substring {
    /// Without the characters at both ends that match.
    func trimming(_ matches: (Character) -> Bool) -> Substring {
        var rest = drop(while: matches)
        while let last = rest.last, matches(last) { rest.removeLast() }
        return rest
    }
}
