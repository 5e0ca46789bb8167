internal import Foundation
package import RiskModel
internal import Store

/// An alert as sinks deliver it.
package struct AlertMessage: Sendable {
    package let row: AlertFacts
    /// Made up by `banrisk notify --test`.
    package let isTest: Bool
    /// The same for the same alert whenever it is delivered, also from a database that was built again; receivers drop
    /// what they had by it. Says nothing of the account.
    package let key: String
    /// The rules that speak in it, the weightiest first; of a campaign's the one that ties it before them.
    package let rules: [String]
    private let explanation: String?

    package init(_ row: AlertFacts, isTest: Bool = false) {
        self.row = row
        self.isTest = isTest
        key = Self.key(of: row)
        let parsed = try? JSONSerialization.jsonObject(with: Data(row.explanation.utf8)) as? [String: Any]
        // What is no JSON on one line, in a database that somebody else wrote to, is passed on as a text.
        explanation =
            parsed == nil || row.explanation.utf8.contains(where: { $0 < 0x20 })
            ? JSONText.quote(row.explanation) : row.explanation
        var rules: [String] = []
        if row.campaign != nil, let cause = (parsed?["campaign"] as? [String: Any])?["cause"] as? String {
            rules.append(cause)
        }
        for part in parsed?["contributions"] as? [[String: Any]] ?? [] {
            if let rule = part["rule"] as? String, !rules.contains(rule) { rules.append(rule) }
        }
        self.rules = rules
    }

    /// One that means nothing, to try a sink with.
    package static func test(level: Level, at time: Timestamp) -> Self {
        let row = AlertFacts(
            id: 0, account: "banrisk-test", level: level.name, previousLevel: Level.normal.name, score: 99.5,
            eventTime: time.column, seq: 0, reason: "this is a test of banrisk's notification; nothing has happened",
            explanation: #"{"score":99.50,"base":0.00,"contributions":[]}"#)
        return Self(row, isTest: true)
    }

    package var level: Level { Self.level(of: row) }

    /// A level that is not known, of a later release, is the gravest.
    static func level(of row: AlertFacts) -> Level { Level.allCases.first { $0.name == row.level } ?? .ban }

    /// One sentence.
    ///
    /// - Parameter names: whether it tells accounts.
    package func summary(names: Bool) -> String {
        let test = isTest ? "test: " : ""
        let reached = "reached \(row.level) with a score of \(row.score)"
        if let campaign = row.campaign {
            return "\(test)campaign \(campaign) of \(row.members ?? 0) accounts is at \(row.level)"
        }
        return names ? "\(test)account \(row.account) \(reached)" : "\(test)an account \(reached), alert \(row.id)"
    }

    /// One JSON object on one line.
    ///
    /// - Parameter names: whether it tells the account, and what was seen of it.
    package func json(names: Bool) -> String {
        var object = JSONObject()
        object.add("key", key)
        if isTest { object.add("test", true) }
        object.add("id", row.id)
        object.add("event_time", row.eventTime)
        object.add("level", row.level)
        object.add("previous_level", row.previousLevel)
        object.add("score", row.score.isFinite ? row.score : nil)
        if names {
            object.add("account", row.account)
            object.add("reason", row.reason)
        }
        object.add("rules", json: "[\(rules.map(JSONText.quote).joined(separator: ","))]")
        if names { object.add("explanation", json: explanation) }
        object.add("campaign", row.campaign)
        object.add("members", row.members)
        object.add("seq", row.seq)
        object.add("configuration", row.configuration)
        return object.text
    }

    private static func key(of row: AlertFacts) -> String {
        let text = "\(row.id) \(mark(of: row))"
        return Array(SHA256.digest(Array(text.utf8)).prefix(16)).hexadecimal
    }

    /// Tells the row from another with its number in another database.
    static func mark(of row: AlertFacts) -> String {
        let text = "\(row.seq) \(row.eventTime) \(row.level) \(row.campaign ?? 0)"
        return Array(SHA256.digest(Array(text.utf8)).prefix(8)).hexadecimal
    }
}
