package import RiskModel

/// How far a campaign gets before anything is said of it.
///
/// A campaign's events are those of its abusing members; its first alert is the first that names one of them. An event
/// counts as before the alert where its time is earlier.
package struct DetectionTimes: Sendable {
    /// One campaign's events.
    private struct Campaign {
        var kind: String
        var alerts: [Timestamp?]
        var events = 0
        var before: [Int] = Level.allCases.map { _ in 0 }
        var first: Timestamp?
    }

    private struct Name: Hashable {
        var kind: String
        var campaign: String
    }

    /// All campaigns, at one level.
    package struct Figures: Sendable, Hashable {
        package let level: Level
        /// Campaigns with an alert at the level or above.
        package var alerted = Proportion()
        /// Events before the first alert, of the campaigns that have one.
        package var events: Quartiles?
        /// Seconds from a campaign's first event to its first alert.
        package var seconds: Quartiles?
    }

    private var campaigns: [Campaign] = []
    private var campaignOfAccount: [String: Int] = [:]

    package init(labels: [String: Label], results: Results) {
        var indexes: [Name: Int] = [:]
        for (account, label) in labels {
            guard case .abuse(let kind, let campaign?) = label else { continue }
            let name = Name(kind: kind, campaign: campaign)
            let index = indexes[name] ?? campaigns.count
            if index == campaigns.count {
                indexes[name] = index
                campaigns.append(Campaign(kind: kind, alerts: Level.allCases.map { _ in nil }))
            }
            campaignOfAccount[account] = index
            for (level, time) in results.result(of: account).firstAlerts.enumerated() {
                guard let time else { continue }
                campaigns[index].alerts[level] = min(campaigns[index].alerts[level] ?? time, time)
            }
        }
    }

    /// Counts one event; they may come in any order.
    package mutating func observe(account: String, time: Timestamp) {
        guard let index = campaignOfAccount[account] else { return }
        campaigns[index].events += 1
        campaigns[index].first = min(campaigns[index].first ?? time, time)
        for (level, alert) in campaigns[index].alerts.enumerated() {
            if let alert, time < alert { campaigns[index].before[level] += 1 }
        }
    }

    /// For each level, of all campaigns, or of one kind. Campaigns without events are left out.
    package func figures(kind: String? = nil) -> [Figures] {
        let counted = campaigns.filter { $0.events > 0 && (kind == nil || $0.kind == kind) }
        return ByLevel<Proportion>.levels.map { level in
            let index = Int(level.rawValue)
            let found = counted.filter { $0.alerts[index] != nil }
            let seconds = found.compactMap { campaign in
                campaign.alerts[index].flatMap { alert in campaign.first.map { max(0, (alert - $0).seconds) } }
            }
            return Figures(
                level: level, alerted: Proportion(found.count, of: counted.count),
                events: Quartiles(found.map { Double($0.before[index]) }), seconds: Quartiles(seconds))
        }
    }
}
