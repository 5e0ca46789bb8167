import Evaluation
import Foundation
import RiskModel

/// An account of this level and score.
func account(
    _ level: Level, score: Double = 0, compromised: Bool = false, rules: [String: Double] = [:], alert: Int64? = nil
) -> AccountResult {
    var result = AccountResult(
        level: level, score: score, compromised: compromised,
        parts: rules.mapValues { AccountResult.Part(strength: $0, points: $0 * 10) })
    if let alert { result.note(alertAt: level, time: Timestamp(seconds: alert)) }
    return result
}

/// Whether two numbers are the same but for rounding.
func isNear(_ a: Double?, _ b: Double, within tolerance: Double = 1e-9) -> Bool {
    a.map { abs($0 - b) <= tolerance } ?? false
}

/// Ten accounts, of which every figure can be counted on fingers.
enum Sample {
    static let labels: [String: Label] = [
        "a1": .abuse(kind: "batch", campaign: "batch-1"), "a2": .abuse(kind: "batch", campaign: "batch-1"),
        "a3": .abuse(kind: "batch", campaign: "batch-2"), "a4": .abuse(kind: "cards", campaign: nil),
        "i1": .innocent(class: "home"), "i2": .innocent(class: "home"), "i3": .innocent(class: "campus"),
        "i4": .innocent(class: "campus"),
        "v1": .victim(kind: "stuffing", campaign: "stuffing-1"), "v2": .victim(kind: "stuffing", campaign: nil),
    ]

    static let results = Results(
        accounts: [
            "a1": account(.ban, score: 95, rules: ["pace": 1, "shared": 0.5], alert: 30),
            "a2": account(.review, score: 70, rules: ["pace": 0.8], alert: 20),
            "a3": account(.watch, score: 40, rules: ["pace": 0.2], alert: 50),
            "a4": account(.normal, score: 2),
            "i1": account(.review, score: 70, compromised: true, rules: ["shared": 0.9]),
            "i2": account(.normal, score: 2), "i3": account(.watch, score: 35, rules: ["shared": 0.1]),
            "v1": account(.ban, score: 92, compromised: true, rules: ["pace": 1]),
            "v2": account(.normal, score: 2),
            "x1": account(.ban, score: 99),
        ], baseScore: 1.8)

    static var report: Report { report(.peak) }

    static func report(_ moment: Moment, detection: DetectionTimes? = nil) -> Report {
        Report(labels: labels, results: results, moment: moment, rules: ["pace", "shared"], detection: detection)
    }

    /// The events of batch-1 at 10, 20 and 30 s, of batch-2 at 40 and 60 s, and of an innocent.
    static var detection: DetectionTimes {
        var times = DetectionTimes(labels: labels, results: results)
        for (account, seconds) in [("a1", 10), ("a2", 20), ("a1", 30), ("a3", 60), ("a3", 40), ("i1", 5)] {
            times.observe(account: account, time: Timestamp(seconds: Int64(seconds)))
        }
        return times
    }
}
