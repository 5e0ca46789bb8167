internal import Glibc
package import RiskModel

/// The score as a function of the weights, docs/rules.md:
///
///     z = prior + (1 + Σ modifiers) · Σ_b min(cap_b, Σ_f what is left of f on b)
///
/// where of each family f so much is left that it keeps to its cap. Rules in shadow count nothing.
package struct EvidenceModel: Sendable, Hashable {
    private static let modifierLimit = 0.5

    /// By rule.
    package var weights: [Double]
    package var prior: Double
    /// By rule: whether its weight can be fitted. Those of modifiers and of rules in shadow stay as they are.
    let isFitted: [Bool]
    private let isModifier: [Bool]
    private let families: [Int]
    private let bases: [Int]
    private let policy: ScorePolicy

    package init(_ rules: RuleSet) {
        weights = rules.rules.map(\.weight)
        prior = rules.policy.prior
        isModifier = rules.rules.map { if case .modifier = $0.kind { true } else { false } }
        isFitted = rules.rules.map {
            if case .modifier = $0.kind { return false }
            return !$0.isShadow
        }
        families = rules.rules.map { Int($0.family.rawValue) }
        bases = rules.rules.map { Int($0.basis.rawValue) }
        policy = rules.policy
    }

    /// What an account's signals are worth.
    struct Evidence {
        var logOdds: Double
        /// What every rule's evidence is multiplied with: 1 and the modifiers.
        var scale = 1.0
        var familyFactors = InlineArray<16, Double>(repeating: 1)
        var basisFactors = InlineArray<16, Double>(repeating: 1)
    }

    func evidence(_ signals: [TuningExample.Signal]) -> Evidence {
        var evidence = Evidence(logOdds: prior)
        var sums = InlineArray<16, Double>(repeating: 0)
        var modifiers = 0.0
        for signal in signals {
            if isModifier[signal.rule] { modifiers += weights[signal.rule] * signal.strength }
            if isFitted[signal.rule] { sums[families[signal.rule]] += weights[signal.rule] * signal.strength }
        }
        for family in policy.caps.indices where sums[family] > policy.caps[family] {
            evidence.familyFactors[family] = policy.caps[family] / sums[family]
        }
        var grounds = InlineArray<16, Double>(repeating: 0)
        for signal in signals where isFitted[signal.rule] {
            grounds[bases[signal.rule]] +=
                weights[signal.rule] * signal.strength * evidence.familyFactors[families[signal.rule]]
        }
        var sum = 0.0
        for basis in policy.basisCaps.indices {
            let capped = min(grounds[basis], policy.basisCaps[basis])
            if capped < grounds[basis] { evidence.basisFactors[basis] = capped / grounds[basis] }
            sum += capped
        }
        evidence.scale += min(Self.modifierLimit, modifiers)
        evidence.logOdds += sum * evidence.scale
        return evidence
    }

    /// How much the log-odds rise with a rule's weight: nothing where its family or its basis is at the cap.
    func slope(_ signal: TuningExample.Signal, _ evidence: Evidence) -> Double {
        guard isFitted[signal.rule], evidence.familyFactors[families[signal.rule]] == 1,
            evidence.basisFactors[bases[signal.rule]] == 1
        else { return 0 }
        return signal.strength * evidence.scale
    }

    /// The score as a probability, 0 to 1.
    package func probability(_ signals: [TuningExample.Signal]) -> Double {
        1 / (1 + exp(-evidence(signals).logOdds))
    }

    /// The level that the score is worth; `ban` needs two families on two bases, each worth what independent evidence must.
    package func level(_ signals: [TuningExample.Signal]) -> Level {
        let score = 100 * probability(signals)
        let reached = Level.allCases.last { $0 == .normal || score >= policy.thresholds[Int($0.rawValue) - 1] }
        guard reached == .ban, !isCorroborated(signals) else { return reached ?? .normal }
        return .review
    }

    private func isCorroborated(_ signals: [TuningExample.Signal]) -> Bool {
        let evidence = evidence(signals)
        var parts = Family.allCases.map { _ in Basis.allCases.map { _ in 0.0 } }
        for signal in signals where isFitted[signal.rule] {
            let (family, basis) = (families[signal.rule], bases[signal.rule])
            parts[family][basis] +=
                weights[signal.rule] * signal.strength * evidence.familyFactors[family] * evidence.basisFactors[basis]
        }
        let grounds = parts.map { part in Set(part.indices.filter { part[$0] >= policy.independentEvidence }) }
        return grounds.indices.contains { a in
            grounds[(a + 1)...].contains { b in
                grounds[a].contains { ground in b.contains { $0 != ground } }
            }
        }
    }
}
