package import Foundation

/// A run of the simulator: writes a folder of events with their labels, databases, lists and a configuration.
///
/// The same settings give the same bytes. Memory grows with the accounts, and with the events of one day.
package struct Simulation: Sendable {
    package var seed: UInt64
    package var accounts: Int
    package var days: Int
    package var assumptions: Assumptions
    package var classes = InnocentClass.allCases
    package var kinds = AbuseKind.allCases

    package init(seed: UInt64, accounts: Int, days: Int, assumptions: Assumptions) {
        self.seed = seed
        self.accounts = accounts
        self.days = days
        self.assumptions = assumptions
    }

    /// Writes the folder, which is made if it is not there; files of the same names are replaced.
    ///
    /// - Throws: Foundation's errors of writing files.
    package func write(to folder: URL) throws -> SimulationSummary {
        var population = Population(seed: seed, assumptions: assumptions, days: days)
        population.build(accounts: accounts, classes: classes, kinds: kinds)
        let files = FileManager.default
        try files.createDirectory(at: folder.appending(path: "lists"), withIntermediateDirectories: true)
        for file in WorldDatabases(population).files() {
            try Data(file.bytes).write(to: folder.appending(path: file.name))
        }
        for list in OperatorLists.files(population.world) {
            try Data(list.text.utf8).write(to: folder.appending(path: "lists/\(list.name)"))
        }
        try Data(Self.configuration.utf8).write(to: folder.appending(path: "banrisk.yaml"))

        let path = folder.appending(path: "events.ndjson")
        try Data().write(to: path)
        let file = try FileHandle(forWritingTo: path)
        var planner = DayPlanner(population)
        var writer = EventWriter(population)
        var buffer: [UInt8] = []
        var events = 0
        var bytes = 0
        // Who never comes is not in the data, so not in the labels.
        var seen = Array(repeating: false, count: population.accounts.count)
        for day in 0..<days {
            for record in planner.plan(day: day) {
                writer.write(record, to: &buffer)
                events += 1
                if record.account >= 0 { seen[Int(record.account)] = true }
                if buffer.count >= 1 << 20 { try drain() }
            }
        }
        try drain()
        try file.close()

        var labels = LabelWriter(population, seen: seen)
        try Data(labels.labels()).write(to: folder.appending(path: "labels.ndjson"))
        try Data(labels.verdicts()).write(to: folder.appending(path: "verdicts.ndjson"))
        return SimulationSummary(population, seen: seen, events: events, bytes: bytes)

        func drain() throws {
            try file.write(contentsOf: Data(buffer))
            bytes += buffer.count
            buffer.removeAll(keepingCapacity: true)
        }
    }

    private static let configuration = """
        # The databases and lists of a simulated world. Everything else is at its default.
        geoip: [city.mmdb, asn.mmdb, anonymous-ip.mmdb, connection-type.mmdb]
        lists: [lists]

        """
}
