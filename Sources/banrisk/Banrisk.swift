import ArgumentParser
import RiskModel

@main
struct Banrisk: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "banrisk",
        abstract: "Find the farms, spare the innocent, and say of every score why.",
        discussion: """
            Everything that a person does with banrisk. The daemon is banriskd.

            Exit codes: 0 done, 1 nothing found, 2 faulty input or configuration, 64 wrong usage,
            69 the database or the daemon cannot be reached, 74 reading or writing failed.
            """,
        version: Version.number,
        subcommands: [
            Replay.self, Tail.self, Query.self, Explain.self, Campaigns.self, VerdictCommand.self, VerdictHistory.self,
            Appeals.self, Check.self, Rules.self, MappingCommand.self, Backtest.self, Simulate.self, Evaluate.self,
            Tune.self, Send.self, Forget.self, PseudonymCommand.self, Status.self, Notify.self, Top.self, Reload.self,
            Quarantine.self,
            Export.self,
        ])
}
