import ArgumentParser
import Assembly
import Enrichment
import Glibc
import Intake
import Journal
import Logging
import RiskModel
import Settings

@main
struct Banriskd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "banriskd",
        abstract: "Read events from a Unix socket, score their accounts, write scores and alerts to SQLite.",
        discussion: """
            Without --config the embedded defaults are in force; the other options override single values of either.
            Ends cleanly at SIGTERM and SIGINT: what was received is written first.

            Exit codes: 0 ended as asked, 2 faulty configuration, 64 wrong usage, 74 the state, a socket or the database
            cannot be used.
            """,
        version: Version.number)

    @Option(name: .shortAndLong, help: ArgumentHelp("Configuration file.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Folder for the spool and the database.", valueName: "folder"))
    var stateDirectory: String?

    @Option(help: ArgumentHelp("Folder for the sockets.", valueName: "folder"))
    var runtimeDirectory: String?

    @Option(help: ArgumentHelp("MaxMind database, or a folder of them; may be repeated.", valueName: "path"))
    var geoip: [String] = []

    @Option(help: "Workers that share the accounts and entities, 1 to 64.")
    var shards: Int?

    @Option(help: "The least that is logged.")
    var logLevel = LogLevel.info

    func validate() throws {
        if let shards, !(1...64).contains(shards) { throw ValidationError("--shards is a number from 1 to 64.") }
    }

    func run() async throws {
        let level = logLevel.level
        LoggingSystem.bootstrap { JournalLogHandler.standard(label: $0, level: level) }
        let logger = Logger(label: "banriskd")
        // A client that goes away in the middle of an answer is not a reason to end.
        signal(SIGPIPE, SIG_IGN)
        do {
            let inherited = try InheritedSockets.takeFromEnvironment()
            let load = { @Sendable () throws(ConfigurationFaults) in try loadConfiguration() }
            let configuration = try loadConfiguration()
            // Before they are loaded, so that no change falls in between.
            let watch = DatabaseWatch(paths: configuration.geoip)
            let daemon = try Daemon(
                assembly: try Assembly(configuration), inherited: inherited, watch: watch, logger: logger, reload: load)
            try await daemon.run()
        } catch let error as ConfigurationFaults {
            try exit(2, error.description)
        } catch let error as AssemblyFaults {
            try exit(2, error.description)
        } catch {
            try exit(74, "\(error)")
        }
    }

    /// The configuration file with the options that override it.
    private func loadConfiguration() throws(ConfigurationFaults) -> Configuration {
        var configuration = try Configuration.load(path: config)
        if let stateDirectory { configuration.moveState(to: stateDirectory) }
        if let runtimeDirectory { configuration.runtimeDirectory = runtimeDirectory }
        if !geoip.isEmpty { configuration.geoip = geoip }
        if let shards { configuration.shards = shards }
        return configuration
    }

    /// Says on standard error why the daemon cannot run.
    private func exit(_ code: Int32, _ message: String) throws -> Never {
        let text = message.split(separator: "\n").map { "banriskd: \($0)\n" }.joined()
        let bytes = Array(text.utf8)
        // SAFETY: the kernel reads the array's own bytes. There is nobody to tell of a failure.
        unsafe _ = write(STDERR_FILENO, bytes, bytes.count)
        throw ExitCode(code)
    }
}

/// The levels of swift-log as an argument.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case trace, debug, info, notice, warning, error, critical

    var level: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}
