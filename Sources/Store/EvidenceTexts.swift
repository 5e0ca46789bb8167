internal import RiskModel

/// The texts of evidence, made once for rows that follow each other: when a key turns bad, its members share one evidence.
struct EvidenceTexts {
    private struct Entry {
        var evidence: Evidence
        var json: String
        var sentence: String
    }

    private let rules: [Rule]
    /// By rule: the evidence that came last.
    private var latest: [Entry?]

    init(_ rules: [Rule]) {
        self.rules = rules
        latest = Array(repeating: nil, count: rules.count)
    }

    mutating func json(_ evidence: Evidence, of rule: Int) -> String {
        isShared(evidence) ? entry(evidence, rule).json : evidence.json
    }

    mutating func sentence(_ evidence: Evidence, of rule: Int) -> String {
        isShared(evidence) ? entry(evidence, rule).sentence : evidence.sentence(for: rules[rule])
    }

    /// Only counts on an entity are shared, and only their equality is exact.
    private func isShared(_ evidence: Evidence) -> Bool {
        if case .count(.some, _, _, _) = evidence { true } else { false }
    }

    private mutating func entry(_ evidence: Evidence, _ rule: Int) -> Entry {
        if let entry = latest[rule], entry.evidence == evidence { return entry }
        let entry = Entry(
            evidence: evidence, json: evidence.json, sentence: evidence.sentence(for: rules[rule]))
        latest[rule] = entry
        return entry
    }
}
