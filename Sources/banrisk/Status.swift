import ArgumentParser
import Foundation
import Intake
import Store

/// `banrisk status`: what the daemon is doing.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the running daemon is doing.",
        discussion: """
            Asks the daemon on its control socket: what it received and wrote, what it keeps, which databases and lists are
            in force, and which rules are inactive and why. Exit status 69 where no daemon answers. \
            \(ToolError.discussion)
            """)

    @Option(
        help: ArgumentHelp(
            "The daemon's control socket.", discussion: "Without it: $BANRISK_CONTROL, else /run/banrisk/control.sock.",
            valueName: "path"))
    var control: String?

    @Flag(help: "Exit with 1 while something that was received is not yet in the database.")
    var drained = false

    @Flag(help: "Print the answer as one JSON object.")
    var json = false

    private var path: String {
        if let control { return control }
        let named = Terminal.variable("BANRISK_CONTROL") ?? ""
        return named.isEmpty ? "/run/banrisk/control.sock" : named
    }

    func run() throws {
        try ToolError.reporting {
            let text = try ask()
            let report: DaemonReport
            do {
                report = try JSONDecoder.snakeCase.decode(DaemonReport.self, from: Data(text.utf8))
            } catch {
                throw ToolError.unreachable("The daemon's answer on \(path) is of another version; restart banriskd.")
            }
            var output = Output()
            if json { try output.line(text) } else { try describe(report, &output) }
            try output.flush()
            let sequence = report.sequence
            if drained, sequence.applied < sequence.received {
                throw ToolError.notFound("\(sequence.received - sequence.applied) events are not yet in the database")
            }
        }
    }

    private func ask() throws(ToolError) -> String {
        do {
            return try ControlClient.ask("status", path: path)
        } catch IntakeError.permissionDenied {
            throw .unreachable("You have no permission for \(path). Be in the group of the daemon's sockets.")
        } catch {
            throw .unreachable("No banriskd answers on \(path). Start it, or name its socket with --control.")
        }
    }

    private func describe(_ report: DaemonReport, _ output: inout Output) throws {
        let terminal = Terminal()
        func line(_ name: String, _ text: String) throws {
            let padded = name + String(repeating: " ", count: 13 - name.count)
            try output.line(terminal.bold(padded) + Terminal.printable(text))
        }
        let sequence = report.sequence
        try line("daemon", "process \(report.pid), \(report.shards) shards, database \(report.database)")
        try line(
            "events",
            "\(sequence.received) received, \(sequence.durable) on disk, \(sequence.processed) processed, "
                + "\(sequence.applied) in the database")
        try line("watermark", report.watermark ?? "no event yet")
        try line(
            "intake",
            "\(report.intake.connections) connections, \(report.intake.frames) lines, \(report.intake.bytes) bytes; "
                + "\(report.intake.connectionsRefused) refused, \(report.intake.oversized) oversized")
        try line("spool", "\(report.spool.bytes) bytes in \(report.spool.segments) segments")
        try line(
            "state",
            "\(report.pipeline.accounts) accounts, \(report.pipeline.entities) entities, "
                + "\(report.pipeline.riskyAccounts) accounts with evidence")
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
        for stall in [report.spool.stalled, report.store.stalled].compactMap(\.self) { try line("stalled", stall) }
    }
}

/// The daemon's answer, as far as it is shown.
private struct DaemonReport: Decodable {
    struct Sequence: Decodable { var received, durable, processed, applied: UInt64 }
    struct Intake: Decodable { var connections, connectionsRefused, frames, bytes, oversized: Int }
    struct Spool: Decodable {
        var bytes, segments: Int
        var stalled: String?
    }
    struct Pipeline: Decodable { var events, rejected, signals, alerts, accounts, entities, riskyAccounts: Int }
    struct Store: Decodable { var stalled: String? }
    struct Database: Decodable { var type, path, built: String }
    struct List: Decodable {
        var name: String
        var entries: Int
    }
    struct Rule: Decodable {
        var rule: String
        var active: Bool
        var inactiveBecause: String?
    }

    var pid, shards: Int
    var database: String
    var watermark: String?
    var sequence: Sequence
    var intake: Intake
    var spool: Spool
    var pipeline: Pipeline
    var store: Store
    var databases: [Database]
    var lists: [List]
    var rules: [Rule]
}

extension JSONDecoder {
    fileprivate static var snakeCase: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
