package import Logging

/// Log lines as entries of the journal: `BANRISK_EVENT` and `MESSAGE_ID` where a line's metadata has `event`, each
/// further key as `BANRISK_KEY`.
package struct JournalLogHandler: LogHandler {
    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let socket: JournalSocket
    /// What gets the lines that the journal does not take: standard error.
    private var fallback: EventlessHandler

    package init(label: String, socket: JournalSocket = JournalSocket()) {
        self.label = label
        self.socket = socket
        fallback = EventlessHandler(StreamLogHandler.standardError(label: label))
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        if socket.send(entry(event)) != 0 { fallback.log(event: event) }
    }

    /// The entry of a line.
    func entry(_ line: LogEvent) -> JournalEntry {
        var entry = JournalEntry()
        entry.add("MESSAGE", line.message.description)
        entry.add("PRIORITY", line.level.priority)
        entry.add("SYSLOG_IDENTIFIER", label)
        var fields = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
        fields.merge(line.metadata ?? [:]) { $1 }
        if let kind = fields.removeValue(forKey: Self.eventKey)?.description {
            entry.add("BANRISK_EVENT", kind)
            entry.add("MESSAGE_ID", EventCatalog.messageID(of: kind))
        }
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            entry.add("BANRISK_" + Self.fieldName(key), value.description)
        }
        return entry
    }

    static let eventKey = "event"

    /// `dead-letters` is `DEAD_LETTERS`.
    private static func fieldName(_ key: String) -> String {
        String(key.uppercased().unicodeScalars.map { JournalEntry.isName("A\($0)") ? Character($0) : "_" }.prefix(48))
    }

    /// The log of a program: the journal, where it reads standard error; else standard error, without the kinds.
    package static func standard(label: String, level: Logger.Level) -> any LogHandler {
        if JournalSocket.hasStandardError {
            var handler = JournalLogHandler(label: label)
            handler.logLevel = level
            return handler
        }
        var handler = EventlessHandler(StreamLogHandler.standardError(label: label))
        handler.logLevel = level
        return handler
    }
}

/// Passes lines on without their kind: people who read standard error have the message.
package struct EventlessHandler: LogHandler {
    private var next: any LogHandler

    package init(_ next: any LogHandler) { self.next = next }

    package var logLevel: Logger.Level {
        get { next.logLevel }
        set { next.logLevel = newValue }
    }
    package var metadata: Logger.Metadata {
        get { next.metadata }
        set { next.metadata = newValue }
    }
    package var metadataProvider: Logger.MetadataProvider? {
        get { next.metadataProvider }
        set { next.metadataProvider = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { next[metadataKey: key] }
        set { next[metadataKey: key] = newValue }
    }

    package func log(event: LogEvent) {
        var event = event
        event.metadata?[JournalLogHandler.eventKey] = nil
        if event.metadata?.isEmpty == true { event.metadata = nil }
        next.log(event: event)
    }
}

extension Logger.Level {
    /// The priority of syslog(3).
    package var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
