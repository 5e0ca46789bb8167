internal import ArgumentParser
internal import RiskModel
internal import Store

/// `banrisk quarantine`: what could not be an event, and what becomes of it.
struct Quarantine: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows, tries again and drops lines that could not be events.",
        discussion: """
            list and show read the database. retry and drop ask the running daemon, which alone writes. \
            \(ToolError.discussion)
            """,
        subcommands: [List.self, Show.self, Retry.self, Drop.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rows of the quarantine, the newest first, with a count of each reason.")

        @OptionGroup var database: DatabaseOptions
        @Option(help: "Rows with this reason.") var reason: RejectionReason?
        @Option(help: ArgumentHelp("Rows with a smaller number: the next page.", valueName: "seq")) var before: Int?
        @Option(help: "At most this many rows.") var limit = RowLimit(100)

        func run() throws {
            try ToolError.reporting {
                let reader = try database.open()
                var filter = QuarantineFilter(
                    QuarantineSelection(reason.map { .reason($0) } ?? .all, before: before))
                filter.limit = limit.count
                let counts = database.json ? nil : try reader.quarantineCounts().text
                let columns: [Table.Column] = [
                    .right("SEQ"), .left("SOURCE"), .left("REASON"), .left("FIELD"), .right("POSITION"),
                    .right("LENGTH"), .left("RETRY"), .left("LINE"),
                ]
                try Query.show(reader.quarantine(filter), json: database.json, \.json, columns, title: counts) {
                    table, row in
                    table.add([
                        String(row.seq), row.source, row.reason, row.field ?? "", String(row.position),
                        row.length.map(String.init) ?? "", row.isComplete ? "yes" : "no", row.beginning,
                    ])
                }
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One row of the quarantine, with its line and the place of the fault.")

        @OptionGroup var database: DatabaseOptions
        @Argument(help: "The row's number.") var seq: Int

        func run() throws {
            try ToolError.reporting {
                let filter = QuarantineFilter(QuarantineSelection(.seqs([seq])))
                guard let row = try database.open().quarantine(filter).first else {
                    throw ToolError.notFound("There is no row \(seq) in quarantine.")
                }
                var output = Output()
                if database.json {
                    try output.line(row.json.text)
                } else {
                    for line in QuarantineView(row, terminal: Terminal()).lines { try output.line(line) }
                }
                try output.flush()
            }
        }
    }

    struct Retry: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends lines through the pipeline once more.",
            discussion: """
                For lines that a later release or a mended clock can read. A row goes together with what its line caused; \
                what is refused again gets a new row. Lines that were cut off or masked stay.
                """)

        @OptionGroup var control: ControlOptions
        @OptionGroup var database: DatabaseOptions
        @OptionGroup var selection: SelectionOptions
        @Flag(help: "Only say how many rows it would be.") var dryRun = false

        func run() throws {
            try ToolError.reporting {
                let rows = selection.selection
                var answer: QuarantineAnswer
                if dryRun {
                    let count = try database.open().quarantineCount(rows)
                    answer = QuarantineAnswer(
                        selected: count.rows, retried: count.complete, incomplete: count.rows - count.complete)
                } else {
                    answer = try control.ask(QuarantineRequest(.retry, rows))
                }
                try answer.print(json: database.json) {
                    let stay = answer.incomplete ?? 0
                    let mood = dryRun ? "would be tried again" : "are tried again"
                    return "\(answer.retried ?? 0) of \(answer.selected ?? 0) rows \(mood)"
                        + (stay > 0 ? "; \(stay) cannot be, for their lines were cut off or masked" : "")
                }
            }
        }
    }

    struct Drop: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Removes rows of the quarantine for good.")

        @OptionGroup var control: ControlOptions
        @OptionGroup var selection: SelectionOptions
        @Flag(help: "Yes, all of them; goes with --all.") var yes = false
        @Flag(help: "Print the answer as one JSON object.") var json = false

        func validate() throws {
            if selection.all, !yes { throw ValidationError("--all drops every row for good. Add --yes to do it.") }
        }

        func run() throws {
            try ToolError.reporting {
                let answer = try control.ask(QuarantineRequest(.drop, selection.selection))
                try answer.print(json: json) { "\(answer.selected ?? 0) rows dropped" }
            }
        }
    }
}

/// Which rows: exactly one of numbers, a reason, and all.
struct SelectionOptions: ParsableArguments {
    @Argument(help: "Numbers of rows.") var seqs: [Int] = []
    @Option(help: "All rows with this reason.") var reason: RejectionReason?
    @Flag(help: "All rows.") var all = false
    @Option(help: ArgumentHelp("Of these only rows with a smaller number.", valueName: "seq")) var before: Int?

    func validate() throws {
        guard [!seqs.isEmpty, reason != nil, all].count(where: \.self) == 1 else {
            throw ValidationError("Say which rows: their numbers, --reason, or --all.")
        }
        if seqs.count > QuarantineRequest.maximumSeqs {
            throw ValidationError("At most \(QuarantineRequest.maximumSeqs) numbers at once; or use --reason or --all.")
        }
    }

    var selection: QuarantineSelection {
        QuarantineSelection(all ? .all : reason.map { .reason($0) } ?? .seqs(seqs), before: before)
    }
}

extension RejectionReason: ExpressibleByArgument {}

extension ControlOptions {
    /// Asks the daemon for an action on the quarantine.
    ///
    /// - Throws: ``ToolError/unreachable(_:)`` also where it could not do it.
    fileprivate func ask(_ request: QuarantineRequest) throws(ToolError) -> QuarantineAnswer {
        let line = try ask(request.line)
        guard let answer = try? QuarantineAnswer(line: line) else {
            throw .unreachable("The daemon's answer on \(path) is of another version; restart banriskd.")
        }
        if let error = answer.error { throw .unreachable(error) }
        return answer
    }
}

extension QuarantineAnswer {
    /// - Throws: ``ToolError/notFound(_:)`` where no row was selected.
    fileprivate func print(json: Bool, _ sentence: () -> String) throws(ToolError) {
        if selected == 0 { throw .notFound("There are no such rows in quarantine.") }
        var output = Output()
        try output.line(json ? line : sentence())
        try output.flush()
    }
}

extension QuarantineCounts {
    /// One line for people, the most frequent reason first.
    fileprivate var text: String {
        let reasons = byReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return "\(total) rows" + (reasons.isEmpty ? "" : ": ")
            + reasons.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            + (evicted > 0 ? "; \(evicted) older ones gave way" : "")
    }
}

extension QuarantineRow {
    /// As much of the line as a table needs.
    fileprivate var beginning: String {
        String(decoding: bytes.prefix(160), as: UTF8.self) + (bytes.count > 160 ? "…" : "")
    }
}
