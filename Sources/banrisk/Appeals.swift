internal import ArgumentParser
internal import Assembly
internal import Enrichment
internal import RiskModel
internal import Store

/// `banrisk appeals`: what a person needs to answer an appeal.
struct Appeals: ParsableCommand {
    /// Which of the two texts.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        /// For whoever decides.
        case you
        /// For the accused.
        case reply
        case both
    }

    /// The languages that the texts are written in.
    enum Language: String, CaseIterable, ExpressibleByArgument {
        case en
    }

    static let configuration = CommandConfiguration(
        abstract: "Prepares the answer to an appeal: what the account is accused of, and what else could explain it.",
        discussion: """
            Two parts: one for you, with each charge, its evidence, the innocent explanations that fit, and what in the data \
            speaks for and against them; and the draft of a reply, which names nobody else, no rule and no points. Give the \
            account's owner the second alone (--part reply). With --geoip or --config it also says what the databases know of \
            the addresses. Reads much of the database: seconds where it is large. \(ToolError.discussion)
            """)

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var sources: ConfigurationOptions
    @Argument(help: "The account's name.") var account: String
    @Option(help: "What is printed.") var part = Part.both
    @Option(help: "The language of the texts.") var language = Language.en

    func run() throws {
        try ToolError.reporting {
            guard let appeal = try database.open().appeal(of: account, flags: flags()) else {
                throw ToolError.notFound("There is no account of this name.")
            }
            var output = Output()
            if database.json {
                try output.line(appeal.json)
            } else {
                let text = AppealText(appeal)
                var lines = part == .reply ? [] : text.forYou
                if part == .both {
                    lines += ["", "FOR THE REPLY — a draft; read it, and change what does not fit", ""]
                }
                if part != .you { lines += text.forTheReply }
                for line in lines { try output.line(Terminal.printable(line)) }
            }
            try output.flush()
        }
    }

    /// What the databases say of an address, where some were named.
    private func flags() throws(ToolError) -> ((IPAddress) -> NetworkFlags)? {
        guard sources.config != nil || !sources.geoip.isEmpty else { return nil }
        let enricher = Enricher(sources: try sources.assemble().sources)
        return { enricher.place(of: $0).flags }
    }
}
