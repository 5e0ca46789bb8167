internal import ArgumentParser
internal import Assembly
internal import Dispatch
internal import Glibc
internal import RiskModel
internal import Store
internal import Synchronization

/// `banrisk top`: what happens now.
struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch rates, queues, the hottest rules, and the newest campaigns, accounts and alerts.",
        discussion: """
            Asks the daemon and reads the database once a second. Keys: q quits, p pauses, s sorts, arrows choose and scroll, \
            / filters, ? explains. Where standard input or output is no terminal, one page is printed as with --once. \
            \(ToolError.discussion)
            """)

    @OptionGroup var control: ControlOptions
    @Option(
        help: ArgumentHelp(
            "The database.", discussion: "Without it: $BANRISK_DATABASE, else /var/lib/banrisk/banrisk.db.",
            valueName: "path"))
    var database: String?

    @Flag(help: "Print one page as text, after a second of looking, and end.")
    var once = false

    @Flag(help: "One JSON object for each refresh, until it is ended; with --once a single one.")
    var json = false

    private static let refreshMilliseconds = 1_000

    func run() throws {
        try ToolError.reporting {
            let probe = try probe()
            if json { return try stream(probe) }
            if !once, let screen = TopScreen() { return try watch(probe, screen) }
            try page(probe)
        }
    }

    func probe() throws -> TopProbe {
        var options = try DatabaseOptions.parse([])
        options.database = database
        return TopProbe(control: control, database: options)
    }

    // MARK: Without a screen

    private func page(_ probe: consuming TopProbe) throws {
        var model = TopModel()
        model.add(probe.sample())
        try complain(model)
        usleep(UInt32(Self.refreshMilliseconds) * 1_000)
        model.add(probe.sample())
        let terminal = Terminal()
        let view = TopView(terminal: terminal, rows: .max, columns: terminal.width ?? 120)
        var output = Output()
        for line in view.page(model, limit: 10) { try output.line(line) }
        try output.flush()
    }

    private func stream(_ probe: consuming TopProbe) throws {
        var model = TopModel()
        model.add(probe.sample())
        if once { try complain(model) }
        var output = Output()
        repeat {
            usleep(UInt32(Self.refreshMilliseconds) * 1_000)
            model.add(probe.sample())
            try output.line(TopJSON.object(model).text)
            try output.flush()
        } while !once && !Output.isClosed
    }

    /// Nothing to show is a fault.
    private func complain(_ model: TopModel) throws {
        guard let sample = model.latest, sample.daemon == nil, sample.store == nil else { return }
        throw ToolError.unreachable(sample.troubles.joined(separator: "\n"))
    }

    // MARK: With a screen

    /// Samples on a thread of its own: a daemon that is slow to answer does not hold up the keys.
    private func watch(_ probe: consuming TopProbe, _ screen: TopScreen) throws {
        let sampler = TopSampler(probe)
        sampler.start(everyMilliseconds: Self.refreshMilliseconds)
        defer { screen.leave() }
        var model = TopModel()
        var state = TopState()
        var isDirty = true
        while !state.hasEnded {
            if let sample = sampler.take(), !state.isPaused {
                model.add(sample)
                isDirty = true
            }
            if isDirty {
                let size = TopScreen.size
                screen.draw(TopView(terminal: Terminal(), rows: size.rows, columns: size.columns).lines(model, state))
                isDirty = false
            }
            switch screen.next(withinMilliseconds: 100) {
            case .key(let key):
                state.press(key)
                isDirty = true
            case .resized: isDirty = true
            case .stopped, .ended: return
            case .nothing: break
            }
        }
    }
}

/// A thread that samples, and the newest sample.
private final class TopSampler: Sendable {
    private let probe: Mutex<TopProbe>
    private let latest = Mutex<TopSample?>(nil)

    init(_ probe: consuming sending TopProbe) { self.probe = Mutex(probe) }

    func start(everyMilliseconds milliseconds: Int) {
        DispatchQueue(label: "banrisk.top").async { [self] in
            while true {
                let sample = probe.withLock { $0.sample() }
                latest.withLock { $0 = sample }
                usleep(UInt32(milliseconds) * 1_000)
            }
        }
    }

    /// The newest sample, once.
    func take() -> TopSample? { latest.withLock { $0.take() } }
}

/// What `top --json` prints.
enum TopJSON {
    private static let limit = 20

    static func object(_ model: TopModel) -> JSONObject {
        var object = JSONObject()
        let sample = model.latest
        object.add("phase", sample?.daemon?.phase.rawValue)
        object.add("events_per_second", rounded(model.events))
        object.add("frames_per_second", rounded(model.frames))
        object.add("signals_per_second", rounded(model.signals))
        object.add("alerts_per_second", rounded(model.alerts))
        object.add("behind_disk", model.queues?.disk)
        object.add("behind_pipeline", model.queues?.pipeline)
        object.add("behind_database", model.queues?.store)
        object.add("pending_bytes", sample?.daemon?.spool.pendingBytes)
        object.add("memory_bytes", sample?.memoryBytes)
        object.add("lag_seconds", rounded(model.lag))
        object.add("watermark", model.watermark)
        object.add("accounts", sample?.store?.accounts)
        object.add("alerts", sample?.store?.alerts)
        object.add(
            "rules",
            model.rules
                .sorted { a, b in
                    (b.rate ?? 0, b.row.signals, a.row.rule) < (a.rate ?? 0, a.row.signals, b.row.rule)
                }
                .prefix(limit).map { rule in
                    var entry = JSONObject()
                    entry.add("rule", rule.row.rule)
                    entry.add("signals_per_second", rounded(rule.rate))
                    entry.add("signals", rule.row.signals)
                    entry.add("alerts", rule.row.alerts)
                    return entry
                })
        object.add("campaigns", (sample?.campaigns ?? []).prefix(limit).map(\.json))
        object.add("riskiest", (sample?.accounts ?? []).prefix(limit).map(\.json))
        object.add("newest_alerts", (sample?.alerts ?? []).prefix(limit).map(\.json))
        object.add(
            "troubles",
            json: "[" + (sample?.troubles ?? []).map(JSONText.quote).joined(separator: ",") + "]")
        return object
    }

    /// Two decimals.
    private static func rounded(_ value: Double?) -> Double? { value.map { ($0 * 100).rounded() / 100 } }
}
