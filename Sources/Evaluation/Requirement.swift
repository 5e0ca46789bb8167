/// What a figure must be: `review.precision>=0.95`, `kind.*.review.recall>=0.75`.
package struct Requirement: Sendable, Hashable {
    private enum Comparison: String, CaseIterable {
        case atLeast = ">="
        case atMost = "<="
        case above = ">"
        case below = "<"

        func holds(_ value: Double, _ bound: Double) -> Bool {
            switch self {
            case .atLeast: value >= bound
            case .atMost: value <= bound
            case .above: value > bound
            case .below: value < bound
            }
        }
    }

    /// The text that it was read from.
    package let text: String
    private let name: [Substring]
    private let comparison: Comparison
    private let bound: Double

    /// `nil` where the text is no name, comparison and number. An asterisk stands for any one word of a name.
    package init?(_ text: String) {
        guard let comparison = Comparison.allCases.first(where: { text.contains($0.rawValue) }),
            let range = text.firstRange(of: comparison.rawValue)
        else { return nil }
        let name = Self.trimmed(text[..<range.lowerBound])
        guard !name.isEmpty, let bound = Double(Self.trimmed(text[range.upperBound...])), bound.isFinite else {
            return nil
        }
        self.text = text
        self.name = name.split(separator: ".", omittingEmptySubsequences: false)
        self.comparison = comparison
        self.bound = bound
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " }
        return start.lastIndex { $0 != " " }.map { start[...$0] } ?? ""
    }

    /// Whether the name stands for at least one of the figures.
    package func isKnown(among figures: [Figure]) -> Bool { figures.contains { matches($0.name) } }

    /// A sentence for each figure that is not as it must be. A figure that nothing is known of falls short.
    package func shortfalls(_ figures: [Figure]) -> [String] {
        figures.filter { matches($0.name) }.compactMap { figure in
            guard let value = figure.value else {
                return "\(figure.name) has no value, for want of cases; required: \(text)"
            }
            if comparison.holds(value, bound) { return nil }
            return "\(figure.name) is \(value.fixed(4)); required: \(text)"
        }
    }

    private func matches(_ other: String) -> Bool {
        let words = other.split(separator: ".", omittingEmptySubsequences: false)
        return words.count == name.count && zip(name, words).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
