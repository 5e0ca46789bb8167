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
    let score: Double
    /// Whether two families, on two different bases, are each worth what independent evidence must be. Only told where
    /// the score is high enough for the level `ban`.
    let isCorroborated: Bool
    /// By family: what its rules are multiplied with so that together they keep to its cap.
    private let factors: InlineArray<8, Double>

    /// Takes the evidence at `now`. Allocates nothing below the level `ban`: a fall is foretold by trying many times.
    init(_ entries: [RiskRecord.Entry], at now: Timestamp, rules: RuleSet) {
        var sums = InlineArray<8, Double>(repeating: 0)
        for i in entries.indices {
            let rule = entries[i].rule
            sums[Int(rules.rules[rule].family.rawValue)] +=
                rules.rules[rule].weight * entries[i].strength(at: now, halfLife: rules.rules[rule].halfLife)
        }
        var factors = InlineArray<8, Double>(repeating: 1)
        var sum = 0.0
        for family in Family.allCases.indices where sums[family] > 0 {
            let capped = min(sums[family], rules.policy.caps[family])
            factors[family] = capped / sums[family]
            sum += capped
        }
        self.factors = factors
        score = ScorePolicy.score(logOdds: rules.policy.prior + sum)
        if score < rules.policy.thresholds[2] - rules.policy.hysteresis {
            isCorroborated = false
        } else {
            // What each family has on each basis, as far as it is enough.
            var parts: [[Double]] = Family.allCases.map { _ in Basis.allCases.map { _ in 0 } }
            for entry in entries {
                let rule = rules.rules[entry.rule]
                let value = rule.weight * entry.strength(at: now, halfLife: rule.halfLife)
                let family = Int(rule.family.rawValue)
                parts[family][Int(rule.basis.rawValue)] += value * factors[family]
            }
            let needed = rules.policy.independentEvidence
            let grounds = parts.map { part in part.indices.filter { part[$0] >= needed } }
            isCorroborated = grounds.indices.contains { a in
                grounds[(a + 1)...].contains { b in grounds[a].contains { ground in b.contains { $0 != ground } } }
            }
        }
    }

    /// What a rule of this family is worth after the cap, in log-odds.
    func value(strength: Double, rule: Rule) -> Double {
        rule.weight * strength * factors[Int(rule.family.rawValue)]
    }

    /// The level that the score is worth to an account that now has `current`.
    ///
    /// A level that is held is lost only `hysteresis` below its threshold. `ban` needs corroboration always.
    func level(holding current: Level, policy: ScorePolicy) -> Level {
        Self.level(score: score, isCorroborated: isCorroborated, holding: current, policy: policy)
    }

    static func level(score: Double, isCorroborated: Bool, holding current: Level, policy: ScorePolicy) -> Level {
        for level in [Level.ban, .review, .watch] {
            let slack = level <= current ? policy.hysteresis : 0
            guard score >= policy.thresholds[Int(level.rawValue) - 1] - slack else { continue }
            if level == .ban, !isCorroborated { continue }
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
