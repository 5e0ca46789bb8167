import ArgumentParser
import Assembly
import Evaluation
import Foundation
import RiskModel
import Settings
import Store

/// `banrisk evaluate`: what the scores are worth, held against labels.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare scores with labels: precision, recall, calibration, false positives, detection time.",
        discussion: """
            With a folder, the pipeline runs over its events first. docs/evaluation.md says how to read the report. \
            Exit status 1: a requirement is not met.
            """)

    @OptionGroup var source: LabelledOptions

    @Flag(help: "Judge accounts by their last level and score, not by their highest.")
    var final = false

    @Flag(help: "Run the folder's events once more without each rule in turn, and show what changes.")
    var ablate = false

    @Flag(help: "Print the report as one JSON object.")
    var json = false

    @Option(help: ArgumentHelp("Write the report as one HTML file, with plots.", valueName: "file"))
    var html: String?

    @Option(
        help: ArgumentHelp(
            "What a figure must be, such as \"review.precision>=0.95\"; may be repeated.", valueName: "figure>=number"))
    var require: [Requirement] = []

    func validate() throws {
        if ablate, source.folder == nil { throw ValidationError("--ablate runs the events again: name a folder.") }
    }

    func run() throws {
        try ToolError.reporting {
            let data = try source.load()
            var report = try Self.report(data, moment: moment)
            let figures = report.figures
            for requirement in require where !requirement.isKnown(among: figures) {
                throw ToolError.faultyInput(
                    "\(requirement.text): the report has no such figure; docs/evaluation.md lists them")
            }
            if ablate { report.ablation = try ablation(data, all: report) }
            if let html { try write(HTMLReport(report, title: source.folder ?? data.database).text, to: html) }
            var output = Output()
            if json {
                try output.line(report.json.text)
            } else {
                for line in report.lines(Terminal()) { try output.line(line) }
            }
            try output.flush()
            let shortfalls = require.flatMap { $0.shortfalls(figures) }
            guard shortfalls.isEmpty else {
                Terminal.complain(shortfalls.joined(separator: "\n"))
                throw ExitCode(1)
            }
        }
    }

    private var moment: Moment { final ? .final : .peak }

    private static func report(_ data: LabelledData, moment: Moment) throws -> Report {
        let reader = try StoreReader(path: data.database)
        let results = try reader.results(moment)
        var times: DetectionTimes?
        if let events = data.events {
            var counting = DetectionTimes(labels: data.labels, results: results)
            let mappings = data.assembly?.configuration.mappings ?? []
            try EventReading.forEach(in: events, mappings: mappings) { counting.observe(account: $0, time: $1) }
            times = counting
        }
        return Report(
            labels: data.labels, results: results, moment: moment, rules: try reader.status().rules.map(\.rule),
            detection: times)
    }

    /// Runs the pipeline without each rule that can see anything, one after the other.
    private func ablation(_ data: LabelledData, all: Report) throws -> [Ablation] {
        guard let assembly = data.assembly, let events = data.events else { return [] }
        let ruleSet = assembly.configuration.ruleSet
        return try ruleSet.rules.filter { assembly.inactive[$0.id] == nil }.map { rule in
            let place = try TemporaryFolder()
            var others = ruleSet
            others.rules.removeAll { $0.id == rule.id }
            let run = ReplayRun(assembly, database: place.file("banrisk.db"), rules: others, verdicts: data.verdicts)
            _ = try run([events])
            let results = try StoreReader(path: run.database).results(moment)
            let without = Report(labels: data.labels, results: results, moment: moment, rules: [])
            return Ablation(rule: rule.id, all: all, without: without)
        }
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw ToolError.faultyInput("\(path) cannot be written; name a file in a folder that you may write")
        }
    }
}

extension Requirement: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
