internal import ArgumentParser
internal import Assembly
internal import Glibc
internal import RiskModel
internal import Settings
internal import Store

/// `banrisk export`: a table or view as CSV or NDJSON.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a table or view as CSV or NDJSON, as of one moment, or all that is stored on one account.",
        discussion: """
            CSV is that of RFC 4180. NULL is an empty field, an empty text is "". Bytes are written in hexadecimal digits. \
            docs/analysts.md says how to make Parquet of it.

            --subject writes one JSON document with the account's rows and its events in the spool, which only the daemon's \
            user and root may read.

            \(ToolError.discussion)
            """)

    @OptionGroup var database: DatabaseOptions
    @Option(help: "The table or view.") var table: String?
    @Option(help: ArgumentHelp("Everything that is stored on this account.", valueName: "account")) var subject: String?
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "With --subject: the daemon's configuration, for spool, database, keys and mappings.", valueName: "file"))
    var config: String?
    @Option(help: "Rows from this event time on: 7d before the latest event, or RFC 3339.") var since: SinceArgument?
    @Flag(help: "For a spreadsheet: a text that begins like a formula gets an apostrophe in front.")
    var safeCells = false
    @OptionGroup var destination: ExportDestination

    func validate() throws {
        guard (table == nil) != (subject == nil) else { throw ValidationError("Give either --table or --subject.") }
        guard subject == nil || (since == nil && !safeCells) else {
            throw ValidationError("--since and --safe-cells are for --table.")
        }
        if safeCells, database.json { throw ValidationError("--safe-cells is for CSV.") }
        // CSV has the bytes as strangers chose them, and a terminal obeys some of them.
        if table != nil, !database.json, destination.output == nil, isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("CSV is not for a terminal: name a file with --output, or send it through a pipe.")
        }
    }

    private var format: RowFormat { database.json ? .ndjson : .csv(safeCells: safeCells) }

    func run() throws {
        try ToolError.reporting {
            if let subject { return try write(subject: subject) }
            let reader = try database.open()
            let tables = try reader.tables()
            guard let table, tables.contains(table) else {
                let table = table ?? ""
                throw ToolError.faultyInput("There is no table \(table). There are: \(tables.joined(separator: ", ")).")
            }
            if since != nil, StoreReader.timeColumn(of: table) == nil {
                throw ToolError.faultyInput("The rows of \(table) have no time. Leave out --since.")
            }
            let first = try since?.time(watermark: reader.watermark())
            var file = try destination.open()
            try write(table, from: reader, since: first, to: &file)
            try file.finish()
        }
    }

    private func write(subject: String) throws {
        let configuration = try ConfigurationOptions.load(path: config)
        let assembly: Assembly
        do {
            assembly = try Assembly(configuration)
        } catch {
            throw ToolError.faultyInput("\(error)")
        }
        let isNamed = database.database != nil || config == nil
        let export = ExportSubject(
            account: subject, assembly: assembly,
            database: isNamed ? try database.open() : try StoreReader(path: configuration.databasePath),
            spool: configuration.stateDirectory + "/spool")
        var file = try destination.open()
        guard try export.write({ try file.write(&$0) }) else {
            throw ToolError.notFound("Nothing is stored on this account.")
        }
        try file.finish()
    }

    private func write(_ table: String, from reader: StoreReader, since: Timestamp?, to file: inout ExportFile) throws {
        var columns: [String] = []
        var bytes: [UInt8] = []
        var patience = Patience()
        try reader.rows(of: table, since: since) {
            columns = $0
            format.appendHeader($0, to: &bytes)
        } row: { values in
            format.appendRow(values, columns, to: &bytes)
            guard bytes.count >= 65_536 else { return }
            try file.write(&bytes)
            patience.check()
        }
        try file.write(&bytes)
    }
}

/// Where an export goes.
struct ExportDestination: ParsableArguments {
    @Option(
        help: ArgumentHelp("A new file, which you alone may read. Without it: standard output.", valueName: "file"))
    var output: String?
    @Flag(help: "Replace the file of --output if there is one.") var force = false

    func validate() throws {
        if force, output == nil { throw ValidationError("--force is for --output.") }
    }

    func open() throws(ToolError) -> ExportFile {
        guard let output else { return ExportFile() }
        return try ExportFile(path: output, replacing: force)
    }
}

/// Says once a minute that a read transaction is open: the daemon's write-ahead log grows meanwhile.
private struct Patience {
    private let start = ContinuousClock.now
    private var minutes = 0

    mutating func check() {
        let passed = Int(start.duration(to: .now) / .seconds(60))
        guard passed > minutes else { return }
        minutes = passed
        Terminal.complain(
            """
            reading for \(passed) min; as long as it lasts the database's -wal grows. Where the reader of the output is slow, \
            write to a file (--output)
            """)
    }
}
