internal import Glibc
internal import Notification
internal import RiskModel
internal import Store

/// `banrisk notify --status`: how deliveries stand, by the file that a running `notify` writes, and the database.
struct NotifyReport {
    private let options: NotifyOptions

    init(_ options: NotifyOptions) { self.options = options }

    func print(json: Bool) throws {
        let folder = options.folder
        guard var status = folder.status else {
            throw ToolError.unreachable(
                "There is no status in \(folder.path). Start banrisk notify once, or name its folder with --state.")
        }
        // The newest alert may have come since.
        if let reader = try? StoreReader(path: options.database ?? status.database) {
            var filter = AlertFilter()
            filter.limit = 1
            if let newest = try? reader.alerts(filter).first?.id {
                for index in status.sinks.indices { status.sinks[index].newest = newest }
            }
        }
        let isRunning = folder.isTaken
        var output = Output()
        if json {
            try output.line(object(status, isRunning).text)
        } else {
            let terminal = Terminal()
            try output.line(isRunning ? "running as process \(status.pid)" : terminal.bold("not running"))
            for sink in status.sinks {
                try output.line(Terminal.printable("\(sink.name) (\(sink.kind)): \(sink.line)"))
            }
        }
        try output.flush()
        let failing = status.sinks.filter { $0.failing != nil || $0.waiting != nil }.map(\.name)
        if !failing.isEmpty { throw ToolError.notFound("not in order: \(failing.joined(separator: ", "))") }
    }

    private func object(_ status: NotifyStatus, _ isRunning: Bool) -> JSONObject {
        var object = JSONObject()
        object.add("running", isRunning)
        object.add("pid", Int(status.pid))
        object.add("database", status.database)
        object.add(
            "sinks",
            status.sinks.map { sink in
                var entry = JSONObject()
                entry.add("name", sink.name)
                entry.add("kind", sink.kind)
                entry.add("alert", sink.alert)
                entry.add("newest", sink.newest)
                entry.add("lag", sink.lag)
                entry.add("delivered", sink.delivered)
                entry.add("refused", sink.refused)
                entry.add("failures", sink.failures)
                entry.add("failing", sink.failing)
                entry.add("failing_since", sink.failingSince)
                entry.add("last_delivery", sink.lastDelivery)
                entry.add("waiting", sink.waiting)
                return entry
            })
        return object
    }
}

extension NotifyStatus.Sink {
    /// Figures, and what is wrong.
    var line: String {
        let figures =
            "\(delivered) delivered, \(refused) refused, \(failures) failures; at alert \(alert), \(lag) behind"
        let troubles = [failing.map { "fails: \($0)" }, waiting.map { "waits: \($0)" }].compactMap(\.self)
        return ([figures] + troubles).joined(separator: "; ")
    }
}
