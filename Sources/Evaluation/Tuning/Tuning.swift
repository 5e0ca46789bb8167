internal import Glibc
package import RiskModel

/// Proposed weights, and how they do on accounts that they were not fitted to.
package struct Tuning: Sendable {
    /// Fewer labels of either sort tell too little.
    package static let minimumOfEach = 50

    /// How a model does.
    package struct Score: Sendable, Hashable {
        /// `watch`, `review`, `ban`.
        package let levels: [LevelFigures]
        package let averagePrecision: Double?
        /// With the classes weighed as for the fit.
        package let calibration: Calibration

        package subscript(level: Level) -> LevelFigures { levels[max(0, Int(level.rawValue) - 1)] }
    }

    /// One rule's weight.
    package struct Weight: Sendable, Hashable {
        package let rule: String
        /// Accounts that the rule spoke of.
        package let abuse: Int
        package let innocents: Int
        package let before: Double
        package let after: Double
        /// The least and the greatest of the folds: how far the weight hangs on which accounts one has.
        package let folds: ClosedRange<Double>
    }

    package let weights: [Weight]
    package let priorBefore: Double
    package let priorAfter: Double
    package let folds: Int
    package let abuse: Int
    package let innocents: Int
    /// The present weights, on all accounts.
    package let before: Score
    /// The weights fitted to the other folds, each on its own: an estimate for accounts to come.
    package let heldOut: Score

    /// Fits to all examples, and `folds` times to all but one part of them. All weights are rounded to hundredths.
    ///
    /// - Throws: where the labels are too few.
    package init(
        _ examples: [TuningExample], rules: RuleSet, fit: WeightFit, folds: Int
    ) throws(TuningRefusal) {
        abuse = examples.count { $0.isAbuse }
        innocents = examples.count - abuse
        guard abuse >= Self.minimumOfEach, innocents >= Self.minimumOfEach else {
            throw .tooFewLabels(abuse: abuse, innocents: innocents)
        }
        let groups = Set(examples.filter(\.isAbuse).map(\.group)).count
        guard groups >= 2 else { throw .oneCampaign }
        let start = EvidenceModel(rules)
        let parts = Folds.assign(examples, count: folds)
        let final = Self.rounded(fit.fit(examples, from: start))
        let classes = fit.classWeights(examples)
        let used = Set(parts).sorted()
        let fitted = used.map { part in
            let others = zip(examples, parts).filter { $0.1 != part }.map(\.0)
            return Self.rounded(fit.fit(others, from: start))
        }
        var modelOfPart: [Int: EvidenceModel] = [:]
        for (part, model) in zip(used, fitted) { modelOfPart[part] = model }
        before = Self.score(examples, classes) { _ in start }
        heldOut = Self.score(examples, classes) { modelOfPart[parts[$0]] ?? final }
        weights = rules.rules.enumerated().map { index, rule in
            let spoken = examples.filter { $0.signals.contains { $0.rule == index && $0.strength > 0 } }
            let values = fitted.map { $0.weights[index] }
            let hits = spoken.count { $0.isAbuse }
            return Weight(
                rule: rule.id, abuse: hits, innocents: spoken.count - hits, before: rule.weight,
                after: final.weights[index], folds: (values.min() ?? 0)...(values.max() ?? 0))
        }
        priorBefore = start.prior
        priorAfter = final.prior
        self.folds = used.count
    }

    private static func score(
        _ examples: [TuningExample], _ classes: (abuse: Double, innocent: Double), model: (Int) -> EvidenceModel
    ) -> Score {
        var levels = ByLevel<LevelFigures>.levels.map(LevelFigures.init)
        var cases: [Calibration.Case] = []
        for (index, example) in examples.enumerated() {
            let model = model(index)
            let level = model.level(example.signals)
            for index in levels.indices { levels[index].add(isAbuse: example.isAbuse, level: level) }
            cases.append(
                Calibration.Case(
                    probability: model.probability(example.signals), isAbuse: example.isAbuse,
                    weight: example.isAbuse ? classes.abuse : classes.innocent))
        }
        let curve = PrecisionRecallCurve(cases.map { ($0.probability, $0.isAbuse) })
        return Score(levels: levels, averagePrecision: curve.averagePrecision, calibration: Calibration(cases))
    }

    /// As a person would write it into a file.
    private static func rounded(_ model: EvidenceModel) -> EvidenceModel {
        var model = model
        model.weights = model.weights.map { ($0 * 100).rounded() / 100 }
        model.prior = (model.prior * 100).rounded() / 100
        return model
    }
}

/// Why no weights are proposed.
package enum TuningRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case tooFewLabels(abuse: Int, innocents: Int)
    /// All abuse is one campaign.
    case oneCampaign

    package var description: String {
        switch self {
        case .tooFewLabels(let abuse, let innocents):
            let need = Tuning.minimumOfEach
            let missing = [(need - abuse, "accounts of abuse"), (need - innocents, "innocents")]
                .filter { $0.0 > 0 }.map { "\($0.0) more \($0.1)" }.joined(separator: " and ")
            return
                "there are \(abuse) accounts of abuse and \(innocents) innocents with labels, and \(need) of each are "
                + "needed: label \(missing)"
        case .oneCampaign:
            return "all labelled abuse is one campaign, which nothing can be held against; label a second one"
        }
    }
}

extension ScorePolicy {
    /// Where the prior may lie: an account without evidence falls back to `normal`, and no family alone reaches `ban`.
    package var priorRange: ClosedRange<Double> {
        func logOdds(_ score: Double) -> Double { log(score / (100 - score)) }
        let slack = 0.01
        let greatestCap = caps.max() ?? 0
        let bound = min(
            0, logOdds(thresholds[0] - hysteresis) - slack, logOdds(thresholds[2]) - greatestCap - slack)
        let floored = (bound * 100).rounded(.down) / 100
        return min(-20, floored)...floored
    }
}
