internal import CDelivery
internal import Glibc
internal import RiskModel
internal import Settings

/// Alerts by HTTP.
final class WebhookSink: Sink {
    /// The most that a receiver can have us wait.
    private static let longestWait = Duration.seconds(3_600)
    private static let secretLimit = 4_096

    private let webhook: Configuration.AlertSink.Webhook
    private let level: Level
    private let tellsNames: Bool
    private let url: String
    private let client: HTTPClient

    init(_ webhook: Configuration.AlertSink.Webhook, level: Level, tellsNames: Bool) {
        self.webhook = webhook
        self.level = level
        self.tellsNames = tellsNames
        let path = "/api/v2/alerts"
        let isWhole = webhook.format == .json || webhook.url.hasSuffix(path)
        url = isWhole ? webhook.url : (webhook.url.hasSuffix("/") ? String(webhook.url.dropLast()) : webhook.url) + path
        client = HTTPClient()
    }

    var batch: Int { webhook.batch }
    var patience: Duration { .milliseconds(webhook.timeoutMilliseconds) }

    func cancel() { client.cancel() }

    func deliver(_ messages: [AlertMessage]) -> Delivery {
        let now = Timestamp.now
        let body: String
        switch webhook.format {
        case .json: body = AlertBody.json(messages, names: tellsNames)
        case .alertmanager:
            body = AlertBody.alertmanager(messages, webhook, level: level, names: tellsNames, now: now)
        }
        let bytes = Array(body.utf8)
        var headers = [
            "Content-Type: application/json", "User-Agent: banrisk-notify", "Expect:",
            "Idempotency-Key: \(Self.key(of: messages))",
        ]
        do throws(SecretFault) {
            if let secret = webhook.secret {
                let key = try Secret.read(secret, limit: Self.secretLimit)
                headers.append("Banrisk-Signature: \(Self.signature(of: bytes, key: key, at: now))")
            }
            if let token = webhook.token {
                let text = try Secret.read(token, limit: Self.secretLimit)
                guard text.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                    throw SecretFault(why: "the token has characters that no header can have")
                }
                headers.append("Authorization: Bearer \(String(decoding: text, as: UTF8.self))")
            }
        } catch {
            return .failed(after: 0, why: error.why)
        }
        let answer = client.post(
            url: url, socket: webhook.socket, certificates: webhook.certificates, headers: headers, body: bytes,
            milliseconds: webhook.timeoutMilliseconds)
        return Self.delivery(answer)
    }

    /// What an answer means for the alerts.
    static func delivery(_ answer: HTTPClient.Answer) -> Delivery {
        // A status of failure counts even where the rest of the answer did not come.
        let isWhole = answer.failure == nil
        switch answer.status {
        case 200..<300 where isWhole: return .done
        // Of use, as it stands, is only another request: these say that it is too early, or that the server is at
        // fault.
        case 408, 425, 429, 500...:
            return .failed(
                after: 0, why: "HTTP status \(answer.status)",
                wait: answer.retryAfter.map { min($0, longestWait) })
        case 300..<400:
            return .failed(
                after: 0, why: "HTTP status \(answer.status): redirects are not followed; name the place itself")
        case 400..<500: return .refused(why: "HTTP status \(answer.status)")
        default: return .failed(after: 0, why: answer.failure ?? "HTTP status \(answer.status)")
        }
    }

    /// `t=1770000000,v1=…`: HMAC-SHA-256 over time, full stop and body.
    static func signature(of body: [UInt8], key: [UInt8], at time: Timestamp) -> String {
        let seconds = time.microseconds / 1_000_000
        let code = SHA256.authenticate(Array("\(seconds).".utf8) + body, key: key)
        return "t=\(seconds),v1=\(code.hexadecimal)"
    }

    private static func key(of messages: [AlertMessage]) -> String {
        if messages.count == 1 { return messages[0].key }
        return Array(SHA256.digest(Array(messages.map(\.key).joined().utf8)).prefix(16)).hexadecimal
    }
}

/// libcurl, with one connection.
///
/// One thread at a time posts; ``cancel()`` may come from any.
@safe
// because http_cancel is an atomic store, and a sink's one thread does the rest
final class HTTPClient: @unchecked Sendable {
    struct Answer {
        /// 0: none came.
        var status: Int
        var retryAfter: Duration?
        /// What kept the answer from coming, or from being whole.
        var failure: String?
    }

    private let client: OpaquePointer?

    init() { unsafe client = http_client_make() }

    deinit { unsafe http_client_free(client) }

    func cancel() { if let client = unsafe client { unsafe http_cancel(client) } }

    func post(
        url: String, socket: String?, certificates: String?, headers: [String], body: [UInt8], milliseconds: Int
    ) -> Answer {
        guard let client = unsafe client else { return Answer(status: 0, failure: "there is no memory for it") }
        // SAFETY: all texts are copies that live until they are freed below, the body as long as the closure; the call
        // keeps none of them.
        let texts = unsafe ([url, socket, certificates] + headers).map { text in
            unsafe text.flatMap { unsafe strdup($0) }
        }
        defer { unsafe texts.forEach { unsafe free($0) } }
        let lines = unsafe texts.dropFirst(3).map { unsafe UnsafePointer($0) }
        var result = http_result()
        unsafe lines.withUnsafeBufferPointer { lines in
            unsafe body.withUnsafeBufferPointer { body in
                var request = unsafe http_request()
                unsafe request.url = unsafe UnsafePointer(texts[0])
                unsafe request.socket_path = unsafe UnsafePointer(texts[1])
                unsafe request.ca_file = unsafe UnsafePointer(texts[2])
                unsafe request.headers = lines.baseAddress
                unsafe request.header_count = UInt(lines.count)
                unsafe request.body = body.baseAddress
                unsafe request.body_length = UInt(body.count)
                unsafe request.connect_milliseconds = milliseconds
                unsafe request.total_milliseconds = milliseconds
                unsafe http_post(client, &request, &result)
            }
        }
        return Answer(
            status: result.status,
            retryAfter: result.retry_after > 0 ? .seconds(result.retry_after) : nil,
            failure: result.code == 0
                ? nil : unsafe http_reason(result.code).map { unsafe String(cString: $0) } ?? "it failed")
    }
}
