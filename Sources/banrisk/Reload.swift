import ArgumentParser
import Assembly

/// `banrisk reload`: other rules, lists and databases for the running daemon.
struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the running daemon read its configuration, rules, lists and databases again.",
        discussion: """
            The daemon reads and checks everything first, and then puts all of it in force between two batches, or nothing.
            What has a fault is refused with all faults, and the old stays. SIGHUP does the same and logs the outcome. \
            \(ToolError.discussion)
            """)

    @OptionGroup var control: ControlOptions

    @Flag(help: "Print the answer as one JSON object.")
    var json = false

    func run() throws {
        try ToolError.reporting {
            let text = try control.ask("reload")
            let answer: ReloadAnswer
            do {
                answer = try ControlMessage.decode(ReloadAnswer.self, from: text)
            } catch {
                throw ToolError.unreachable("The daemon's answer is of another version; restart banriskd.")
            }
            var output = Output()
            if json {
                try output.line(text)
            } else {
                for notice in answer.notices { try output.line(Terminal.printable("notice: \(notice)")) }
                if answer.reloaded { try output.line("in force as configuration \(answer.configuration ?? 0)") }
            }
            try output.flush()
            if !answer.reloaded { throw ToolError.faultyInput(answer.faults.joined(separator: "\n")) }
        }
    }
}
