/// A line that the daemon sends on an acknowledged stream: docs/specs/wire.md.
enum StreamAnswer: Equatable {
    /// The session's frames 1...n are on disk; the next line is frame n + 1.
    case ready(UInt64)
    /// The session's frames 1...n are on disk.
    case acknowledged(UInt64)
    /// The connection ends, for this reason.
    case refused(String)

    private static let ready = "banrisk/1 ok "
    private static let acknowledged = "ack "
    private static let refused = "banrisk/1 error "

    /// With its newline.
    var line: String {
        switch self {
        case .ready(let count): "\(Self.ready)\(count)\n"
        case .acknowledged(let count): "\(Self.acknowledged)\(count)\n"
        case .refused(let reason): "\(Self.refused)\(reason)\n"
        }
    }

    /// Reads a line without its newline; `nil` if it is none of these.
    init?(_ line: String) {
        if line.hasPrefix(Self.ready), let count = UInt64(line.dropFirst(Self.ready.count)) {
            self = .ready(count)
        } else if line.hasPrefix(Self.acknowledged), let count = UInt64(line.dropFirst(Self.acknowledged.count)) {
            self = .acknowledged(count)
        } else if line.hasPrefix(Self.refused) {
            self = .refused(String(line.dropFirst(Self.refused.count)))
        } else {
            return nil
        }
    }
}
