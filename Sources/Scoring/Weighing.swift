import RiskModel

/// Evidence to score (design §6, and docs/decisions/0007-what-evidence-rests-on.md):
///
///     E_f   = min(cap_f, Σ_rule w · s(t))        s(t) = s · 2^(−age / half-life)
///     E     = Σ_f E_f, with what rests on each basis b cut to cap_b
///     z     = prior + E · (1 + Σ modifiers)
///     score = 100 / (1 + e^(−z))
///
/// Log-odds add, so a weight can be read as evidence. Where a family or a basis is over its cap, its rules share the cap in
/// proportion. The points of the score above that of an account without evidence are shared out in proportion to the
/// evidence, in whole hundredths by largest remainder: the contributions add up to the score to the last digit.
struct Weighing {
    /// Modifiers raise the evidence by at most this share.
    static let modifierLimit = 0.5

    /// The score, 0 to 100, unrounded.
    let score: Double
    /// Whether two families, on two different bases, are each worth what independent evidence must be. Only told where
    /// the score is high enough for the level `ban`.
    let isCorroborated: Bool
    /// By family: what its rules are multiplied with so that together they keep to its cap.
    private let familyFactors: InlineArray<8, Double>
    /// By basis: the same, behind the families' caps.
    private let basisFactors: InlineArray<16, Double>
    /// All evidence before modifiers.
    private let sum: Double
    private let countsShadow: Bool

    /// Takes the evidence at `now`. Allocates nothing below the level `ban`: a fall is foretold by trying many times.
    ///
    /// - Parameter countsShadow: Whether rules in shadow count like others.
    init(_ entries: [RiskRecord.Entry], at now: Timestamp, rules: RuleSet, countsShadow: Bool = false) {
        self.countsShadow = countsShadow
        var families = InlineArray<8, Double>(repeating: 0)
        var modifiers = 0.0
        // Kept for the second sum, as far as there is room: the powers are what takes time.
        var values = InlineArray<16, Double>(repeating: 0)
        for i in entries.indices {
            let rule = entries[i].rule
            let value = Self.raw(entries[i], now, rules, countsShadow)
            if i < values.count { values[i] = value }
            if rules.rules[rule].isModifier {
                modifiers += value
            } else {
                families[Int(rules.rules[rule].family.rawValue)] += value
            }
        }
        var factors = InlineArray<8, Double>(repeating: 1)
        for family in rules.policy.caps.indices where families[family] > rules.policy.caps[family] {
            factors[family] = rules.policy.caps[family] / families[family]
        }
        var bases = InlineArray<16, Double>(repeating: 0)
        for i in entries.indices where !rules.rules[entries[i].rule].isModifier {
            let rule = entries[i].rule
            let value = i < values.count ? values[i] : Self.raw(entries[i], now, rules, countsShadow)
            bases[Int(rules.rules[rule].basis.rawValue)] += value * factors[Int(rules.rules[rule].family.rawValue)]
        }
        var basisFactors = InlineArray<16, Double>(repeating: 1)
        var sum = 0.0
        for basis in rules.policy.basisCaps.indices where bases[basis] > 0 {
            let capped = min(bases[basis], rules.policy.basisCaps[basis])
            basisFactors[basis] = capped / bases[basis]
            sum += capped
        }
        familyFactors = factors
        self.basisFactors = basisFactors
        self.sum = sum
        score = ScorePolicy.score(logOdds: rules.policy.prior + sum * (1 + min(Self.modifierLimit, modifiers)))
        if score < rules.policy.thresholds[2] - rules.policy.hysteresis {
            isCorroborated = false
        } else {
            // What each family has on each basis, as far as it is enough.
            var parts: [[Double]] = Family.allCases.map { _ in Basis.allCases.map { _ in 0 } }
            for entry in entries where !rules.rules[entry.rule].isModifier {
                let rule = rules.rules[entry.rule]
                let value = Self.raw(entry, now, rules, countsShadow)
                let family = Int(rule.family.rawValue)
                let basis = Int(rule.basis.rawValue)
                parts[family][basis] += value * factors[family] * basisFactors[basis]
            }
            let needed = rules.policy.independentEvidence
            let grounds = parts.map { part in part.indices.filter { part[$0] >= needed } }
            isCorroborated = grounds.indices.contains { a in
                grounds[(a + 1)...].contains { b in grounds[a].contains { ground in b.contains { $0 != ground } } }
            }
        }
    }

    /// Weight times strength; nothing for a rule in shadow that does not count.
    private static func raw(
        _ entry: RiskRecord.Entry, _ now: Timestamp, _ rules: RuleSet, _ countsShadow: Bool
    ) -> Double {
        if rules.rules[entry.rule].isShadow, !countsShadow { return 0 }
        return rules.rules[entry.rule].weight
            * entry.strength(at: now, halfLife: rules.rules[entry.rule].halfLife)
    }

    /// What a rule is worth after the caps, in log-odds; of a modifier, what it adds to the others.
    func value(strength: Double, rule: Rule) -> Double {
        if rule.isShadow, !countsShadow { return 0 }
        if rule.isModifier { return sum * min(Self.modifierLimit, rule.weight * strength) }
        return rule.weight * strength * familyFactors[Int(rule.family.rawValue)]
            * basisFactors[Int(rule.basis.rawValue)]
    }

    /// The level that the score is worth to an account that now has `current`.
    ///
    /// A level that is held is lost only `hysteresis` below its threshold. `ban` needs corroboration always.
    func level(holding current: Level, policy: ScorePolicy) -> Level {
        Self.level(score: score, isCorroborated: isCorroborated, holding: current, policy: policy)
    }

    static func level(score: Double, isCorroborated: Bool, holding current: Level, policy: ScorePolicy) -> Level {
        func reaches(_ level: Level) -> Bool {
            score >= policy.thresholds[Int(level.rawValue) - 1] - (level <= current ? policy.hysteresis : 0)
        }
        if reaches(.ban), isCorroborated { return .ban }
        return reaches(.review) ? .review : reaches(.watch) ? .watch : .normal
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

extension Rule {
    /// Whether the rule raises what others say, and says nothing by itself.
    var isModifier: Bool { if case .modifier = kind { true } else { false } }

    /// Whether the rule says that the account was taken over.
    var tellsTakeover: Bool { if case .takeover = kind { true } else { false } }

    /// Whether the rule says that many use the account at once.
    var tellsSharing: Bool {
        switch kind {
        case .overlap, .resale: !isShadow
        default: false
        }
    }
}
