internal import RiskModel

extension EvidenceRecord {
    /// Members that are no persons: countries, networks, languages.
    private static let impersonal: Set<String?> = ["country", "asn", "prefix", "prefix48", "card_country", "language"]

    /// What the evidence says, for the accused: nothing by which others could be known.
    ///
    /// Whoever writes may be the thief of the account and not its owner, so a journey's addresses and devices are left out; the
    /// particulars of a pattern are, for they may be somebody else's.
    ///
    /// - Parameters:
    ///   - sentence: the evidence's own sentence.
    ///   - reason: why its rule exists.
    ///   - member: what the rule counts.
    func plainStatement(sentence: String, reason: String?, member: String?) -> String {
        if let from, let to { return journey(from, to, kilometres: distanceKilometres ?? 0) }
        let isImpersonal = traits == nil && (members == nil || Self.impersonal.contains(member))
        return isImpersonal ? sentence : reason.map(Self.withoutFullStop) ?? "a rule spoke that is no longer there"
    }

    private func journey(_ from: Place, _ to: Place, kilometres: Double) -> String {
        let times = (count ?? 1) > 1 ? ", \(count ?? 0) times in all" : ""
        return "used in \(from.name) and soon after in \(to.name), at least \(Int(kilometres)) km away\(times)"
    }

    private static func withoutFullStop(_ text: String) -> String {
        text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

extension EvidenceRecord.Place {
    fileprivate var name: String { (country ?? "--") + (subdivision.map { "-\($0)" } ?? "") }
}
