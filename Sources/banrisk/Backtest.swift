import ArgumentParser
import Assembly
import Enrichment
import Evaluation
import RiskModel
import Settings

/// `banrisk backtest`: what other rules would have made of the events that are there.
struct Backtest: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show which accounts and alerts other rules would change.",
        discussion: """
            Runs the frames of the daemon's spool, or files, under the present rules and under others, in temporary \
            databases, and compares. Nothing is applied; the daemon may run meanwhile. The spool holds what its \
            retention keeps, so rules with a longer memory see less here than the daemon saw. \(ToolError.discussion)
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: ArgumentHelp("The rules to try.", valueName: "file"))
    var rules: String

    @Option(
        help: ArgumentHelp(
            "The spool to read. Default: that of the configuration's state directory.", valueName: "folder"))
    var spool: String?

    @Option(help: ArgumentHelp("With files: verdicts that come among the events, by time.", valueName: "file"))
    var verdicts: String?

    @Flag(help: "Compare accounts by their last level and score, not by their highest.")
    var final = false

    @Option(help: "At most this many accounts.")
    var limit = RowLimit(50)

    @Option(
        help: ArgumentHelp(
            "Exit with 1 where more accounts than this reach ban that do not under the present rules.",
            valueName: "count"))
    var failOnNewBan: Int?

    @Flag(help: "Print the comparison as one JSON object.")
    var json = false

    @Argument(
        help: ArgumentHelp("Files of events in place of the spool; - is standard input.", valueName: "file"))
    var files: [String] = []

    func validate() throws {
        if spool != nil, !files.isEmpty { throw ValidationError("Give --spool or files, not both.") }
        if verdicts != nil, files.isEmpty { throw ValidationError("A spool has its own: --verdicts is for files.") }
        if let failOnNewBan, failOnNewBan < 0 { throw ValidationError("--fail-on-new-ban is 0 or more.") }
    }

    func run() throws {
        try ToolError.reporting {
            let present = try options.assemble()
            var run = try BacktestRun(before: present, after: try other(than: present))
            if files.isEmpty {
                let folder = spool ?? present.configuration.stateDirectory + "/spool"
                var frames = try ArchiveFrames(directory: folder)
                try run.run(&frames, totalBytes: nil)
            } else {
                var frames = MergedFrames(files, verdicts: try verdicts.map(VerdictFile.init(path:)))
                try run.run(&frames, totalBytes: FileFrames.totalBytes(of: files))
            }
            let report = try run.report(final ? .final : .peak)
            guard report.frames != nil else {
                throw ToolError.faultyInput("there are no events to compare; name the daemon's spool, or files")
            }
            var output = Output()
            if json {
                try output.line(report.json(limit: limit.count).text)
            } else {
                for line in report.lines(limit: limit.count, Terminal()) { try output.line(line) }
            }
            try output.flush()
            if let failOnNewBan, report.count(.reachesBan) > failOnNewBan {
                Terminal.complain("\(report.count(.reachesBan)) accounts would reach ban; allowed are \(failOnNewBan)")
                throw ExitCode(1)
            }
        }
    }

    /// The present configuration with the rules to try.
    private func other(than present: Assembly) throws(ToolError) -> Assembly {
        do {
            var configuration = present.configuration
            configuration.rulesFile = try RulesFile.load(path: rules)
            return try Assembly(configuration, keeping: present.sources)
        } catch {
            throw .faultyInput("\(error)")
        }
    }
}
