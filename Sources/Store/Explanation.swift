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

    /// The whole explanation as one JSON object, the greatest contribution first; with the campaign that it is an alert of.
    func explanation(_ rules: [Rule], campaign: Campaign? = nil) -> String {
        let parts = contributionsByPoints.map { part in
            let rule = rules[part.rule]
            return """
                {"rule":\(JSONText.quote(rule.id)),"family":"\(rule.family.name)","points":\(pointsText(part.points)),\
                "evidence_value":\(part.evidenceValue),"strength":\(part.strength),"since":"\(part.since.column)",\
                "updated":"\(part.updated.column)","evidence":\(part.evidence.json),\
                "explanation":\(JSONText.quote(part.evidence.sentence(for: rule)))}
                """
        }
        let incident = campaign.map { ",\"campaign\":\($0.json)" } ?? ""
        return "{\"score\":\(pointsText(points)),\"base\":\(pointsText(basePoints)),"
            + "\"contributions\":[\(parts.joined(separator: ","))]\(incident)}"
    }
}

extension Campaign {
    /// As it was at an alert.
    fileprivate var json: String {
        """
        {"id":\(id),"cause":\(JSONText.quote(cause)),"entity":"\(entity.kind.name)","key":\(JSONText.quote(entity.text)),\
        "entities":\(entities),"members":\(members),"level":"\(level.name)","first_seen":"\(firstSeen.column)",\
        "last_seen":"\(lastSeen.column)"}
        """
    }
}

/// Hundredths of a point with two decimals: `4120` is `41.20`.
func pointsText(_ hundredths: Int) -> String {
    let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
    return rest < 10 ? "\(whole).0\(rest)" : "\(whole).\(rest)"
}
