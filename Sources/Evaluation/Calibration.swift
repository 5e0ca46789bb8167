/// Whether a score of 70 is abuse in 70 of 100 cases.
package struct Calibration: Sendable, Hashable {
    /// Accounts whose probability lies in one tenth of the range.
    package struct Bin: Sendable, Hashable {
        package var lower: Double
        package var upper: Double
        /// Accounts and those of them that are abuse.
        package var abuse = Proportion()
        /// Sums over the accounts, each with its weight.
        fileprivate var weight = 0.0
        fileprivate var probabilitySum = 0.0
        fileprivate var abuseSum = 0.0

        /// What the score says; `nil` where the bin is empty.
        package var meanProbability: Double? { weight > 0 ? probabilitySum / weight : nil }
        /// What is true; `nil` where the bin is empty.
        package var observed: Double? { weight > 0 ? abuseSum / weight : nil }
    }

    package struct Case: Sendable {
        /// The score as a probability, 0 to 1.
        package var probability: Double
        package var isAbuse: Bool
        /// How many accounts this one stands for.
        package var weight: Double

        package init(probability: Double, isAbuse: Bool, weight: Double = 1) {
            self.probability = probability
            self.isAbuse = isAbuse
            self.weight = weight
        }
    }

    /// Ten of equal width; a probability on a border belongs to the upper one, 1 to the last.
    package private(set) var bins: [Bin]
    /// The mean of (probability − truth)²: 0 is perfect (G. W. Brier, Monthly Weather Review 78, 1950). `nil` of none.
    package let brierScore: Double?
    /// Σ share of the bin · |mean probability − observed share|. `nil` of none.
    package let expectedError: Double?

    package init(_ cases: [Case]) {
        var bins = (0..<10).map { Bin(lower: Double($0) / 10, upper: Double($0 + 1) / 10) }
        var squares = 0.0
        var total = 0.0
        for item in cases {
            let index = min(9, max(0, Int(item.probability * 10)))
            let truth = item.isAbuse ? 1.0 : 0
            bins[index].abuse.add(item.isAbuse)
            bins[index].weight += item.weight
            bins[index].probabilitySum += item.weight * item.probability
            bins[index].abuseSum += item.weight * truth
            squares += item.weight * (item.probability - truth) * (item.probability - truth)
            total += item.weight
        }
        self.bins = bins
        brierScore = total > 0 ? squares / total : nil
        let errors = bins.reduce(0.0) { $0 + abs($1.probabilitySum - $1.abuseSum) }
        expectedError = total > 0 ? errors / total : nil
    }
}
