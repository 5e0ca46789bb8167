import Assembly
import Evaluation
import Pipeline
import RiskModel
import Settings

/// What other rules would change: accounts, alerts, campaigns, signals.
struct BacktestReport {
    /// Which way an account crosses a level that people act on; one that crosses two is told of by the higher.
    enum Turn: String, CaseIterable {
        case reachesBan = "reaches_ban"
        case reachesReview = "reaches_review"
        case leavesBan = "leaves_ban"
        case leavesReview = "leaves_review"

        init?(from before: Level, to after: Level) {
            switch (before, after) {
            case (..<Level.ban, .ban): self = .reachesBan
            case (..<Level.review, .review): self = .reachesReview
            case (.ban, ..<Level.ban): self = .leavesBan
            case (.review, ..<Level.review): self = .leavesReview
            default: return nil
            }
        }
    }

    /// What a rule is worth in an account's score, on both sides.
    struct Part {
        var rule: String
        var before: Double
        var after: Double

        var difference: Double { after - before }
    }

    /// An account that crosses a level.
    struct AccountChange {
        var account: String
        var turn: Turn
        var before: AccountResult
        var after: AccountResult
        /// The rules that make the difference, the greatest first.
        var parts: [Part]
    }

    /// One side as a whole.
    struct Totals {
        /// Accounts' alerts, by the level's raw value.
        var alerts: [Int]
        var campaigns: Int
        var campaignAlerts: Int
    }

    struct RuleChange {
        enum Kind: String { case same, changed, added, removed }

        var rule: String
        var kind: Kind
        /// `nil` where the side has no such rule.
        var before: Int?
        var after: Int?

        var isDifferent: Bool { kind != .same || before != after }
    }

    let moment: Moment
    /// The numbers of the first and the last frame; `nil` where there was none.
    let frames: ClosedRange<UInt64>?
    let events: Int
    let rejected: Int
    /// Accounts by level before, then by level after, by the levels' raw values.
    let matrix: [[Int]]
    /// By turn, the greatest change of score first.
    let changes: [AccountChange]
    let before: Totals
    let after: Totals
    /// In the order of the new rules; those that are gone last.
    let rules: [RuleChange]

    init(before: BacktestSide, after: BacktestSide, moment: Moment, firstSeq: UInt64?) throws {
        let old = try before.results(moment)
        let new = try after.results(moment)
        let counts = before.pipeline.statistics
        self.moment = moment
        frames = firstSeq.map { $0...counts.throughSeq }
        events = counts.events
        rejected = counts.rejected
        self.before = Totals(side: before, campaigns: old.campaigns)
        self.after = Totals(side: after, campaigns: new.campaigns)
        var matrix = Level.allCases.map { _ in Level.allCases.map { _ in 0 } }
        var changes: [AccountChange] = []
        // Both sides have the same accounts: every account of an event is one.
        for (account, was) in old.accounts.accounts {
            guard let now = new.accounts.accounts[account] else { continue }
            matrix[Int(was.level.rawValue)][Int(now.level.rawValue)] += 1
            guard let turn = Turn(from: was.level, to: now.level) else { continue }
            changes.append(
                AccountChange(account: account, turn: turn, before: was, after: now, parts: Part.all(was, now)))
        }
        self.matrix = matrix
        let order = Dictionary(uniqueKeysWithValues: Turn.allCases.enumerated().map { ($1, $0) })
        self.changes = changes.sorted { a, b in
            let left = (order[a.turn] ?? 0, -abs(a.after.score - a.before.score))
            let right = (order[b.turn] ?? 0, -abs(b.after.score - b.before.score))
            return left == right ? a.account < b.account : left < right
        }
        rules = RuleChange.all(before, after)
    }

    /// How many accounts make this turn.
    func count(_ turn: Turn) -> Int { changes.count { $0.turn == turn } }
}

extension BacktestReport.Totals {
    fileprivate init(side: BacktestSide, campaigns: Int) {
        self.init(alerts: side.alerts, campaigns: campaigns, campaignAlerts: side.campaignAlerts)
    }
}

extension BacktestReport.Part {
    fileprivate static func all(_ before: AccountResult, _ after: AccountResult) -> [Self] {
        Set(before.parts.keys).union(after.parts.keys)
            .map { Self(rule: $0, before: before.parts[$0]?.points ?? 0, after: after.parts[$0]?.points ?? 0) }
            .filter { $0.difference != 0 }
            .sorted { ($1.difference.magnitude, $0.rule) < ($0.difference.magnitude, $1.rule) }
    }
}

extension BacktestReport.RuleChange {
    fileprivate static func all(_ before: BacktestSide, _ after: BacktestSide) -> [Self] {
        let old = before.assembly.configuration.ruleSet.rules
        let new = after.assembly.configuration.ruleSet.rules
        let present = Dictionary(old.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let kept = new.map { rule in
            let kind: Kind = present[rule.id].map { $0 == rule ? .same : .changed } ?? .added
            return Self(
                rule: rule.id, kind: kind, before: kind == .added ? nil : before.signals[rule.id] ?? 0,
                after: after.signals[rule.id] ?? 0)
        }
        let names = Set(new.map(\.id))
        return kept
            + old.filter { !names.contains($0.id) }.map {
                Self(rule: $0.id, kind: .removed, before: before.signals[$0.id] ?? 0, after: nil)
            }
    }
}
