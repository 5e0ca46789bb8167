package import Enrichment
package import RiskModel

/// Which rules can see anything with what is loaded.
package enum RuleActivation {
    /// The rules that cannot run, by identifier, each with what is missing.
    package static func inactive(_ rules: RuleSet, sources: EnrichmentSources) -> [String: String] {
        var inactive: [String: String] = [:]
        for rule in rules.rules {
            var needed = rule.requirements
            // A list of countries or networks says nothing of an address whose country or network nobody knows.
            for list in sources.lists where needed.contains(.list(list.name)) {
                if let requirement = DataRequirement(field: list.kind.field) { needed.insert(requirement) }
            }
            let missing = needed.filter { !sources.provide($0) }.map(\.remedy).sorted()
            if !missing.isEmpty {
                inactive[rule.id] = missing.joined(separator: "; ")
            } else if let blindness = sources.pseudonyms?.blinds(rule) {
                inactive[rule.id] = blindness
            }
        }
        return inactive
    }
}

extension DataRequirement {
    /// What to load.
    var remedy: String {
        switch self {
        case .location: "needs a City database"
        case .country: "needs a City or Country database"
        case .asn: "needs an ASN database"
        case .flags(let flags) where flags.isDisjoint(with: .anonymity):
            "needs a Connection-Type or City database that tells \(flags.labels.joined(separator: ", "))"
        case .flags: "needs an Anonymous-IP database"
        case .list(let name): "needs the list \(name)"
        }
    }
}
