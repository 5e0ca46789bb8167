/// Five numbers that tell how values spread.
package struct Quartiles: Sendable, Hashable {
    package let minimum: Double
    package let lower: Double
    package let median: Double
    package let upper: Double
    package let maximum: Double

    /// `nil` of no values. Between two values the quartile lies on the straight line (type 7 of R. J. Hyndman and Y. Fan,
    /// "Sample quantiles in statistical packages", 1996).
    package init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        func quantile(_ share: Double) -> Double {
            let position = share * Double(sorted.count - 1)
            let index = Int(position)
            guard index + 1 < sorted.count else { return last }
            return sorted[index] + (position - Double(index)) * (sorted[index + 1] - sorted[index])
        }
        minimum = first
        lower = quantile(0.25)
        median = quantile(0.5)
        upper = quantile(0.75)
        maximum = last
    }
}
