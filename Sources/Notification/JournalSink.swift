internal import Glibc
internal import Journal
internal import RiskModel

/// Alerts as entries of systemd's journal.
struct JournalSink: Sink {
    private let tellsNames: Bool
    private let socket: JournalSocket

    init(tellsNames: Bool, socket: JournalSocket = JournalSocket()) {
        self.tellsNames = tellsNames
        self.socket = socket
    }

    var batch: Int { 100 }
    var patience: Duration { .seconds(5 * batch) }

    func deliver(_ messages: [AlertMessage]) -> Delivery {
        for (index, message) in messages.enumerated() {
            let code = socket.send(entry(message))
            if code != 0 { return .failed(after: index, why: "the journal does not take entries: \(reason(code))") }
        }
        return .done
    }

    func entry(_ message: AlertMessage) -> JournalEntry {
        var entry = JournalEntry()
        let row = message.row
        let rules = message.rules.joined(separator: ",")
        // Whoever reads the journal sees the message on a terminal, and names come from strangers.
        let sentence = PlainText.escaped(message.summary(names: tellsNames))
        entry.add("MESSAGE", sentence + (rules.isEmpty ? "" : ", by \(rules)"))
        entry.add("MESSAGE_ID", EventCatalog.messageID(of: "alert"))
        entry.add("PRIORITY", message.isTest ? 6 : Self.priority(message.level))
        entry.add("SYSLOG_IDENTIFIER", "banrisk-notify")
        entry.add("BANRISK_EVENT", "alert")
        entry.add("BANRISK_ALERT", row.id)
        entry.add("BANRISK_KEY", message.key)
        entry.add("BANRISK_LEVEL", row.level)
        entry.add("BANRISK_PREVIOUS_LEVEL", row.previousLevel)
        entry.add("BANRISK_SCORE", "\(row.score)")
        entry.add("BANRISK_RULES", rules)
        entry.add("BANRISK_EVENT_TIME", row.eventTime)
        entry.add("BANRISK_CAMPAIGN", row.campaign)
        entry.add("BANRISK_MEMBERS", row.members)
        if message.isTest { entry.add("BANRISK_TEST", "1") }
        if tellsNames {
            entry.add("BANRISK_ACCOUNT", row.account)
            entry.add("BANRISK_REASON", row.reason)
        }
        return entry
    }

    /// syslog(3): critical, warning, notice.
    private static func priority(_ level: Level) -> Int {
        switch level {
        case .ban: 2
        case .review: 4
        case .watch, .normal: 5
        }
    }
}
