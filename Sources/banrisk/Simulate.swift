import ArgumentParser
import Foundation
import RiskModel
import Simulation

/// `banrisk simulate`: innocents and abusers of every kind, with the truth about them.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write simulated events of innocents and abusers, with labels.",
        discussion: """
            Writes a folder: events.ndjson, labels.ndjson, verdicts.ndjson, databases, lists, and a banrisk.yaml that
            names them. The same options give the same bytes. docs/simulation.md has every assumption with its reason.
            """)

    @Option(help: ArgumentHelp("Folder to write; files of the same names are replaced.", valueName: "folder"))
    var out: String

    @Option(help: "Another seed gives another world.")
    var seed: UInt64 = 1

    @Option(help: "Accounts, innocent and abusive.")
    var accounts = 20_000

    @Option(help: "Length in days, 7 to 366.")
    var days = 30

    @Option(help: "What the world is like: \(Assumptions.all.map(\.name).joined(separator: ", ")).")
    var assumptions = "default"

    @Option(help: "The share of accounts that are abusive or taken over, 0 to 0.9; none: that of the assumptions.")
    var abuse: Double?

    @Option(help: "Only these kinds of abuse and classes of innocents, separated by commas.")
    var only: String?

    @Flag(help: "Print the summary as one JSON object.")
    var json = false

    func validate() throws {
        guard (100...5_000_000).contains(accounts) else {
            throw ValidationError("--accounts is a number from 100 to 5000000.")
        }
        guard (7...366).contains(days) else { throw ValidationError("--days is a number from 7 to 366.") }
        guard Assumptions.named(assumptions) != nil else {
            let names = Assumptions.all.map(\.name).joined(separator: ", ")
            throw ValidationError("--assumptions is one of \(names).")
        }
        if let abuse, !(0...0.9).contains(abuse) { throw ValidationError("--abuse is a number from 0 to 0.9.") }
        let known = Set(AbuseKind.allCases.map(\.rawValue) + InnocentClass.allCases.map(\.rawValue))
        if let wrong = chosen?.subtracting(known).min() {
            throw ValidationError("--only: \"\(wrong)\" is none of \(known.sorted().joined(separator: ", ")).")
        }
    }

    func run() throws {
        try ToolError.reporting {
            var settings = Assumptions.named(assumptions) ?? .standard
            if let abuse { settings.abuseShare = abuse }
            var simulation = Simulation(seed: seed, accounts: accounts, days: days, assumptions: settings)
            if let chosen {
                let kinds = simulation.kinds.filter { chosen.contains($0.rawValue) }
                let classes = simulation.classes.filter { chosen.contains($0.rawValue) }
                // Kinds alone leave all innocents, classes alone leave all abusers.
                if !kinds.isEmpty { simulation.kinds = kinds }
                if !classes.isEmpty { simulation.classes = classes }
            }
            if settings.abuseShare == 0 { simulation.kinds = [] }
            let clock = ContinuousClock()
            let start = clock.now
            let summary: SimulationSummary
            do {
                summary = try simulation.write(to: URL(filePath: out, directoryHint: .isDirectory))
            } catch {
                throw ToolError.faultyInput("\(out) cannot be written: \(error.localizedDescription)")
            }
            try print(summary, elapsed: clock.now - start)
        }
    }

    private var chosen: Set<String>? { only.map { Set($0.split(separator: ",").map(String.init)) } }

    private func print(_ summary: SimulationSummary, elapsed: Duration) throws {
        var output = Output()
        let rate = Int(Double(summary.events) / max(elapsed / .seconds(1), 1e-9))
        let milliseconds = Int(elapsed / .milliseconds(1))
        if json {
            var object = JSONObject()
            object.add("accounts", summary.accounts)
            object.add("events", summary.events)
            object.add("bytes", summary.bytes)
            object.add("milliseconds", milliseconds)
            object.add("events_per_second", rate)
            object.add("innocents", json: Self.object(summary.innocents))
            object.add("abusers", json: Self.object(summary.abusers.map { ($0.name, $0.count) }))
            object.add("victims", json: Self.object(summary.victims))
            try output.line(object.text)
        } else {
            for (name, count) in summary.innocents { try output.line("innocent  \(name): \(count)") }
            for (name, count, campaigns) in summary.abusers {
                try output.line("abuse     \(name): \(count) in \(campaigns) campaigns")
            }
            for (name, count) in summary.victims { try output.line("victim    \(name): \(count)") }
            try output.line(
                "\(summary.events) events of \(summary.accounts) accounts, \(summary.bytes) bytes in \(milliseconds) ms: "
                    + "\(rate) events/s")
            let folder = Terminal.printable(out)
            try output.line("next: banrisk replay --config \(folder)/banrisk.yaml \(folder)/events.ndjson")
        }
        try output.flush()
    }

    private static func object(_ counts: [(name: String, count: Int)]) -> String {
        var object = JSONObject()
        for (name, count) in counts { object.add(name, count) }
        return object.text
    }
}
