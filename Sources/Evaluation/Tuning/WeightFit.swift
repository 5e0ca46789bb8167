internal import Glibc

/// Fits weights and prior to examples by regularised logistic regression.
///
/// Minimises, over weights from 0 to 10 and the prior below its bound,
///
///     Σᵢ cᵢ · log(1 + e^(∓zᵢ))  +  λ/2 · (Σⱼ (wⱼ − wⱼ⁰)² + (b − b⁰)²)
///
/// with zᵢ as ``EvidenceModel`` has it, caps included, ∓ minus for abuse; cᵢ weighs the two classes to the wanted
/// prevalence, with mean 1. The second term is a normal distribution of variance 1/λ around the present values: a rule of which
/// the examples say nothing keeps its weight. Steps are along the projected gradient, scaled by the diagonal of the Hessian,
/// halved until the sum falls enough (D. P. Bertsekas, "Projected Newton methods for optimization problems with simple
/// constraints", 1982). With caps the sum is not convex: what is found is the minimum downhill from the present weights.
/// Nothing is random.
package struct WeightFit: Sendable {
    package static let weightRange = 0.0...10.0
    private static let maximumSteps = 500
    private static let tolerance = 1e-5

    /// λ: greater keeps closer to the present weights.
    package var regularization = 1.0
    /// The share of abuse that the examples are weighed to; `nil`: as they come.
    package var prevalence: Double?
    /// Where the prior may lie; one value keeps it.
    package var priorRange: ClosedRange<Double>

    package init(priorRange: ClosedRange<Double>) { self.priorRange = priorRange }

    /// What an example of each class counts: their mean over the examples is 1.
    package func classWeights(_ examples: [TuningExample]) -> (abuse: Double, innocent: Double) {
        let abuse = Double(examples.count { $0.isAbuse })
        let innocents = Double(examples.count) - abuse
        guard let prevalence, abuse > 0, innocents > 0 else { return (1, 1) }
        let total = abuse + innocents
        return (prevalence * total / abuse, (1 - prevalence) * total / innocents)
    }

    /// The model with the weights and the prior that fit best, from those of `start` on, which it is also held to.
    ///
    /// One step costs a few passes over all signals; a hundred steps are usual.
    package func fit(_ examples: [TuningExample], from start: EvidenceModel) -> EvidenceModel {
        let weights = classWeights(examples)
        var model = start
        var loss = self.loss(examples, model, weights, start)
        for _ in 0..<Self.maximumSteps {
            let (gradient, curvature) = slope(examples, model, weights, start)
            var step = 1.0
            var next = model
            var nextLoss = loss
            var change = 0.0
            var isBetter = false
            while step > 1e-10, !isBetter {
                next = model
                change = 0
                var descent = 0.0
                for index in gradient.indices {
                    let old = index < model.weights.count ? model.weights[index] : model.prior
                    let range = index < model.weights.count ? Self.weightRange : priorRange
                    let moved = old - step * gradient[index] / curvature[index]
                    let new = min(max(moved, range.lowerBound), range.upperBound)
                    if index < model.weights.count { next.weights[index] = new } else { next.prior = new }
                    descent += gradient[index] * (old - new)
                    change = max(change, abs(new - old))
                }
                nextLoss = self.loss(examples, next, weights, start)
                isBetter = nextLoss <= loss - 1e-4 * descent
                step /= 2
            }
            guard isBetter else { break }
            model = next
            loss = nextLoss
            if change < Self.tolerance { break }
        }
        return model
    }

    private func loss(
        _ examples: [TuningExample], _ model: EvidenceModel, _ weights: (abuse: Double, innocent: Double),
        _ start: EvidenceModel
    ) -> Double {
        var sum = 0.0
        for example in examples {
            let z = model.evidence(example.signals).logOdds
            // log(1 + e^x) without overflow.
            let x = example.isAbuse ? -z : z
            let cost = max(x, 0) + log1p(exp(-abs(x)))
            sum += (example.isAbuse ? weights.abuse : weights.innocent) * cost
        }
        var distance = (model.prior - start.prior) * (model.prior - start.prior)
        for (new, old) in zip(model.weights, start.weights) { distance += (new - old) * (new - old) }
        return sum + regularization / 2 * distance
    }

    /// The gradient and the diagonal of the Hessian: the weights' in order, then the prior's.
    private func slope(
        _ examples: [TuningExample], _ model: EvidenceModel, _ weights: (abuse: Double, innocent: Double),
        _ start: EvidenceModel
    ) -> (gradient: [Double], curvature: [Double]) {
        let last = model.weights.count
        var gradient = zip(model.weights, start.weights).map { regularization * ($0 - $1) }
        gradient.append(regularization * (model.prior - start.prior))
        var curvature = gradient.map { _ in regularization + 1e-9 }
        for example in examples {
            let evidence = model.evidence(example.signals)
            let p = 1 / (1 + exp(-evidence.logOdds))
            let weight = example.isAbuse ? weights.abuse : weights.innocent
            let error = weight * (p - (example.isAbuse ? 1 : 0))
            let bend = weight * p * (1 - p)
            gradient[last] += error
            curvature[last] += bend
            for signal in example.signals {
                let slope = model.slope(signal, evidence)
                gradient[signal.rule] += error * slope
                curvature[signal.rule] += bend * slope * slope
            }
        }
        return (gradient, curvature)
    }
}
