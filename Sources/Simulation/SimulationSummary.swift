/// What was written.
package struct SimulationSummary: Sendable {
    /// Accounts by class of innocents, by kind of abuse, and victims by kind of attack; in the order of the cases.
    package private(set) var innocents: [(name: String, count: Int)] = []
    package private(set) var abusers: [(name: String, count: Int, campaigns: Int)] = []
    package private(set) var victims: [(name: String, count: Int)] = []
    package let events: Int
    /// Of `events.ndjson`.
    package let bytes: Int

    package var accounts: Int {
        innocents.map(\.count).reduce(0, +) + abusers.map(\.count).reduce(0, +) + victims.map(\.count).reduce(0, +)
    }

    init(_ population: Population, seen: [Bool], events: Int, bytes: Int) {
        self.events = events
        self.bytes = bytes
        var innocent: [InnocentClass: Int] = [:]
        var abuse: [AbuseKind: Int] = [:]
        var victim: [AbuseKind: Int] = [:]
        for (account, isSeen) in zip(population.accounts, seen) where isSeen {
            switch account.label {
            case .innocent(let kind): innocent[kind, default: 0] += 1
            case .abuse(let kind, _): abuse[kind, default: 0] += 1
            case .victim(let kind, _): victim[kind, default: 0] += 1
            }
        }
        innocents = InnocentClass.allCases.compactMap { kind in innocent[kind].map { (kind.rawValue, $0) } }
        abusers = AbuseKind.allCases.compactMap { kind in
            abuse[kind].map { (kind.rawValue, $0, population.campaigns[kind] ?? 0) }
        }
        victims = AbuseKind.allCases.compactMap { kind in victim[kind].map { (kind.rawValue, $0) } }
    }
}
