import ArgumentParser
import Assembly
import Settings

/// The options that choose configuration, databases and lists.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Configuration file. Default: the embedded one.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "MaxMind database, or a folder of them, in place of the configured ones; may be repeated.",
            valueName: "path"))
    var geoip: [String] = []

    /// The configuration with these options in it, and what it names.
    ///
    /// - Throws: ``ToolError/faultyInput(_:)`` with every fault of the configuration, or else of the files that it names.
    func assemble(_ adjust: (inout Configuration) -> Void = { _ in }) throws(ToolError) -> Assembly {
        do {
            var configuration = try Configuration.load(path: config)
            if !geoip.isEmpty { configuration.geoip = geoip }
            adjust(&configuration)
            return try Assembly(configuration)
        } catch {
            throw .faultyInput("\(error)")
        }
    }
}
