internal import RiskModel
internal import Settings

/// Bodies of requests.
enum AlertBody {
    /// `{"alerts":[…]}`, docs/alerts.md.
    static func json(_ messages: [AlertMessage], names: Bool) -> String {
        "{\"alerts\":[\(messages.map { $0.json(names: names) }.joined(separator: ","))]}"
    }

    /// An array for Alertmanager's `POST /api/v2/alerts`
    /// (<https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>).
    ///
    /// Labels make the incident. A campaign is one by its number, however it grows; an account by its name. The level
    /// is a label, for routes; so where one rises, the alert of the level before is ended in the same request. Nothing
    /// tells that an account fell: an alert ends when it has fired for `holdSeconds` without another.
    static func alertmanager(
        _ messages: [AlertMessage], _ webhook: Configuration.AlertSink.Webhook, level: Level, names: Bool,
        now: Timestamp
    ) -> String {
        var alerts: [String] = []
        for message in messages {
            let start = min(message.time ?? now, now)
            // A test is over soon.
            let end = now + Interval(seconds: message.isTest ? 60 : Int64(webhook.holdSeconds))
            let identity = message.identity(names: names)
            if identity.isLasting, let before = message.previousLevel, before >= level, before != message.level {
                let labels = message.labels(identity, before.name, webhook.labels)
                alerts.append(entry(labels, message.annotations(names: names), start: start, end: now, link: nil))
            }
            let labels = message.labels(identity, message.row.level, webhook.labels)
            alerts.append(
                entry(
                    labels, message.annotations(names: names), start: start, end: end,
                    link: webhook.link.map(message.link)))
        }
        return "[\(alerts.joined(separator: ","))]"
    }

    private static func entry(
        _ labels: [(String, String)], _ annotations: [(String, String)], start: Timestamp, end: Timestamp, link: String?
    ) -> String {
        var object = JSONObject()
        object.add("labels", json: texts(labels))
        object.add("annotations", json: texts(annotations))
        object.add("startsAt", start.description)
        object.add("endsAt", max(start, end).description)
        if let link { object.add("generatorURL", link) }
        return object.text
    }

    private static func texts(_ pairs: [(String, String)]) -> String {
        "{" + pairs.map { "\(JSONText.quote($0.0)):\(JSONText.quote($0.1))" }.joined(separator: ",") + "}"
    }
}

extension AlertMessage {
    /// The label that tells incidents apart, and whether later alerts of the same incident have it too.
    fileprivate func identity(names: Bool) -> (name: String, value: String, isLasting: Bool) {
        if let campaign = row.campaign { return ("campaign", "\(campaign)", true) }
        // A label's value is not cut: accounts would fall together.
        return names ? ("account", row.account, true) : ("alert", "\(row.id)", false)
    }

    fileprivate var previousLevel: Level? { Level.allCases.first { $0.name == row.previousLevel } }

    /// Event time.
    fileprivate var time: Timestamp? { SinceArgument.time(of: row.eventTime) }

    fileprivate func labels(
        _ identity: (name: String, value: String, isLasting: Bool), _ severity: String, _ more: [String: String]
    ) -> [(String, String)] {
        var labels = more.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        labels.append(("alertname", row.campaign == nil ? "BanriskAccount" : "BanriskCampaign"))
        labels.append(("severity", severity))
        labels.append((identity.name, identity.value))
        if isTest { labels.append(("test", "true")) }
        return labels
    }

    fileprivate func annotations(names: Bool) -> [(String, String)] {
        var annotations = [("summary", summary(names: names))]
        if names { annotations.append(("description", row.reason)) }
        annotations += [
            ("rules", rules.joined(separator: ", ")), ("score", "\(row.score)"), ("previous_level", row.previousLevel),
            ("alert", "\(row.id)"), ("key", key), ("event_time", row.eventTime),
        ]
        if let members = row.members { annotations.append(("members", "\(members)")) }
        return annotations
    }

    fileprivate func link(_ template: String) -> String {
        template.replacing("{id}", with: "\(row.id)").replacing("{campaign}", with: row.campaign.map(String.init) ?? "")
    }
}

extension SinceArgument {
    /// The time of an RFC 3339 text.
    fileprivate static func time(of text: String) -> Timestamp? {
        guard case .at(let time) = SinceArgument(argument: text) else { return nil }
        return time
    }
}
