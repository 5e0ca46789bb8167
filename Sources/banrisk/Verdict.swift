internal import ArgumentParser
internal import Foundation
internal import RiskModel
internal import Store

/// `banrisk verdict`: an analyst's word on accounts.
struct VerdictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verdict",
        abstract: "Records a verdict on accounts: banned, cleared, compromised, or withdrawn.",
        discussion: """
            cleared: innocent; the evidence so far is removed. compromised: taken over by another; never to be banned for what \
            that other did. banned: closed; who shares a strong tie with it is told on. withdrawn takes back whatever verdict \
            there is: each can be reversed, and all of them stay in the history. The daemon must run; it notes who asked, by \
            the system's word. \(ToolError.discussion)
            """)

    /// How many unknown accounts are named.
    private static let namedAtMost = 10

    @OptionGroup var control: ControlOptions
    @Argument(
        help: ArgumentHelp(
            "The account's name, and the verdict: \(Verdict.Kind.names). With --accounts-from the verdict alone.",
            valueName: "account-and-verdict"))
    var words: [String] = []
    @Option(help: "The reason, for whoever reads it later; required.") var why: String
    @Option(
        help: ArgumentHelp(
            "Until when it holds: a date, an RFC 3339 time, 90d from now in event time, or never.",
            discussion: "Without it: cleared 365d, compromised 90d, banned never.", valueName: "time"))
    var until: ExpiryArgument?
    @Option(help: "Your name; without it the system's name for you. Your user number is noted beside it.") var by:
        String?
    @Option(
        help: ArgumentHelp(
            "Accounts one a line, at most \(VerdictRequest.maximumAccounts); - for standard input.", valueName: "file"))
    var accountsFrom: String?
    @Flag(help: "Print the answer as one JSON object.") var json = false

    func validate() throws {
        guard words.count == (accountsFrom == nil ? 2 : 1) else {
            throw ValidationError("Give the account and the verdict, or --accounts-from and the verdict.")
        }
        guard Verdict.Kind(rawValue: words[words.count - 1]) != nil else {
            throw ValidationError("The verdict is one of \(Verdict.Kind.names).")
        }
    }

    func run() throws {
        try ToolError.reporting {
            let kind = Verdict.Kind(rawValue: words[words.count - 1]) ?? .withdrawn
            let accounts = try accountsFrom.map(Self.accounts(in:)) ?? [words[0]]
            let request = VerdictRequest(
                accounts: accounts, kind: kind, expiry: until?.expiry ?? .usual, by: by, why: why)
            var total = VerdictAnswer()
            for page in request.pages {
                let answer = try control.ask(page)
                total.add(answer)
                // What was recorded before stands, and is said.
                if let error = answer.error { throw ToolError.faultyInput(error + total.progress(of: accounts.count)) }
            }
            var output = Output()
            if json {
                try output.line(total.line)
            } else {
                let unknown = total.unknown ?? []
                for account in unknown.prefix(Self.namedAtMost) {
                    Terminal.complain("the database does not know \(account); the verdict is kept all the same")
                }
                if unknown.count > Self.namedAtMost {
                    Terminal.complain("nor \(unknown.count - Self.namedAtMost) others; --json names them")
                }
                try output.line(total.sentence(kind))
            }
            try output.flush()
        }
    }

    /// The names in a file, one a line; empty lines are left out.
    private static func accounts(in path: String) throws(ToolError) -> [String] {
        let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
        guard let handle, let data = try? handle.readToEnd() ?? Data() else {
            throw .faultyInput("\(path) cannot be read.")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw .faultyInput("\(path) is not UTF-8.")
        }
        let names = text.split(whereSeparator: \.isNewline).map(String.init)
        guard (1...VerdictRequest.maximumAccounts).contains(names.count) else {
            throw .faultyInput(
                "\(path) names \(names.count) accounts; give 1 to \(VerdictRequest.maximumAccounts) at once.")
        }
        return names
    }
}

/// `banrisk verdicts`: who said what of an account, and why.
struct VerdictHistory: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verdicts", abstract: "Shows verdicts, the newest first; of one account all that it ever had.",
        discussion: ToolError.discussion)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The account's name; without it all accounts.") var account: String?
    @Option(help: "At most this many rows.") var limit = RowLimit(100)

    func run() throws {
        try ToolError.reporting {
            var filter = VerdictFilter()
            filter.account = account
            filter.limit = limit.count
            try Self.show(database.open().verdicts(filter), json: database.json)
        }
    }

    static func show(_ rows: [VerdictRow], json: Bool) throws {
        let columns: [Table.Column] = [
            .right("ID"), .left("EVENT TIME"), .left("VERDICT"), .left("HOLDS"), .left("UNTIL"), .left("ACCOUNT"),
            .left("BY"), .left("WHY"),
        ]
        try Query.show(rows, json: json, \.json, columns) { table, row in
            table.add([
                String(row.id), row.eventTime.wholeSeconds, row.verdict, row.isInForce ? "yes" : "no",
                row.until?.wholeSeconds ?? "", row.account, row.by, row.why,
            ])
        }
    }
}

/// `--until`: as ``SinceArgument``, but a span counts forwards; or `never`.
struct ExpiryArgument: ExpressibleByArgument {
    let expiry: VerdictRequest.Expiry

    init?(argument: String) {
        if argument == "never" {
            expiry = .never
            return
        }
        switch SinceArgument(argument: argument) {
        case .ago(let span) where span > .zero: expiry = .after(span)
        case .at(let time): expiry = .at(time)
        case .ago, nil: return nil
        }
    }
}

extension ControlOptions {
    /// - Throws: ``ToolError/unreachable(_:)`` where the daemon is of another version.
    fileprivate func ask(_ request: VerdictRequest) throws(ToolError) -> VerdictAnswer {
        guard let answer = try? VerdictAnswer(line: try ask(request.line)) else {
            throw .unreachable("The daemon's answer on \(path) is of another version; restart banriskd.")
        }
        return answer
    }
}

extension VerdictAnswer {
    /// Takes in the answer to the next part of the same call.
    fileprivate mutating func add(_ later: VerdictAnswer) {
        if let count = later.recorded { recorded = (recorded ?? 0) + count }
        firstSeq = firstSeq ?? later.firstSeq
        lastSeq = later.lastSeq ?? lastSeq
        by = later.by ?? by
        time = later.time ?? time
        until = later.until ?? until
        if let names = later.unknown { unknown = (unknown ?? []) + names }
    }

    fileprivate func progress(of count: Int) -> String {
        recorded.map { "; \($0) of \(count) verdicts were recorded before, through event \(lastSeq ?? 0)" } ?? ""
    }

    fileprivate func sentence(_ kind: Verdict.Kind) -> String {
        let count = recorded ?? 0
        let what = count == 1 ? "1 verdict" : "\(count) verdicts"
        let end = kind == .withdrawn ? "" : until.map { ", until \($0)" } ?? ", without end"
        return Terminal.printable(
            "\(what) recorded: \(kind.rawValue) by \(by ?? "") on \(time ?? "")\(end); event \(lastSeq ?? 0)")
    }
}

extension Verdict.Kind {
    fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
