internal import HTTPTypes
internal import Intake

/// One endpoint: where it is, who may use it, what it takes and gives. The table of these serves requests, and the
/// OpenAPI document is made of it.
struct Route: Sendable {
    /// What a request's body is.
    struct Body: Sendable {
        /// Media types, each with the name of its schema in `components.json`.
        var content: [(type: String, schema: String)]
        var isRequired = true
    }

    var methods: [HTTPRequest.Method]
    /// `/v1/accounts/{account}`: as the OpenAPI document and the metrics name it.
    var path: String
    /// The operation's name in the OpenAPI document.
    var name: String
    var summary: String
    /// Any of these.
    var roles: Roles
    /// What the audit calls it; `nil` where it changes nothing and shows nothing of people.
    var action: String?
    var parameters: [Parameter] = []
    var body: Body?
    var answerType = "application/json"
    /// The answer's schema in `components.json`; `nil` for what is no JSON.
    var schema: String?
    /// What else than success and the usual can come of it.
    var problems: [Problem.Kind] = []
    var handler: @Sendable (Call) async throws -> Answer

    /// The path's parts, and for each whether it is a parameter.
    var segments: [(text: Substring, isParameter: Bool)] {
        path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.hasPrefix("{") ? (part.dropFirst().dropLast(), true) : (part, false)
        }
    }

    /// The values of the path's parameters, not decoded; `nil` where the target is another.
    func match(_ target: Target) -> [(name: String, value: Substring)]? {
        let segments = segments
        guard segments.count == target.segments.count else { return nil }
        var values: [(name: String, value: Substring)] = []
        for (segment, part) in zip(segments, target.segments) {
            if segment.isParameter {
                values.append((String(segment.text), part))
            } else if segment.text != part {
                return nil
            }
        }
        return values
    }

    /// The methods that are answered: what is said to GET is said to HEAD, without the body. Of a stream there is nothing
    /// to say before it begins.
    var allowed: [HTTPRequest.Method] {
        methods + (methods.contains(.get) && answerType != AlertStream.type ? [.head] : []) + [.options]
    }
}
