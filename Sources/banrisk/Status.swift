import ArgumentParser
import Assembly

/// `banrisk status`: what the daemon is doing.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the running daemon is doing.",
        discussion: """
            Asks the daemon on its control socket: what it received and wrote, what it keeps, which databases and lists are
            in force, and which rules are inactive and why. Exit status 69 where no daemon answers. \
            \(ToolError.discussion)
            """)

    @OptionGroup var control: ControlOptions

    @Flag(help: "Exit with 1 while something that was received is not yet in the database.")
    var drained = false

    @Flag(help: "Exit with 1 until the state is rebuilt and events are scored as they come.")
    var ready = false

    @Flag(help: "Print the answer as one JSON object.")
    var json = false

    func run() throws {
        try ToolError.reporting {
            let text = try control.ask("status")
            let report: DaemonStatus
            do {
                report = try ControlMessage.decode(DaemonStatus.self, from: text)
            } catch {
                throw ToolError.unreachable(
                    "The daemon's answer on \(control.path) is of another version; restart banriskd.")
            }
            var output = Output()
            if json { try output.line(text) } else { try describe(report, &output) }
            try output.flush()
            let sequence = report.sequence
            if drained, sequence.applied < sequence.received {
                throw ToolError.notFound("\(sequence.received - sequence.applied) events are not yet in the database")
            }
            if ready, report.phase != .running {
                throw ToolError.notFound("the daemon is \(report.phase.rawValue): \(report.recovery.text)")
            }
        }
    }

    private func describe(_ report: DaemonStatus, _ output: inout Output) throws {
        let terminal = Terminal()
        func line(_ name: String, _ text: String) throws {
            let padded = name + String(repeating: " ", count: 13 - name.count)
            try output.line(terminal.bold(padded) + Terminal.printable(text))
        }
        let sequence = report.sequence
        if report.phase == .recovering { try line("recovering", report.recovery.text) }
        try line("daemon", "process \(report.pid), \(report.shards) shards, database \(report.database)")
        try line(
            "events",
            "\(sequence.received) received, \(sequence.durable) on disk, \(sequence.processed) processed, "
                + "\(sequence.applied) in the database")
        try line("watermark", report.watermark ?? "no event yet")
        try line(
            "intake",
            "\(report.intake.connections) connections, \(report.intake.frames) lines, \(report.intake.bytes) bytes; "
                + "\(report.intake.connectionsRefused) refused, \(report.intake.connectionsDisplaced) displaced, "
                + "\(report.intake.oversized) oversized")
        if report.intake.acknowledgedTotal > 0 {
            try line(
                "acks",
                "\(report.intake.acknowledged) clients with acknowledgements, \(report.intake.acknowledgedTotal) since the "
                    + "start, \(report.intake.takeovers) taken over")
        }
        try line("spool", "\(report.spool.bytes) bytes in \(report.spool.segments) segments")
        try line(
            "state",
            "\(report.pipeline.accounts) accounts, \(report.pipeline.entities) entities, "
                + "\(report.pipeline.riskyAccounts) accounts with evidence")
        if report.snapshots.newest > 0 {
            try line(
                "snapshot",
                "of event \(report.snapshots.newest), \(report.snapshots.bytes) bytes, written in "
                    + "\(report.snapshots.milliseconds) ms, of which the pipeline stood still for "
                    + "\(report.snapshots.pauseMilliseconds) ms")
        }
        try line(
            "since start",
            "\(report.pipeline.events) events, \(report.pipeline.rejected) rejected, \(report.pipeline.signals) signals, "
                + "\(report.pipeline.alerts) alerts")
        for database in report.databases {
            try line("geoip", "\(database.type), built \(database.built), \(database.path)")
        }
        if report.databases.isEmpty { try line("geoip", "no database: places are unknown") }
        for list in report.lists { try line("list", "\(list.name), \(list.entries) entries") }
        let inactive = report.rules.filter { !$0.active }
        try line("rules", "\(report.rules.count - inactive.count) of \(report.rules.count) active")
        for rule in inactive { try line("inactive", "\(rule.rule): it \(rule.inactiveBecause ?? "is switched off")") }
        try describeOrder(report.pipeline, line)
        for stall in [report.spool.stalled, report.store.stalled].compactMap(\.self) { try line("stalled", stall) }
        if let failure = report.snapshots.failure { try line("no snapshot", failure) }
        if let fault = report.reloads.fault { try line("not reloaded", fault) }
    }

    /// What did not come in order, or gave way, where there is any.
    private func describeOrder(_ counts: DaemonStatus.Pipeline, _ line: (String, String) throws -> Void) throws {
        let order = [
            (counts.duplicates, "duplicates dropped"), (counts.late, "late"), (counts.waiting, "waiting for others"),
            (counts.inDoubt, "ahead of time and in doubt"), (counts.fromTheFuture, "refused as from the future"),
            (counts.releasedEarly, "let through early"),
        ].filter { $0.0 > 0 }
        if !order.isEmpty { try line("order", order.map { "\($0.0) \($0.1)" }.joined(separator: ", ")) }
        let evicted = [
            (counts.evictedAccounts, "accounts"), (counts.evictedRecords, "of them with evidence"),
            (counts.evictedEntities, "entities"),
        ].filter { $0.0 > 0 }
        if !evicted.isEmpty {
            try line("gave way", evicted.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + " at the limits")
        }
    }
}

extension DaemonStatus.Recovery {
    fileprivate var text: String {
        "event \(processed) of \(target)" + (snapshot > 0 ? ", from a snapshot of event \(snapshot)" : "")
    }
}
