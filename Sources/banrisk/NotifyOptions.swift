internal import ArgumentParser
internal import Notification
internal import Settings

/// Where `notify` finds its configuration, its state and the database.
struct NotifyOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("Configuration file, the daemon's.", valueName: "file"))
    var config = "/etc/banrisk/banrisk.yaml"

    @Option(
        help: ArgumentHelp(
            "Folder for the sinks' places and dead letters.",
            discussion: "Without it: $STATE_DIRECTORY, else /var/lib/banrisk-notify.", valueName: "folder"))
    var state: String?

    @Option(help: ArgumentHelp("The database, in place of the configuration's.", valueName: "path"))
    var database: String?

    var folder: StateFolder {
        let given = Terminal.variable("STATE_DIRECTORY") ?? ""
        // systemd separates several with colons; the first is ours.
        let named = given.split(separator: ":").first.map(String.init)
        return StateFolder(path: state ?? named ?? "/var/lib/banrisk-notify")
    }

    func load() throws(ToolError) -> Configuration { try ConfigurationOptions.load(path: config) }

    func database(_ configuration: Configuration) -> String { database ?? configuration.databasePath }
}
