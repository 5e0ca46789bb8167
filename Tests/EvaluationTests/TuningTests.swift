import Evaluation
import Foundation
import RiskModel
import Settings
import TestSupport
import Testing

@Suite struct TuningTests {
    /// Rules of one family each, or all of one; weights as given.
    private func ruleSet(
        _ weights: [Double], prior: Double = -2, families: [Family] = [.network, .device, .payment, .policy],
        cap: Double = 20
    ) -> RuleSet {
        var set = RuleSet.embedded()
        let model = set.rules[0]
        set.rules = weights.enumerated().map { index, weight in
            var rule = model
            rule.id = "rule_\(index)"
            rule.family = families[index % families.count]
            rule.weight = weight
            return rule
        }
        set.policy.prior = prior
        set.policy.caps = Family.allCases.map { _ in cap }
        set.policy.basisCaps = Basis.allCases.map { _ in 20 }
        return set
    }

    private func fit(_ set: RuleSet, regularization: Double = 1, prevalence: Double? = nil) -> WeightFit {
        var fit = WeightFit(priorRange: -20...0)
        fit.regularization = regularization
        fit.prevalence = prevalence
        return fit
    }

    /// Accounts whose labels are drawn with the probability that the true weights give them.
    private func draw(_ count: Int, weights: [Double], prior: Double, seed: UInt64) -> [TuningExample] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { number in
            let signals = weights.indices.compactMap { rule in
                Bool.random(using: &random)
                    ? TuningExample.Signal(rule: rule, strength: Double.random(in: 0...1, using: &random)) : nil
            }
            let z = signals.reduce(prior) { $0 + weights[$1.rule] * $1.strength }
            let isAbuse = Double.random(in: 0..<1, using: &random) < 1 / (1 + exp(-z))
            return TuningExample(isAbuse: isAbuse, group: "account \(number)", signals: signals)
        }
    }

    @Test func `weights and prior that made the labels are found again`() {
        let truth = [3.0, 0, 1.5, 6]
        let examples = draw(4000, weights: truth, prior: -2, seed: 11)
        let set = ruleSet([1, 1, 1, 1], prior: -4)
        let model = fit(set, regularization: 0.01).fit(examples, from: EvidenceModel(set))
        for (found, real) in zip(model.weights, truth) {
            #expect(abs(found - real) < 0.45, "\(model.weights)")
        }
        #expect(abs(model.prior + 2) < 0.2, "\(model.prior)")
    }

    /// The sum that is to be minimised, written anew.
    private func cost(_ examples: [TuningExample], _ model: EvidenceModel, _ set: RuleSet, lambda: Double) -> Double {
        var sum = 0.0
        for example in examples {
            var byFamily: [Family: Double] = [:]
            for signal in example.signals {
                byFamily[set.rules[signal.rule].family, default: 0] += model.weights[signal.rule] * signal.strength
            }
            let z = model.prior + byFamily.reduce(0) { $0 + min($1.value, set.policy.caps[Int($1.key.rawValue)]) }
            let p = 1 / (1 + exp(-z))
            sum -= log(example.isAbuse ? p : 1 - p)
        }
        let distance =
            zip(model.weights, set.rules).reduce(0) { $0 + pow($1.0 - $1.1.weight, 2) }
            + pow(model.prior - set.policy.prior, 2)
        return sum + lambda / 2 * distance
    }

    @Test(arguments: [20.0, 1.5]) func `no small step from what was fitted is downhill`(cap: Double) {
        let examples = draw(600, weights: [3, 0.2, 2, 4, 1, 0], prior: -3, seed: 3)
        let set = ruleSet([1, 2, 0.5, 3, 1, 0.3], prior: -4, families: [.network, .device], cap: cap)
        let model = fit(set).fit(examples, from: EvidenceModel(set))
        let least = cost(examples, model, set, lambda: 1)
        #expect(least < cost(examples, EvidenceModel(set), set, lambda: 1))
        for index in model.weights.indices {
            for step in [-0.02, 0.02] where model.weights[index] + step >= 0 {
                var other = model
                other.weights[index] += step
                #expect(cost(examples, other, set, lambda: 1) >= least - 1e-3, "rule \(index) by \(step)")
            }
        }
    }

    @Test func `a rule that speaks of innocents falls to nothing, never below`() {
        var examples = draw(400, weights: [3, 0, 0, 0], prior: -2, seed: 5)
        for index in examples.indices {
            examples[index].signals.removeAll { $0.rule == 1 }
            if !examples[index].isAbuse { examples[index].signals.append(.init(rule: 1, strength: 1)) }
        }
        let set = ruleSet([1, 2, 1, 1])
        #expect(fit(set, regularization: 0.1).fit(examples, from: EvidenceModel(set)).weights[1] == 0)
    }

    @Test func `a rule that nobody was seen by keeps its weight`() {
        let examples = draw(400, weights: [3, 1, 0], prior: -2, seed: 7)
        let set = ruleSet([1, 2, 1, 2.75])
        #expect(fit(set).fit(examples, from: EvidenceModel(set)).weights[3] == 2.75)
    }

    @Test func `how many of the labelled are abuse does not move the fit, unless that is asked for`() {
        let examples = draw(1500, weights: [3, 1, 2, 4], prior: -3, seed: 13)
        let flooded = examples + (0..<9).flatMap { _ in examples.filter(\.isAbuse) }
        let set = ruleSet([1, 1, 1, 1], prior: -4)
        let start = EvidenceModel(set)
        let plain = fit(set, regularization: 1e-6, prevalence: 0.02).fit(examples, from: start)
        let weighed = fit(set, regularization: 1e-6, prevalence: 0.02).fit(flooded, from: start)
        let asked = fit(set, regularization: 1e-6).fit(flooded, from: start)
        #expect(abs(plain.prior - weighed.prior) < 0.01)
        for (a, b) in zip(plain.weights, weighed.weights) { #expect(abs(a - b) < 0.02) }
        #expect(asked.prior > plain.prior + 1)
    }

    @Test func `the prior stays where it is told to`() {
        let examples = draw(500, weights: [1, 1, 1, 1], prior: 0, seed: 17)
        let set = ruleSet([1, 1, 1, 1], prior: -4)
        var fit = WeightFit(priorRange: -4 ... -4)
        #expect(fit.fit(examples, from: EvidenceModel(set)).prior == -4)
        fit.priorRange = -20 ... -3.5
        #expect(fit.fit(examples, from: EvidenceModel(set)).prior == -3.5)
    }

    @Test func `a campaign is never on both sides, and the same labels give the same proposal`() throws {
        var examples = draw(600, weights: [4, 2, 3, 4], prior: -2, seed: 19)
        // Each campaign has a rule of its own: what was fitted without it cannot know the rule.
        for index in examples.indices where examples[index].isAbuse {
            let farm = index / 7 % 4
            examples[index].group = "campaign \(farm)"
            examples[index].signals = [.init(rule: farm, strength: 1)]
        }
        let set = ruleSet([1, 1, 1, 1])
        let first = try Tuning(examples, rules: set, fit: fit(set), folds: 4)
        let second = try Tuning(examples, rules: set, fit: fit(set), folds: 4)
        #expect(first.weights == second.weights && first.heldOut == second.heldOut && first.folds == 4)
        for weight in first.weights {
            #expect(weight.folds.lowerBound <= 1.01, "the fold without its campaign: \(weight)")
            #expect(weight.after > 1.1)
        }
    }

    @Test func `too few labels are refused with what is missing`() throws {
        let examples = draw(400, weights: [3, 1, 2, 4], prior: -3, seed: 23)
        let set = ruleSet([1, 1, 1, 1])
        let few = examples.filter { !$0.isAbuse } + examples.filter(\.isAbuse).prefix(12)
        let refusal = #expect(throws: TuningRefusal.self) {
            _ = try Tuning(few, rules: set, fit: fit(set), folds: 5)
        }
        #expect(refusal?.description.contains("label 38 more accounts of abuse") == true)
        var farm = examples + draw(200, weights: [3, 1, 2, 4], prior: 0, seed: 29)
        for index in farm.indices where farm[index].isAbuse { farm[index].group = "campaign" }
        #expect(throws: TuningRefusal.oneCampaign) { _ = try Tuning(farm, rules: set, fit: fit(set), folds: 5) }
    }

    @Test func `the level ban needs two families on two grounds`() {
        var set = ruleSet([4, 4], prior: -4, families: [.network, .device], cap: 4)
        let both = [TuningExample.Signal(rule: 0, strength: 1), .init(rule: 1, strength: 1)]
        // Both rules of the sample rest on addresses: one fact, said twice.
        #expect(EvidenceModel(set).level(both) == .review)
        set.rules[1] = Rule(
            id: "device", heuristic: "custom", family: .device,
            kind: .rate(RateParameters(key: .device, window: Interval(seconds: 60), ramp: Ramp(allow: 1, saturate: 2))),
            condition: Condition(), weight: 4, halfLife: Interval(seconds: 60), reason: "")
        #expect(EvidenceModel(set).level(both) == .ban)
        #expect(EvidenceModel(set).level([both[0]]) == .watch)
    }

    @Test func `what rests on one basis is capped behind the families`() {
        var set = ruleSet([3, 2, 1], prior: -4, cap: 2)
        let all = (0..<3).map { TuningExample.Signal(rule: $0, strength: 1) }
        func logOdds() -> Double {
            let p = EvidenceModel(set).probability(all)
            return log(p / (1 - p))
        }
        #expect(isNear(logOdds(), -4 + 2 + 2 + 1), "each family by itself")
        set.policy.basisCaps[Int(set.rules[0].basis.rawValue)] = 3.5
        #expect(isNear(logOdds(), -4 + 3.5), "all of it rests on addresses")
        set.rules[2].isShadow = true
        set.policy.basisCaps = Basis.allCases.map { _ in 20 }
        #expect(isNear(logOdds(), -4 + 2 + 2), "a rule in shadow counts nothing")
        #expect(
            fit(set).fit(draw(300, weights: [3, 2, 1], prior: -2, seed: 31), from: EvidenceModel(set)).weights[2] == 1)
    }

    @Test func `the prior's range keeps the rules file valid`() throws {
        for set in [RuleSet.embedded(), ruleSet([1], cap: 4)] {
            let bound = set.policy.priorRange.upperBound
            for (prior, isValid) in [(bound, true), (bound + 0.05, false)] {
                let caps = Family.allCases.map { "\($0.name): \(set.policy.caps[Int($0.rawValue)])" }
                let yaml = """
                    score: {prior: \(prior), caps: {\(caps.joined(separator: ", "))}}
                    rules: [{id: a, heuristic: custom, kind: rate, family: device, reason: r, key: ip, window: 1h, \
                    allow: 1, saturate: 2, weight: 1, half_life: 1d}]
                    """
                let parsed = try? RuleSet.parse(yaml: yaml, file: "r")
                #expect((parsed != nil) == isValid, "prior \(prior)")
            }
        }
    }
}
