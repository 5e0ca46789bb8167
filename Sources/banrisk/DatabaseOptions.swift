internal import ArgumentParser
internal import RiskModel
internal import Store

/// What every command has that reads the database.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The database.", discussion: "Without it: $BANRISK_DATABASE, else /var/lib/banrisk/banrisk.db.",
            valueName: "path"))
    var database: String?

    @Flag(help: "One JSON object a line.")
    var json = false

    /// The option, else the environment's, else the daemon's own place.
    var path: String {
        if let database { return database }
        let named = Terminal.variable("BANRISK_DATABASE") ?? ""
        return named.isEmpty ? "/var/lib/banrisk/banrisk.db" : named
    }

    func open() throws(StoreError) -> StoreReader { try StoreReader(path: path) }
}

extension Level: ExpressibleByArgument {
    package init?(argument: String) {
        guard let level = Level.allCases.first(where: { $0.name == argument }) else { return nil }
        self = level
    }

    package static var allValueStrings: [String] { allCases.map(\.name) }
    package static var allValueDescriptions: [String: String] { [:] }
}

extension EntityKind: ExpressibleByArgument {
    package init?(argument: String) {
        guard let kind = EntityKind.allCases.first(where: { $0.name == argument }) else { return nil }
        self = kind
    }

    package static var allValueStrings: [String] { allCases.map(\.name) }
    package static var allValueDescriptions: [String: String] { [:] }
}

extension AccountFilter.Order: ExpressibleByArgument {}
extension EntityFilter.Order: ExpressibleByArgument {}

/// How many rows at most: 0 or more.
struct RowLimit: ExpressibleByArgument {
    var count: Int

    init(_ count: Int) { self.count = count }

    init?(argument: String) {
        guard let count = Int(argument), count >= 0 else { return nil }
        self.count = count
    }

    var defaultValueDescription: String { "\(count)" }
}
