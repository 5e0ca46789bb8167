import Glibc
import RiskModel
import TestSupport

@testable import Scoring

extension ScorePolicy {
    static let test = ScorePolicy(
        prior: -4, caps: [2.5, 3.5, 4.5, 3.0, 3.5, 4.0, 4.0], thresholds: [30, 60, 90], hysteresis: 5,
        cooldown: Interval(seconds: 86_400), independentEvidence: 1)

    var uncapped: ScorePolicy {
        var policy = self
        policy.caps = caps.map { _ in 1_000 }
        return policy
    }
}

/// A rule with what matters to a score. Without a key each family rests on a ground of its own, as far as there are some.
func rule(_ family: Family, weight: Double, halfLife: Int64, key: Field? = nil, id: String = "rule") -> Rule {
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
        condition: Condition(), weight: weight, halfLife: Interval(seconds: halfLife), reason: "A test.")
}

/// Rules of all families, of light and heavy weights, of short and long memory.
func randomRules(_ random: inout SeededGenerator, policy: ScorePolicy = .test) -> RuleSet {
    let rules = (0..<12).map {
        rule(
            random.pick(Family.allCases),
            weight: random.pick([0, 0.1, 1, 2.5, 4.5, 10]),
            halfLife: random.pick([60, 600, 3_600, 86_400]),
            key: random.pick([.account, .ip, .prefix, .asn, .device, .email, .phone, .card, .apiKey]), id: "rule_\($0)")
    }
    return RuleSet(rules: rules, policy: policy)
}

func signal(
    _ account: AccountRef = AccountRef(partition: 0, generation: 0, slot: 0), rule: Int, seq: UInt64 = 1,
    order: UInt64? = nil,
    at seconds: Int64, watermark: Int64? = nil, strength: Double = 1
) -> Signal {
    Signal(
        account: account, rule: rule, seq: seq, order: order ?? seq, time: Timestamp(seconds: seconds),
        watermark: Timestamp(seconds: watermark ?? seconds), strength: strength,
        evidence: .count(entity: nil, count: Int(seq), fresh: 0, names: []))
}

/// What the formula of the design says, written down as it stands there.
struct Formula {
    var score: Double
    var byFamily: [Family: Double] = [:]
    /// Whether two families on two different grounds are worth enough each.
    var isCorroborated = false

    init(_ entries: [RiskRecord.Entry], at now: Timestamp, rules: RuleSet) {
        for family in Family.allCases {
            var sum = 0.0
            for entry in entries where rules.rules[entry.rule].family == family {
                let age = max(0, Double(now.microseconds - entry.updated.microseconds))
                let halfLife = Double(rules.rules[entry.rule].halfLife.microseconds)
                sum += rules.rules[entry.rule].weight * entry.strength * pow(2, -age / halfLife)
            }
            byFamily[family] = min(rules.policy.caps[Int(family.rawValue)], sum)
        }
        // What each family's rules on each ground are worth, of what its cap leaves.
        var grounds: [(family: Family, ground: Set<Field>, value: Double)] = []
        let same: [Set<Field>] = [
            [.account], [.ip, .prefix, .prefix48, .asn], [.device], [.email, .phone], [.card], [.apiKey],
        ]
        for family in Family.allCases {
            var raw = 0.0
            var parts: [(ground: Set<Field>, value: Double)] = []
            for ground in same {
                var sum = 0.0
                for entry in entries where rules.rules[entry.rule].family == family {
                    guard ground.contains(rules.rules[entry.rule].key) else { continue }
                    let age = max(0, Double(now.microseconds - entry.updated.microseconds))
                    let halfLife = Double(rules.rules[entry.rule].halfLife.microseconds)
                    sum += rules.rules[entry.rule].weight * entry.strength * pow(2, -age / halfLife)
                }
                raw += sum
                parts.append((ground, sum))
            }
            for part in parts where raw > 0 {
                grounds.append((family, part.ground, part.value * byFamily[family, default: 0] / raw))
            }
        }
        for a in grounds where a.value >= rules.policy.independentEvidence {
            for b in grounds where b.value >= rules.policy.independentEvidence {
                if a.family != b.family, a.ground != b.ground { isCorroborated = true }
            }
        }
        let z = rules.policy.prior + byFamily.values.reduce(0, +)
        score = 100 / (1 + exp(-z))
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
    static func forTests() -> RiskRecord { RiskRecord(NewAccount(account: "a", firstSeen: .epoch)) }

    /// Takes in the signals of one event and settles.
    mutating func take(_ signals: [Signal], rules: RuleSet) -> Alert? {
        let counted = signals.count { add($0, rules: rules) }
        return counted > 0 ? settle(at: signals[0].watermark, rules: rules) : nil
    }
}
