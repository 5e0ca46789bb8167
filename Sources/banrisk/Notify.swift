internal import ArgumentParser
internal import Journal
internal import Logging
internal import Notification
internal import RiskModel
internal import Settings

/// `banrisk notify`: alerts to where people see them.
struct Notify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deliver alerts to webhooks, the journal, files and programs, as the configuration says.",
        discussion: """
            Runs until it is ended, as a service of its own beside the daemon: it reads the database, and sends each alert to \
            the sinks of the configuration's section "alerts". Each sink has its own place in the alerts, which is on disk: \
            every alert arrives at least once, in order, and a sink that fails holds up no other. SIGHUP has it read the \
            configuration again. Status 69 with --once or --test: something did not arrive. \(ToolError.discussion)
            """)

    @OptionGroup var options: NotifyOptions

    @Flag(help: "Deliver what is there, and end.")
    var once = false

    @Option(help: ArgumentHelp("Send one made-up alert to this sink, and end.", valueName: "sink"))
    var test: String?

    @Flag(help: "Show how deliveries stand, and end; status 1 while a sink fails.")
    var status = false

    @Flag(help: "With --status: one JSON object.")
    var json = false

    func validate() throws {
        guard [once, test != nil, status].filter(\.self).count <= 1 else {
            throw ValidationError("--once, --test and --status exclude each other.")
        }
        if json, !status { throw ValidationError("--json goes with --status.") }
    }

    func run() throws {
        try ToolError.reporting {
            if status { return try NotifyReport(options).print(json: json) }
            let signals = once || test != nil ? nil : ServiceSignals()
            let configuration = try options.load()
            if let test { return try send(testTo: test, configuration) }
            guard !configuration.alerts.isEmpty else {
                throw ToolError.faultyInput(
                    "The configuration names no sink. Add a section \"alerts\"; docs/alerts.md has examples.")
            }
            let logger = Logger(label: "banrisk-notify") { JournalLogHandler.standard(label: $0, level: .info) }
            let folder = options.folder
            do throws(NotifyFault) {
                try folder.take()
                let notifier = Notifier(folder: folder, logger: logger)
                if let signals {
                    try serve(notifier, configuration, signals, logger)
                } else {
                    try deliver(notifier, configuration)
                }
            } catch {
                throw ToolError.unreachable("\(error).")
            }
        }
    }

    private func send(testTo name: String, _ configuration: Configuration) throws {
        guard let sink = configuration.alerts.first(where: { $0.name == name }) else {
            let names = configuration.alerts.map(\.name).joined(separator: ", ")
            let known = names.isEmpty ? "there is none" : "known are \(names)"
            throw ToolError.faultyInput("There is no sink \(name) in the configuration; \(known).")
        }
        switch Notifier.test(sink) {
        case .done:
            var output = Output()
            try output.line("the sink \(name) took a test alert")
            try output.flush()
        case .failed(_, let why, _), .refused(let why):
            throw ToolError.unreachable("The sink \(name) did not take the test alert: \(why).")
        }
    }

    private func deliver(_ notifier: Notifier, _ configuration: Configuration) throws(NotifyFault) {
        let faults = try notifier.deliverOnce(configuration.alerts, database: options.database(configuration))
        let status = notifier.status
        try options.folder.write(status)
        for sink in status.sinks where sink.delivered + sink.refused > 0 {
            Terminal.complain("\(sink.name): \(sink.delivered) delivered, \(sink.refused) refused")
        }
        guard faults.isEmpty else {
            for fault in faults { Terminal.complain("\(fault.sink): \(fault.why)") }
            throw .left(faults.count)
        }
    }

    /// Delivers until a signal ends it.
    private func serve(
        _ notifier: Notifier, _ configuration: Configuration, _ signals: ServiceSignals, _ logger: Logger
    ) throws(NotifyFault) {
        let notice = ServiceNotice()
        try notifier.adopt(configuration.alerts, database: options.database(configuration))
        logger.notice(
            "delivering alerts to \(configuration.alerts.count) sinks", metadata: ["event": "notify.ready"])
        notice.send("READY=1\nSTATUS=delivering to \(configuration.alerts.count) sinks")
        var heart = Heart(notice: notice, folder: options.folder, logger: logger)
        while true {
            switch signals.next(within: 1_000) {
            case .none: heart.beat(notifier)
            case .reload:
                notice.send("RELOADING=1\nMONOTONIC_USEC=\(ServiceNotice.monotonicMicroseconds)")
                reload(notifier, logger)
                notice.send("READY=1")
            case .stop:
                notice.send("STOPPING=1")
                notifier.stop()
                heart.writeStatus(notifier)
                logger.notice(
                    "ended; what is left is delivered after the next start", metadata: ["event": "notify.stopped"])
                return
            }
        }
    }

    private func reload(_ notifier: Notifier, _ logger: Logger) {
        do {
            let configuration = try options.load()
            guard !configuration.alerts.isEmpty else { throw ToolError.faultyInput("the configuration names no sink") }
            try notifier.adopt(configuration.alerts, database: options.database(configuration))
            logger.notice(
                "reloaded: delivering to \(configuration.alerts.count) sinks", metadata: ["event": "reload.done"])
        } catch let error as ToolError {
            for line in error.message.split(separator: "\n") {
                logger.error("reload refused, the old stays in force: \(line)", metadata: ["event": "reload.refused"])
            }
        } catch {
            logger.error("reload refused, the old stays in force: \(error)", metadata: ["event": "reload.refused"])
        }
    }
}

/// What a running `notify` does each second: a sign of life, and the status.
private struct Heart {
    /// How often the log has a line of figures, where anything was delivered since.
    private static let reportInterval = Duration.seconds(600)

    let notice: ServiceNotice
    let folder: StateFolder
    let logger: Logger
    private var written: NotifyStatus?
    private var reported = 0
    private var lastReport = ContinuousClock.now
    private var isComplained = false

    init(notice: ServiceNotice, folder: StateFolder, logger: Logger) {
        self.notice = notice
        self.folder = folder
        self.logger = logger
    }

    mutating func beat(_ notifier: Notifier) {
        if notice.watchdogInterval != nil, notifier.isAlive { notice.send("WATCHDOG=1") }
        writeStatus(notifier)
        guard ContinuousClock.now - lastReport >= Self.reportInterval, let status = written else { return }
        lastReport = .now
        let delivered = status.sinks.reduce(0) { $0 + $1.delivered + $1.refused }
        guard delivered != reported else { return }
        reported = delivered
        for sink in status.sinks { logger.info("\(sink.name): \(sink.line)") }
    }

    mutating func writeStatus(_ notifier: Notifier) {
        let status = notifier.status
        guard status != written else { return }
        do throws(NotifyFault) {
            try folder.write(status)
            written = status
            isComplained = false
        } catch {
            if !isComplained { logger.error("\(error)") }
            isComplained = true
        }
        let failing = status.sinks.filter { $0.failing != nil }.map(\.name)
        notice.send(
            "STATUS=delivering to \(status.sinks.count) sinks"
                + (failing.isEmpty ? "" : "; failing: \(failing.joined(separator: ", "))"))
    }
}
