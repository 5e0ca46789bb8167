internal import Yams

/// A rules file as text, in which numbers are changed where they stand: comments, order and layout remain.
package struct RulesText {
    private struct Place {
        /// From 0, in Unicode scalars.
        var line: Int
        var column: Int
    }

    private let yaml: String
    private var weights: [String: Place] = [:]
    private var prior: Place?

    /// - Parameter yaml: A rules file that ``Settings/RuleSet`` has read without a fault.
    package init(_ yaml: String) throws {
        self.yaml = yaml
        guard let root = try Yams.compose(yaml: yaml) else { return }
        prior = root["score"]?["prior"].flatMap(Self.place(of:))
        for rule in root["rules"]?.sequence ?? [] {
            guard let id = rule["id"]?.scalar?.string else { continue }
            weights[id] = rule["weight"].flatMap(Self.place(of:))
        }
    }

    /// Whether the prior stands in the text, so that it can be changed.
    package var hasPrior: Bool { prior != nil }

    /// The text with other numbers. Rules that the text does not have are left out, equal numbers are left as they are.
    package func replacing(weights changed: [String: Double], prior changedPrior: Double?) -> String {
        var edits = changed.compactMap { rule, value in weights[rule].map { (place: $0, value: value) } }
        if let prior, let changedPrior { edits.append((prior, changedPrior)) }
        var lines = yaml.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
        // From the right, so that the places of the others stay.
        for edit in edits.sorted(by: { ($0.place.line, $0.place.column) > ($1.place.line, $1.place.column) }) {
            let line = lines[edit.place.line]
            let rest = line[edit.place.column...]
            let end = rest.firstIndex { ",}] \t\r".unicodeScalars.contains($0) } ?? line.endIndex
            var old = String.UnicodeScalarView()
            old.append(contentsOf: line[edit.place.column..<end])
            if Double(String(old)) == edit.value { continue }
            lines[edit.place.line].replaceSubrange(
                edit.place.column..<end, with: Self.text(edit.value).unicodeScalars)
        }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: lines.joined(separator: ["\n"]))
        return String(scalars)
    }

    /// At most two decimals, at least one: `3.5`, `-4.0`, `2.25`.
    private static func text(_ value: Double) -> String {
        let text = value.fixed(2)
        return text.hasSuffix("0") ? String(text.dropLast()) : text
    }

    private static func place(of node: Node) -> Place? {
        node.scalar?.mark.map { Place(line: $0.line - 1, column: $0.column - 1) }
    }
}
