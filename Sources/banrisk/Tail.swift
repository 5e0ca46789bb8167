internal import ArgumentParser
internal import Glibc
internal import RiskModel
internal import Store

/// `banrisk tail`: alerts as they come.
struct Tail: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the latest alerts, and with -f those that follow.",
        discussion: """
            With -f the database need not exist yet, and the daemon may restart. Interrupt to end. \
            \(ToolError.discussion)
            """)

    @OptionGroup var database: DatabaseOptions
    @Flag(name: .shortAndLong, help: "Go on with new alerts as they are written.") var follow = false
    @Option(help: "This level and above.") var level: Level?
    @Option(help: "From this event time on: 1h before the latest event, or RFC 3339.") var since: SinceArgument?
    @Option(
        name: [.customShort("n"), .long],
        help: "Begin with at most this many; without it 10, or with --since all of them.")
    var lines: RowLimit?

    /// How many alerts are read at once.
    private static let batch = 1_000
    /// How often the database is asked whether anything was committed; that costs some 20 µs.
    private static let pollMilliseconds = 50

    func run() throws {
        try ToolError.reporting {
            let stop = follow ? StopSignal() : nil
            let terminal = Terminal()
            var output = Output()
            var reader: StoreReader?
            var file: FileIdentity?
            var cursor = 0
            /// The database's version at the last look.
            var version: Int?
            var hasBegun = false
            var hasComplained = false
            repeat {
                do {
                    if let current = FileIdentity(path: database.path), let known = file, current != known {
                        // Another file in the old one's place: all of its alerts are new.
                        reader = nil
                        file = nil
                        cursor = 0
                    }
                    if reader == nil {
                        // Before opening: a file that is moved in between is noticed at the next look.
                        file = file ?? FileIdentity(path: database.path)
                        version = nil
                    }
                    let open = try reader ?? database.open()
                    reader = open
                    if !hasBegun {
                        cursor = try begin(open, terminal, &output)
                        hasBegun = true
                    }
                    if follow {
                        // Asked before looking: what is committed in between is seen twice, never missed.
                        let now = try open.dataVersion()
                        if now != version { try go(on: open, from: &cursor, terminal, &output) }
                        version = now
                    }
                    hasComplained = false
                } catch let error as StoreError {
                    guard follow, error.mayPass else { throw error }
                    reader = nil
                    // What a database that is not there yet will hold is all new.
                    if error.isAbsence { hasBegun = true }
                    if !hasComplained { Terminal.complain("\(error) Waiting.") }
                    hasComplained = true
                }
                try output.flush()
            } while follow && !Output.isClosed && !(stop?.comes(withinMilliseconds: Self.pollMilliseconds) ?? true)
        }
    }

    /// Prints the last alerts that match.
    ///
    /// - Returns: the newest id in the database, from which to go on.
    private func begin(
        _ reader: StoreReader, _ terminal: Terminal, _ output: inout Output
    ) throws -> Int {
        var filter = AlertFilter()
        filter.limit = 1
        let newest = try reader.alerts(filter).first?.id ?? 0
        filter.minimumLevel = level ?? .normal
        filter.since = try since?.time(watermark: reader.watermark())
        filter.limit = lines?.count ?? (since == nil ? 10 : .max)
        // What is written between the two reads is left to the follower.
        for alert in try reader.alerts(filter).reversed() where alert.id <= newest || !follow {
            try output.line(line(alert, terminal))
        }
        return newest
    }

    /// Prints the alerts after `cursor` that match, and moves it behind what was read: nothing is printed twice.
    private func go(
        on reader: StoreReader, from cursor: inout Int, _ terminal: Terminal, _ output: inout Output
    ) throws {
        var filter = AlertFilter()
        filter.newestFirst = false
        filter.limit = Self.batch
        while true {
            filter.afterID = cursor
            let alerts = try reader.alerts(filter)
            for alert in alerts {
                cursor = alert.id
                guard (Level(argument: alert.level) ?? .ban) >= level ?? .normal else { continue }
                if case .at(let time) = since, alert.eventTime < time.column { continue }
                try output.line(line(alert, terminal))
            }
            if alerts.count < Self.batch { return }
        }
    }

    private func line(_ alert: AlertRow, _ terminal: Terminal) -> String {
        if database.json { return alert.json.text }
        let padded = alert.level.uppercased() + String(repeating: " ", count: max(0, 6 - alert.level.count))
        let score = alert.score.text(decimals: 2)
        let indent = String(repeating: " ", count: max(0, 6 - score.count))
        let account = alert.campaign.map { "campaign \($0)" } ?? Terminal.printable(alert.account)
        var reason = Terminal.printable(alert.campaign.map { alert.reason(ofCampaign: $0) } ?? alert.reason)
        if let width = terminal.width {
            // One line an alert; `explain` and --json have the whole.
            let used = alert.eventTime.wholeSeconds.count + 18 + Terminal.columns(account)
            reason = Terminal.truncated(reason, to: max(20, width - used))
        }
        return "\(alert.eventTime.wholeSeconds)  \(terminal.level(alert.level, text: padded))  \(indent)\(score)  "
            + "\(terminal.bold(account))  \(reason)"
    }
}

extension StoreError {
    /// Whether it can be gone after a moment: the daemon is starting, making or migrating its tables, or busy.
    fileprivate var mayPass: Bool {
        switch self {
        case .busy, .cannotOpen, .olderSchema: true
        default: isAbsence
        }
    }

    /// Whether no daemon has made the database yet.
    fileprivate var isAbsence: Bool {
        switch self {
        case .missing, .notReady: true
        default: false
        }
    }
}

extension AlertRow {
    /// The reason without the campaign's name, which stands in front of it already.
    fileprivate func reason(ofCampaign id: Int) -> String {
        let name = "campaign \(id): "
        return reason.hasPrefix(name) ? String(reason.dropFirst(name.count)) : reason
    }
}

/// SIGINT and SIGTERM, blocked and waited for: they end a follower between two polls and never inside one.
private struct StopSignal {
    private var set = sigset_t()

    /// Must be made before the process has other threads; they inherit the mask.
    init() {
        // SAFETY: the set is this value's own.
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGINT)
        unsafe sigaddset(&set, SIGTERM)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for one of the signals, at most so long.
    func comes(withinMilliseconds milliseconds: Int) -> Bool {
        var set = set
        var span = timespec(tv_sec: milliseconds / 1_000, tv_nsec: milliseconds % 1_000 * 1_000_000)
        // SAFETY: set and span are this function's own.
        return unsafe sigtimedwait(&set, nil, &span) > 0
    }
}
