internal import HTTPTypes
internal import RiskModel

/// Why a request was not done, as RFC 9457 has it. It is for the client, so it names nothing that he did not send.
struct Problem: Error, Sendable {
    /// The kinds of problems; a closed list, which the OpenAPI document has too.
    enum Kind: String, Sendable, CaseIterable {
        case malformedRequest = "malformed-request"
        case headersTooLarge = "headers-too-large"
        case unauthorized
        case forbidden
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case timeout
        case bodyTooLarge = "body-too-large"
        case targetTooLong = "target-too-long"
        case unsupportedMediaType = "unsupported-media-type"
        case unsupportedEncoding = "unsupported-encoding"
        case expectationFailed = "expectation-failed"
        case invalidParameter = "invalid-parameter"
        case invalidBody = "invalid-body"
        case refused
        case tooManyRequests = "too-many-requests"
        case unavailable
        case internalError = "internal-error"

        var status: HTTPResponse.Status {
            switch self {
            case .malformedRequest, .invalidParameter, .invalidBody: .badRequest
            case .headersTooLarge: .requestHeaderFieldsTooLarge
            case .unauthorized: .unauthorized
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .methodNotAllowed: .methodNotAllowed
            case .timeout: .requestTimeout
            case .bodyTooLarge: .contentTooLarge
            case .targetTooLong: .uriTooLong
            case .unsupportedMediaType, .unsupportedEncoding: .unsupportedMediaType
            case .expectationFailed: .expectationFailed
            case .refused: .unprocessableContent
            case .tooManyRequests: .tooManyRequests
            case .unavailable: .serviceUnavailable
            case .internalError: .internalServerError
            }
        }

        var title: String {
            switch self {
            case .malformedRequest: "The request is not HTTP as the server understands it"
            case .headersTooLarge: "The header is too large"
            case .unauthorized: "A token is needed"
            case .forbidden: "Not allowed"
            case .notFound: "Not found"
            case .methodNotAllowed: "The method is not for this resource"
            case .timeout: "The request took too long to come"
            case .bodyTooLarge: "The body is too large"
            case .targetTooLong: "Path and query are too long"
            case .unsupportedMediaType: "The media type is not understood"
            case .unsupportedEncoding: "The content coding is not understood"
            case .expectationFailed: "The expectation cannot be met"
            case .invalidParameter: "A parameter is not valid"
            case .invalidBody: "The body is not valid"
            case .refused: "The daemon refuses it"
            case .tooManyRequests: "Too much at once"
            case .unavailable: "Not now"
            case .internalError: "An error of the server"
            }
        }
    }

    var kind: Kind
    /// What is wrong with this request, and what would help.
    var detail: String
    var headers: HTTPFields = [:]
    /// Members beside those of the RFC.
    var extra = JSONObject()

    init(_ kind: Kind, _ detail: String, headers: HTTPFields = [:]) {
        self.kind = kind
        self.detail = detail
        self.headers = headers
    }

    /// Not now; after so many seconds perhaps.
    static func unavailable(_ detail: String, retryAfterSeconds: Int = 1) -> Problem {
        Problem(.unavailable, detail, headers: [.retryAfter: String(retryAfterSeconds)])
    }

    static func notFound(_ what: String) -> Problem { Problem(.notFound, "There is no \(what).") }

    /// - Parameter instance: names the request in the log.
    func answer(instance: String) -> Answer {
        var object = extra
        object.add("type", "urn:banrisk:problem:\(kind.rawValue)")
        object.add("title", kind.title)
        object.add("status", kind.status.code)
        object.add("detail", detail)
        object.add("instance", instance)
        var answer = Answer(json: object, status: kind.status)
        answer.headers = headers
        answer.headers[.contentType] = "application/problem+json"
        return answer
    }
}
