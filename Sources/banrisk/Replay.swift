import ArgumentParser
import Assembly
import Pipeline
import RiskModel
import Settings
import Store

/// `banrisk replay`: the daemon's pipeline over files, into a database.
struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the pipeline over files of events, into a new database.",
        discussion: """
            The same code as the daemon's, so the same events give the same scores and alerts. Files are taken in the
            order given; - is standard input.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Database to make.", valueName: "file"))
    var database = "banrisk.db"

    @Flag(help: "Replace the database if there is one.")
    var overwrite = false

    @Option(
        help: ArgumentHelp(
            "Verdicts, one JSON object a line; each comes before the first event that is later.", valueName: "file"))
    var verdicts: String?

    @Option(help: "Workers that share the accounts and entities, 1 to 64. No influence on the result.")
    var shards: Int?

    @Option(help: "The most events that pass the stages together, 1 to 65536. No influence on the result.")
    var batch: Int?

    @Flag(help: "Print the summary as one JSON object.")
    var json = false

    @Argument(help: ArgumentHelp("Files of events, one JSON object a line; - is standard input.", valueName: "file"))
    var files: [String]

    func validate() throws {
        if let shards, !(1...64).contains(shards) { throw ValidationError("--shards is a number from 1 to 64.") }
        if let batch, !(1...65_536).contains(batch) { throw ValidationError("--batch is a number from 1 to 65536.") }
        if files.isEmpty { throw ValidationError("Name the files to replay, or - for standard input.") }
    }

    func run() throws {
        try ToolError.reporting {
            let assembly = try options.assemble { configuration in
                if let shards { configuration.shards = shards }
                if let batch { configuration.batchFrames = batch }
            }
            let replay = ReplayRun(assembly, database: database, verdicts: try verdicts.map(VerdictFile.init(path:)))
            try replay.makeWay(overwrite: overwrite)
            let (counts, elapsed) = try replay(files)
            try summarize(assembly, counts, elapsed: elapsed)
        }
    }

    private func summarize(_ assembly: Assembly, _ counts: PipelineStatistics, elapsed: Duration) throws {
        let status = try StoreReader(path: database).status()
        let rate = Int(Double(counts.frames) / max(elapsed / .seconds(1), 1e-9))
        let levels = [Level.watch, .review, .ban].map { ($0.name, status.accountsByLevel[$0] ?? 0) }
        var output = Output()
        if json {
            var object = JSONObject()
            object.add("frames", counts.frames)
            object.add("events", counts.events)
            object.add("rejected", counts.rejected)
            object.add("accounts", status.accounts)
            object.add("alerts", counts.alerts)
            for (name, count) in levels { object.add(name, count) }
            object.add("milliseconds", Int(elapsed / .milliseconds(1)))
            object.add("events_per_second", rate)
            let inactive = assembly.inactive.keys.sorted().map(JSONText.quote)
            object.add("inactive_rules", json: "[\(inactive.joined(separator: ","))]")
            object.add("database", database)
            try output.line(object.text)
        } else {
            let milliseconds = Int(elapsed / .milliseconds(1))
            try output.line(
                "\(counts.events) events of \(status.accounts) accounts in \(milliseconds) ms: \(rate) events/s")
            if counts.rejected > 0 {
                try output.line("\(counts.rejected) lines could not be events; the table quarantine says why")
            }
            for (rule, why) in assembly.inactive.sorted(by: { $0.key < $1.key }) {
                try output.line("rule \(rule) was inactive: it \(why)")
            }
            let reached = levels.map { "\($0.1) at \($0.0)" }.joined(separator: ", ")
            try output.line("\(counts.alerts) alerts; accounts: \(reached)")
            try output.line("next: banrisk query accounts --level watch --database \(Terminal.printable(database))")
        }
        try output.flush()
    }
}
