import Glibc
import RiskModel

/// Evidence to score (design §6):
///
///     E_f   = min(cap_f, Σ_rule w · s(t))        s(t) = s · 2^(−age / half-life)
///     z     = prior + Σ_f E_f
///     score = 100 / (1 + e^(−z))
///
/// Log-odds add, so a weight can be read as evidence. Where a family is over its cap, its rules share the cap in proportion.
/// The points of the score above that of an account without evidence are shared out in proportion to the evidence, in whole
/// hundredths by largest remainder: the contributions add up to the score to the last digit.
struct Weighing {
    /// The score, 0 to 100, unrounded.
    var score: Double
    /// Families that are worth as much as an independent one must be.
    var independentFamilies: Int
    /// By entry: log-odds after decay and cap.
    var values: [Double]

    init(_ entries: [RiskRecord.Entry], at now: Timestamp, rules: RuleSet) {
        var families = InlineArray<8, Double>(repeating: 0)
        values = []
        values.reserveCapacity(entries.count)
        for entry in entries {
            let rule = rules.rules[entry.rule]
            let value = rule.weight * entry.strength(at: now, halfLife: rule.halfLife)
            values.append(value)
            families[Int(rule.family.rawValue)] += value
        }
        let policy = rules.policy
        var sum = 0.0
        var independent = 0
        var factors = InlineArray<8, Double>(repeating: 1)
        for family in Family.allCases {
            let raw = families[Int(family.rawValue)]
            guard raw > 0 else { continue }
            let capped = min(raw, policy.caps[Int(family.rawValue)])
            factors[Int(family.rawValue)] = capped / raw
            sum += capped
            if capped >= policy.independentEvidence { independent += 1 }
        }
        for (i, entry) in entries.enumerated() {
            values[i] *= factors[Int(rules.rules[entry.rule].family.rawValue)]
        }
        independentFamilies = independent
        score = Self.score(logOdds: policy.prior + sum)
    }

    static func score(logOdds z: Double) -> Double { 100 / (1 + exp(-z)) }

    /// Hundredths of a point.
    static func points(_ score: Double) -> Int { Int((score * 100).rounded()) }

    /// The level that the score is worth to an account that now has `current`.
    ///
    /// A level that is held is lost only `hysteresis` below its threshold. `ban` needs two independent families always.
    func level(holding current: Level, policy: ScorePolicy) -> Level {
        for level in [Level.ban, .review, .watch] {
            let slack = level <= current ? policy.hysteresis : 0
            guard score >= policy.thresholds[Int(level.rawValue) - 1] - slack else { continue }
            if level == .ban, independentFamilies < 2 { continue }
            return level
        }
        return .normal
    }

    /// Whole shares of `total` in proportion to `values`, by largest remainder; earlier entries win ties.
    static func shares(of total: Int, in proportion: [Double]) -> [Int] {
        let sum = proportion.reduce(0, +)
        guard sum > 0 else { return proportion.map { _ in 0 } }
        let exact = proportion.map { Double(total) * $0 / sum }
        var shares = exact.map { Int($0) }
        let rest = total - shares.reduce(0, +)
        let order = exact.indices.sorted { a, b in
            let left = exact[a] - exact[a].rounded(.down)
            let right = exact[b] - exact[b].rounded(.down)
            return left != right ? left > right : a < b
        }
        for i in order.prefix(max(0, rest)) { shares[i] += 1 }
        return shares
    }
}
