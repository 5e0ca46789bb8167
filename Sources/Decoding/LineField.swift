import RiskModel

/// A field of an event line that the decoder knows.
enum LineField: UInt8, Sendable, CaseIterable {
    case time, type, outcome, account, address, id, device, email, phone, card, apiKey, session, username
    case userAgent, language, cardCountry, severity, attributes, cardBin
    // Of verdicts alone.
    case verdict, until, by, why

    /// The key in the line.
    var name: String {
        switch self {
        case .time: "ts"
        case .type: "type"
        case .outcome: "outcome"
        case .account: "account"
        case .address: "ip"
        case .id: "id"
        case .device: "device"
        case .email: "email"
        case .phone: "phone"
        case .card: "card"
        case .apiKey: "api_key"
        case .session: "session"
        case .username: "username"
        case .userAgent: "user_agent"
        case .language: "language"
        case .cardCountry: "card_country"
        case .severity: "severity"
        case .attributes: "attributes"
        case .cardBin: "card_bin"
        case .verdict: "verdict"
        case .until: "until"
        case .by: "by"
        case .why: "why"
        }
    }

    /// The longest text of a field whose text is kept, in bytes after unescaping.
    var maximumBytes: Int {
        switch self {
        case .userAgent: 2048
        case .language: 64
        case .by, .why: Verdict.textLimit
        default: 512
        }
    }

    /// Whether a JSON integer may stand for the text: many services number their accounts and events.
    var mayBeInteger: Bool { self == .account || self == .id }
}
