import ArgumentParser
import Intake
import RiskModel
import Settings

/// `banrisk send`: lines to the daemon, until all of them are on its disk.
struct Send: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send files of events to the running daemon, each line exactly once.",
        discussion: """
            The daemon says which lines are on its disk; only then is the command done. When the daemon is away, or the
            connection is lost, it waits, connects again and goes on where the daemon is. With --session the same command
            goes on after it was itself interrupted. Files are taken in the order given; - is standard input.

            Exit status 0: everything is on disk. 69: not everything is known to be. \(ToolError.discussion)
            """)

    @Option(
        help: ArgumentHelp(
            "A name for this sending: a second run with the same name and the same files goes on behind the first.",
            valueName: "name"))
    var session: String?

    @Option(
        help: ArgumentHelp(
            "The daemon's socket for events.",
            discussion: "Without it: events.sock in the configuration's runtime_directory.",
            valueName: "path"))
    var socket: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Configuration file. Default: the embedded one.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Give up when nothing new was on the daemon's disk for so long; 0 waits for ever.", valueName: "seconds"))
    var timeout = 30

    @Flag(
        help: ArgumentHelp(
            "Take events from rsyslog's omprog, and tell it what is on disk.",
            discussion: "Reads standard input and waits for the daemon for ever, as --timeout 0. docs/shippers.md."))
    var omprog = false

    @Flag(help: "Print the summary as one JSON object.")
    var json = false

    @Argument(help: ArgumentHelp("Files of events, one JSON object a line; - is standard input.", valueName: "file"))
    var files: [String] = []

    func validate() throws {
        if omprog {
            if !files.isEmpty || session != nil || json {
                throw ValidationError("--omprog reads standard input alone, and answers rsyslog on standard output.")
            }
            return
        }
        if files.isEmpty { throw ValidationError("Name the files to send, or - for standard input.") }
        if !(0...86_400).contains(timeout) { throw ValidationError("--timeout is a number from 0 to 86400.") }
        if session == "" { throw ValidationError("--session is a name of one character at least.") }
        if session != nil, files.contains("-") {
            throw ValidationError("--session needs files: what came from standard input cannot be read again.")
        }
    }

    func run() throws {
        try ToolError.reporting {
            var sender = try makeSender()
            var bar = ProgressBar(totalBytes: omprog ? nil : FileFrames.totalBytes(of: files))
            let start = ContinuousClock.now
            do throws(SendError) {
                _ = try sender.run { bar.update(bytes: $0.bytes, events: Int($0.onDisk - $0.resumedAfter)) }
            } catch {
                bar.clear()
                throw ToolError(error, onDisk: sender.progress.onDisk)
            }
            bar.clear()
            if !omprog { try summarize(sender.progress, elapsed: .now - start) }
        }
    }

    private func makeSender() throws(ToolError) -> StreamSender {
        do {
            let path = try socket ?? Configuration.load(path: config).runtimeDirectory + "/events.sock"
            let delivery =
                session.map { Delivery(session: Delivery.session(named: $0), isResumable: true) }
                ?? Delivery(session: .random(in: 1 ... .max), isResumable: false)
            return try StreamSender(
                path: path, input: LineInput(omprog ? ["-"] : files), delivery: delivery,
                confirmer: omprog ? TransactionConfirmer() : nil,
                patience: omprog || timeout == 0 ? nil : .seconds(timeout))
        } catch {
            throw .faultyInput("\(error)")
        }
    }

    private func summarize(_ progress: StreamSender.Progress, elapsed: Duration) throws {
        let sent = progress.onDisk - progress.resumedAfter
        let rate = Int(Double(sent) / max(elapsed / .seconds(1), 1e-9))
        let milliseconds = Int(elapsed / .milliseconds(1))
        var output = Output()
        if json {
            var object = JSONObject()
            object.add("on_disk", Int(progress.onDisk))
            object.add("sent", Int(sent))
            object.add("resumed_after", Int(progress.resumedAfter))
            object.add("reconnections", progress.reconnections)
            object.add("milliseconds", milliseconds)
            object.add("lines_per_second", rate)
            try output.line(object.text)
        } else {
            try output.line("\(sent) lines on disk in \(milliseconds) ms: \(rate) lines/s")
            if progress.resumedAfter > 0 { try output.line("\(progress.resumedAfter) lines were there before") }
            if progress.reconnections > 0 { try output.line("connected again \(progress.reconnections) times") }
        }
        try output.flush()
    }
}

extension ToolError {
    fileprivate init(_ error: SendError, onDisk: UInt64) {
        let text = "\(error)\n\(onDisk) lines are on disk; of those behind them it is not known"
        self =
            switch error {
            case .input, .delivery(.ahead): .faultyInput(text)
            case .delivery, .unreachable, .noProgress: .unreachable(text)
            }
    }
}
