internal import ArgumentParser
internal import Assembly

/// `banrisk forget`: erases an account everywhere, and proves it.
struct Forget: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Erases an account from database, spool, snapshots and memory, and proves it.",
        discussion: """
            Its rows and events go, and what nobody else used; where something is told of others, a random name stands in its \
            place, and nobody else's score changes. Events that come for the account later begin a new life. The pipeline stands \
            still meanwhile, and what is received waits. The role operator is needed. What a crash interrupts is done at the next \
            start; what fails must be asked for again. Where the name is a word in events of more than 16 other accounts, nothing \
            is done until you say with --elsewhere whether it says something else there. docs/privacy.md says what cannot be \
            reached. \(ToolError.discussion)
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The account's name, as it is in events.") var account: String
    @Option(
        help: ArgumentHelp(
            "keep or erase: what becomes of the name where it is a word in what others sent.",
            discussion: """
                erase overwrites it. keep leaves it: for a name that is an ordinary word, such as admin or test. Then only \
                what is certainly the account's goes.
                """))
    var elsewhere: ForgetRequest.Elsewhere?
    @Flag(help: "Print the answer as one JSON object.") var json = false

    func run() throws {
        try ToolError.reporting {
            guard !account.isEmpty else { throw ToolError.faultyInput("Give the account's name.") }
            let line = try control.ask(ForgetRequest(account: account, elsewhere: elsewhere).line)
            guard let answer = try? ControlMessage.decode(ForgetAnswer.self, from: line) else {
                throw ToolError.refusedOrForeign(line, path: control.path)
            }
            var output = Output()
            if json {
                try output.line(line)
            } else {
                for line in answer.lines { try output.line(Terminal.printable(line)) }
            }
            try output.flush()
            if let error = answer.error { throw ToolError.faultyInput("not done: \(error)") }
        }
    }
}

extension ToolError {
    /// The daemon said no in other words, or is of another version.
    static func refusedOrForeign(_ line: String, path: String) -> ToolError {
        if let answer = try? ControlMessage.decode([String: String].self, from: line), let error = answer["error"] {
            return .faultyInput(error)
        }
        return .unreachable("The daemon's answer on \(path) is of another version; restart banriskd.")
    }
}

extension ForgetRequest.Elsewhere: ExpressibleByArgument {}

extension ForgetAnswer {
    fileprivate var lines: [String] {
        guard let tombstone else { return [] }
        var lines = [
            "forgotten as \(tombstone)",
            "database   \(rowsDeleted) rows removed, \(rowsAltered) mended, \(entities) entities that were the account's alone",
            "spool      \(framesErased) events erased, \(framesAltered) of others mended, \(segmentsWritten) segments written",
        ]
        if let elsewhere, elsewhere.events > 0 {
            let what = elsewhere.isKept ? "kept" : "overwritten"
            lines.append("elsewhere  \(elsewhere.words) have it as a word: \(what)")
        }
        if let proof {
            lines.append("proof      \(proof.files) files with \(proof.bytes) bytes searched: \(proof.hits) hits")
            if proof.insideOthers > 0 {
                lines.append(
                    "           \(proof.insideOthers) times it is part of a longer word, or says something else")
            }
            if proof.since > 0 { lines.append("           \(proof.since) times in events that came since") }
        }
        return lines
    }
}
