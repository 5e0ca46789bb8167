/// So many of so many, with what that says of the share behind it.
package struct Proportion: Sendable, Hashable {
    /// The 97.5 % quantile of the normal distribution: two-sided intervals of 95 %.
    private static let z = 1.959963984540054

    package var hits: Int
    package var count: Int

    package init(_ hits: Int = 0, of count: Int = 0) {
        self.hits = hits
        self.count = count
    }

    /// Counts one more case.
    package mutating func add(_ isHit: Bool) {
        hits += isHit ? 1 : 0
        count += 1
    }

    /// The share, 0 to 1; `nil` of none.
    package var value: Double? { count == 0 ? nil : Double(hits) / Double(count) }

    /// Where the true share lies with 95 % confidence; `nil` of none.
    ///
    /// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927): the shares
    /// from which the one seen is at most 1.96 of *their* standard errors away. Unlike the textbook interval it is right
    /// for few cases and for shares of 0 and 1.
    package var interval: ClosedRange<Double>? {
        guard let p = value else { return nil }
        let n = Double(count)
        let square = Self.z * Self.z
        let centre = p + square / (2 * n)
        let spread = Self.z * (p * (1 - p) / n + square / (4 * n * n)).squareRoot()
        let scale = 1 + square / n
        // Rounding must not push the interval past the share that was seen.
        let low = hits == 0 ? 0 : max(0, (centre - spread) / scale)
        let high = hits == count ? 1 : min(1, (centre + spread) / scale)
        return low...high
    }
}
