internal import Glibc
internal import Settings

/// What became of a delivery.
package enum Delivery: Sendable, Hashable {
    /// All messages arrived.
    case done
    /// The first so many arrived, the next one not yet, for this reason; it is to be tried again, not before the span
    /// is over.
    case failed(after: Int, why: String, wait: Duration? = nil)
    /// The receiver will never take these messages, or, of several, one of them.
    case refused(why: String)
}

/// A place that alerts are delivered to. One thread at a time delivers.
protocol Sink: Sendable {
    /// How many messages it takes at once.
    var batch: Int { get }
    /// The longest that a delivery takes.
    var patience: Duration { get }
    /// After so many failures a message is given up; `nil`: never.
    var attempts: Int? { get }

    func deliver(_ messages: [AlertMessage]) -> Delivery
    /// Ends a delivery under way, soon. From another thread.
    func cancel()
}

extension Sink {
    var attempts: Int? { nil }
    func cancel() {}
}

extension Configuration.AlertSink {
    /// What delivers to it.
    var sink: any Sink {
        switch kind {
        case .webhook(let webhook): WebhookSink(webhook, level: level, tellsNames: tellsNames)
        case .journal: JournalSink(tellsNames: tellsNames)
        case .file(let path): FileSink(path: path, tellsNames: tellsNames)
        case .command(let command): CommandSink(command, tellsNames: tellsNames)
        }
    }

    var kindName: String {
        switch kind {
        case .webhook: "webhook"
        case .journal: "journal"
        case .file: "file"
        case .command: "command"
        }
    }
}

/// The system's text of an `errno`.
func reason(_ code: CInt) -> String {
    var bytes = [CChar](repeating: 0, count: 128)
    // SAFETY: the text is written into the buffer, with its zero.
    guard unsafe strerror_r(code, &bytes, bytes.count) == 0 else { return "error \(code)" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
