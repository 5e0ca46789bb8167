internal import Foundation
internal import RiskModel
package import Store

extension StoreReader {
    /// Alerts that are read together.
    private static let alertPage = 10_000

    /// What the database says of every account.
    ///
    /// At the peak, an account has the parts of the highest score that is explained: its present one, or that of an alert.
    package func results(_ moment: Moment) throws(StoreError) -> Results {
        var filter = AccountFilter()
        filter.order = .account
        filter.limit = .max
        let rows = try accounts(filter)
        var results: [String: AccountResult] = [:]
        results.reserveCapacity(rows.count)
        // The score that an account's parts explain.
        var explained: [String: Double] = [:]
        for row in rows {
            var result = AccountResult(level: Level(row.level), score: row.score, compromised: row.compromised)
            if row.topRule != nil, let parts = try explanation(of: row.account)?.contributions {
                for part in parts where !part.isPrior {
                    result.parts[part.rule] = AccountResult.Part(strength: part.strength ?? 0, points: part.points)
                }
            }
            explained[row.account] = row.score
            if moment == .peak {
                result.level = Level(row.peakLevel)
                result.score = max(row.score, row.peakScore ?? row.score)
            }
            results[row.account] = result
        }
        try forEachAlert { alert in
            guard var result = results[alert.account] else { return }
            // A campaign's alert is the first word of its members, at the campaign's level. What an account is worth by itself
            // it does not say.
            if let time = Timestamp(column: alert.eventTime) { result.note(alertAt: Level(alert.level), time: time) }
            if moment == .peak, alert.campaign == nil, alert.score > explained[alert.account] ?? 0 {
                explained[alert.account] = alert.score
                result.parts = Self.parts(ofExplanation: alert.explanation)
            }
            results[alert.account] = result
        }
        return Results(accounts: results, baseScore: try status().baseScore)
    }

    private func forEachAlert(_ body: (AlertRow) -> Void) throws(StoreError) {
        var filter = AlertFilter()
        filter.newestFirst = false
        filter.limit = Self.alertPage
        while true {
            let page = try alerts(filter)
            for alert in page { body(alert) }
            guard let last = page.last, page.count == Self.alertPage else { return }
            filter.afterID = last.id
        }
    }

    private static func parts(ofExplanation json: String) -> [String: AccountResult.Part] {
        struct Explanation: Decodable {
            struct Part: Decodable {
                var rule: String
                var strength: Double
                var points: Double
            }
            var contributions: [Part]
        }
        guard let explanation = try? JSONDecoder().decode(Explanation.self, from: Data(json.utf8)) else { return [:] }
        return explanation.contributions.reduce(into: [:]) {
            $0[$1.rule] = AccountResult.Part(strength: $1.strength, points: $1.points)
        }
    }
}

extension Level {
    /// The level of this name; an unknown name is `normal`.
    fileprivate init(_ name: String) { self = Self.allCases.first { $0.name == name } ?? .normal }
}

extension Timestamp {
    /// Reads a time as the database stores it, `2026-03-01T08:15:00.000000Z`; `nil` where it is none.
    init?(column: String) {
        let bytes = Array(column.utf8)
        guard bytes.count == 27 else { return nil }
        func number(_ range: Range<Int>) -> Int? { Int(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), let fraction = number(20..<26)
        else { return nil }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }
}
