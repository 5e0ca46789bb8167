/// Writes the labels and the analyst's verdicts.
struct LabelWriter {
    private let population: Population
    private let seen: [Bool]
    private var writer: EventWriter

    /// - Parameter seen: which accounts have events; the others are left out.
    init(_ population: Population, seen: [Bool]) {
        self.population = population
        self.seen = seen
        writer = EventWriter(population)
    }

    /// One line for each account, by account: the order says nothing of what they are.
    func labels() -> [UInt8] {
        var bytes: [UInt8] = []
        let present = zip(population.accounts, seen).filter(\.1).map(\.0)
        for account in present.sorted(by: { $0.id < $1.id }) {
            bytes.add("{\"account\":\"u")
            bytes.add(decimal: account.id)
            bytes.add("\"")
            switch account.label {
            case .innocent(let kind):
                bytes.add("label", "innocent")
                bytes.add("class", kind.rawValue)
            case .abuse(let kind, let campaign): add("abuse", kind, campaign, to: &bytes)
            case .victim(let kind, let campaign): add("victim", kind, campaign, to: &bytes)
            }
            bytes.add("}\n")
        }
        return bytes
    }

    private func add(_ label: String, _ kind: AbuseKind, _ campaign: Int, to bytes: inout [UInt8]) {
        bytes.add("label", label)
        bytes.add("kind", kind.rawValue)
        bytes.add("campaign", "\(kind.rawValue)-\(campaign)")
    }

    /// In order of time.
    mutating func verdicts() -> [UInt8] {
        var bytes: [UInt8] = []
        for verdict in population.verdicts where seen[Int(verdict.account)] {
            bytes.add("{\"ts\":\"")
            writer.addTime(verdict.time, to: &bytes)
            bytes.add("\"")
            bytes.add("type", "verdict")
            bytes.add(",\"account\":\"u")
            bytes.add(decimal: population.accounts[Int(verdict.account)].id)
            bytes.add("\"")
            bytes.add("verdict", "banned")
            bytes.add("by", "analyst")
            bytes.add("why", verdict.why)
            bytes.add("}\n")
        }
        return bytes
    }
}
