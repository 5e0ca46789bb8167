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

    /// The configuration with these options in it.
    ///
    /// - Throws: ``ToolError/faultyInput(_:)`` with every fault of the configuration.
    func load() throws(ToolError) -> Configuration {
        var configuration = try Self.load(path: config)
        if !geoip.isEmpty { configuration.geoip = geoip }
        return configuration
    }

    /// The configuration of a file; `nil` gives the embedded one.
    ///
    /// - Throws: ``ToolError/faultyInput(_:)`` with every fault of it.
    static func load(path: String?) throws(ToolError) -> Configuration {
        do {
            return try Configuration.load(path: path)
        } catch {
            throw .faultyInput("\(error)")
        }
    }

    /// The configuration with these options in it, and what it names.
    ///
    /// - Throws: ``ToolError/faultyInput(_:)`` with every fault of the configuration, or else of the files that it names.
    func assemble(_ adjust: (inout Configuration) -> Void = { _ in }) throws(ToolError) -> Assembly {
        var configuration = try load()
        adjust(&configuration)
        do {
            return try Assembly(configuration)
        } catch {
            throw .faultyInput("\(error)")
        }
    }
}
