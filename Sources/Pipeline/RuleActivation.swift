package import Enrichment
package import RiskModel

/// Which rules can see anything with what is loaded.
package enum RuleActivation {
    /// The rules that cannot run, by identifier, each with what is missing.
    package static func inactive(_ rules: RuleSet, sources: EnrichmentSources) -> [String: String] {
        var inactive: [String: String] = [:]
        for rule in rules.rules {
            let missing = rule.requirements.filter { !sources.provide($0) }.map(\.remedy).sorted()
            if !missing.isEmpty { inactive[rule.id] = missing.joined(separator: "; ") }
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
        case .anonymity: "needs an Anonymous-IP database"
        case .connection: "needs a Connection-Type database"
        case .list(let name): "needs the list \(name)"
        }
    }
}
