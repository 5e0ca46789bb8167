internal import RiskModel

/// Words and JSON for what a score is made of.
extension Score {
    /// The contributions, the greatest first; equal ones in order of the rules.
    var contributionsByPoints: [Contribution] {
        contributions.sorted { ($1.points, $0.rule) < ($0.points, $1.rule) }
    }

    /// One line for people: each rule with its points and what it saw.
    func reason(_ rules: [Rule]) -> String {
        contributionsByPoints.map {
            let rule = rules[$0.rule]
            return "\(rule.id) +\(pointsText($0.points)): \($0.evidence.sentence(for: rule))"
        }.joined(separator: "; ")
    }

    /// The whole explanation as one JSON object, the greatest contribution first.
    func explanation(_ rules: [Rule]) -> String {
        let parts = contributionsByPoints.map { part in
            let rule = rules[part.rule]
            return """
                {"rule":\(JSONText.quote(rule.id)),"family":"\(rule.family.name)","points":\(pointsText(part.points)),\
                "evidence_value":\(part.evidenceValue),"strength":\(part.strength),"since":"\(part.since.column)",\
                "updated":"\(part.updated.column)","evidence":\(part.evidence.json),\
                "explanation":\(JSONText.quote(part.evidence.sentence(for: rule)))}
                """
        }
        return "{\"score\":\(pointsText(points)),\"base\":\(pointsText(basePoints)),"
            + "\"contributions\":[\(parts.joined(separator: ","))]}"
    }
}

/// Hundredths of a point with two decimals: `4120` is `41.20`.
func pointsText(_ hundredths: Int) -> String {
    let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
    return rest < 10 ? "\(whole).0\(rest)" : "\(whole).\(rest)"
}
