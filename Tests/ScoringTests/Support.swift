import Glibc
import RiskModel
import TestSupport

@testable import Scoring

extension ScorePolicy {
    /// Families have caps; what evidence rests on has none.
    static let test = ScorePolicy(
        prior: -4, caps: [2.5, 3.5, 4.5, 3.0, 3.5, 4.0, 4.0], basisCaps: Basis.allCases.map { _ in 1_000 },
        thresholds: [30, 60, 90], hysteresis: 5, cooldown: Interval(seconds: 86_400), independentEvidence: 1)

    var uncapped: ScorePolicy {
        var policy = self
        policy.caps = caps.map { _ in 1_000 }
        return policy
    }
}

/// A rule with what matters to a score. Without a key each family rests on a ground of its own, as far as there are some.
func rule(
    _ family: Family, weight: Double, halfLife: Int64, key: Field? = nil, id: String = "rule", isShadow: Bool = false,
    ties: Bool = false
) -> Rule {
    let ground: Field =
        switch family {
        case .network, .behaviour: .ip
        case .device: .device
        case .identity: .email
        case .payment: .card
        case .geography, .policy: .account
        }
    return Rule(
        id: id, heuristic: "test", family: family,
        kind: .rate(
            RateParameters(key: key ?? ground, window: Interval(seconds: 60), ramp: Ramp(allow: 0, saturate: 1))),
        condition: Condition(), weight: weight, halfLife: Interval(seconds: halfLife), reason: "A test.",
        isShadow: isShadow, tiesAccounts: ties)
}

/// A rule that raises what others say.
func modifier(weight: Double, halfLife: Int64, id: String = "modifier") -> Rule {
    Rule(
        id: id, heuristic: "test", family: .behaviour,
        kind: .modifier(
            ModifierParameters(
                field: .language, values: ["xx"], window: Interval(seconds: 60), ramp: Ramp(allow: 0, saturate: 1))),
        condition: Condition(), weight: weight, halfLife: Interval(seconds: halfLife), reason: "A test.")
}

/// A rule that says that an account was taken over.
func takeover(halfLife: Int64, id: String = "takeover", isShadow: Bool = false) -> Rule {
    Rule(
        id: id, heuristic: "test", family: .behaviour,
        kind: .takeover(
            TakeoverParameters(
                key: .ip, window: Interval(seconds: 60), ramp: Ramp(allow: 0, saturate: 1), minimumShare: 0.5)),
        condition: Condition(), weight: 1, halfLife: Interval(seconds: halfLife), reason: "A test.", isShadow: isShadow)
}

/// Rules of all families, of light and heavy weights, of short and long memory; some in shadow, some modifiers; bases with
/// narrow caps and with wide ones.
func randomRules(_ random: inout SeededGenerator, policy: ScorePolicy = .test) -> RuleSet {
    var policy = policy
    policy.basisCaps = policy.basisCaps.map { _ in random.pick([0.7, 2, 3.5, 1_000]) }
    let rules = (0..<12).map {
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1:
            modifier(weight: random.pick([0.1, 0.3, 0.7]), halfLife: random.pick([60, 3_600]), id: "rule_\($0)")
        case 2: takeover(halfLife: random.pick([600, 3_600, 86_400]), id: "rule_\($0)")
        default:
            rule(
                random.pick(Family.allCases),
                weight: random.pick([0, 0.1, 1, 2.5, 4.5, 10]),
                halfLife: random.pick([60, 600, 3_600, 86_400]),
                key: random.pick([.account, .ip, .prefix, .asn, .device, .email, .phone, .card, .apiKey]),
                id: "rule_\($0)", isShadow: Int.random(in: 0..<6, using: &random) == 0,
                ties: Bool.random(using: &random))
        }
    }
    return RuleSet(rules: rules, policy: policy)
}

func signal(
    _ account: AccountRef = AccountRef(partition: 0, generation: 0, slot: 0), rule: Int, seq: UInt64 = 1,
    order: UInt64? = nil,
    at seconds: Int64, watermark: Int64? = nil, strength: Double = 1, device: String? = nil
) -> Signal {
    Signal(
        account: account, rule: rule, seq: seq, order: order ?? seq, time: Timestamp(seconds: seconds),
        watermark: Timestamp(seconds: watermark ?? seconds), strength: strength,
        evidence: .count(
            entity: device.map { EntityKey(kind: .device, text: $0) }, count: Int(seq), fresh: 0, names: []))
}

/// What the formula of the design says, written down as it stands there.
struct Formula {
    var score: Double
    var byFamily: [Family: Double] = [:]
    var byBasis: [Basis: Double] = [:]
    /// The families that are over their cap.
    var capped: Set<Family> = []
    /// Whether two families on two different grounds are worth enough each.
    var isCorroborated = false

    init(_ entries: [RiskRecord.Entry], at now: Timestamp, rules: RuleSet, countsShadow: Bool = false) {
        var parts: [Family: [Basis: Double]] = [:]
        var modifiers = 0.0
        for entry in entries {
            let rule = rules.rules[entry.rule]
            if rule.isShadow, !countsShadow { continue }
            let age = max(0, Double(now.microseconds - entry.updated.microseconds))
            let value = rule.weight * entry.strength * pow(2, -age / Double(rule.halfLife.microseconds))
            if case .modifier = rule.kind {
                modifiers += value
            } else {
                parts[rule.family, default: [:]][Self.basis(of: rule), default: 0] += value
            }
        }
        for (family, values) in parts {
            let sum = values.values.reduce(0, +)
            let cap = rules.policy.caps[Int(family.rawValue)]
            guard sum > cap else { continue }
            capped.insert(family)
            parts[family] = values.mapValues { $0 * cap / sum }
        }
        for basis in Basis.allCases {
            let sum = parts.values.reduce(0) { $0 + ($1[basis] ?? 0) }
            let cap = rules.policy.basisCaps[Int(basis.rawValue)]
            byBasis[basis] = min(sum, cap)
            guard sum > cap else { continue }
            for family in parts.keys {
                if let value = parts[family]?[basis] { parts[family]?[basis] = value * cap / sum }
            }
        }
        for family in Family.allCases { byFamily[family] = parts[family]?.values.reduce(0, +) ?? 0 }
        let enough = parts.flatMap { family, values in
            values.filter { $0.value >= rules.policy.independentEvidence }.map { (family, $0.key) }
        }
        isCorroborated = enough.contains { a in enough.contains { a.0 != $0.0 && a.1 != $0.1 } }
        let z = rules.policy.prior + byFamily.values.reduce(0, +) * (1 + min(0.5, modifiers))
        score = 100 / (1 + exp(-z))
    }

    /// What the rules of these tests rest on.
    private static func basis(of rule: Rule) -> Basis {
        switch rule.kind.key {
        case .ip, .prefix, .prefix48, .asn: .address
        case .device: .device
        case .email, .phone: .contact
        case .card: .card
        case .apiKey: .apiKey
        default:
            switch rule.family {
            case .network: .address
            case .geography: .place
            case .device: .device
            case .identity: .contact
            case .payment: .card
            case .behaviour, .policy: .conduct
            }
        }
    }

    /// The level that an account holds which had `current`.
    func level(holding current: Level, policy: ScorePolicy) -> Level {
        func reaches(_ level: Level) -> Bool {
            let threshold = policy.thresholds[Int(level.rawValue) - 1]
            return score >= (level <= current ? threshold - policy.hysteresis : threshold)
        }
        if reaches(.ban), isCorroborated { return .ban }
        if reaches(.review) { return .review }
        return reaches(.watch) ? .watch : .normal
    }
}

extension RiskRecord {
    static func forTests(firstSeen: Timestamp = .epoch) -> RiskRecord {
        RiskRecord(NewAccount(account: "a", firstSeen: firstSeen))
    }

    /// Takes in the signals of one event and settles.
    mutating func take(_ signals: [Signal], rules: RuleSet) -> Alert? {
        let counted = signals.count { add($0, rules: rules) }
        return counted > 0 ? settle(at: signals[0].watermark, rules: rules) : nil
    }
}
