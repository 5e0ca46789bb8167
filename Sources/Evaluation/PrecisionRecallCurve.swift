/// Precision against recall for every threshold of the score.
package struct PrecisionRecallCurve: Sendable, Hashable {
    package struct Point: Sendable, Hashable {
        /// Accounts with this score or more are taken for abuse.
        package var threshold: Double
        package var precision: Double
        package var recall: Double
    }

    /// One point for each score that occurs, the highest first. Empty where nothing is abuse.
    package let points: [Point]
    /// Σ (Rₙ − Rₙ₋₁) · Pₙ over the points: the area below the curve in steps, without the optimism of straight lines
    /// between points. `nil` where nothing is abuse.
    package let averagePrecision: Double?

    /// - Parameter cases: the score of each account, and whether it is abuse. Sorting takes O(n log n).
    package init(_ cases: [(score: Double, isAbuse: Bool)]) {
        let total = cases.count { $0.isAbuse }
        guard total > 0 else {
            points = []
            averagePrecision = nil
            return
        }
        let sorted = cases.sorted { $0.score > $1.score }
        var points: [Point] = []
        var area = 0.0
        var hits = 0
        for (index, item) in sorted.enumerated() {
            hits += item.isAbuse ? 1 : 0
            // Equal scores cannot be told apart by any threshold: they are one point.
            if index + 1 < sorted.count, sorted[index + 1].score == item.score { continue }
            let recall = Double(hits) / Double(total)
            let precision = Double(hits) / Double(index + 1)
            area += (recall - (points.last?.recall ?? 0)) * precision
            points.append(Point(threshold: item.score, precision: precision, recall: recall))
        }
        self.points = points
        averagePrecision = area
    }
}
