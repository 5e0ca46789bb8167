internal import RegularExpressions
import RiskModel

/// A mapping whose paths are slots of a ``PathTree``, whose names are numbers, and whose patterns are compiled.
final class CompiledMapping {
    enum Source {
        case constant([UInt8])
        case path(Int)
        case header(Mapping.HeaderField)
        case message
        case value(Int)
        case group(Int)
    }

    struct Term {
        var source: Source
        /// What is done to the source's text; `nil` where it is taken as it is.
        var steps: Steps?
    }

    /// A class, since its many arrays are rarely looked at and would be counted at each look.
    final class Steps {
        let absent: [[UInt8]]
        let after: [UInt8]?
        let before: [UInt8]?
        let strip: [UInt8]
        let isLowercased: Bool
        let table: [(key: [UInt8], value: [UInt8])]?
        let times: [TimeForm]
        let fallback: [UInt8]?

        init(_ term: Mapping.Term) {
            absent = term.absent.map { Array($0.utf8) }
            after = term.after.map { Array($0.utf8) }
            before = term.before.map { Array($0.utf8) }
            strip = Array(term.strip.utf8)
            isLowercased = term.isLowercased
            table = term.table.map { $0.map { (Array($0.key.utf8), Array($0.value.utf8)) } }
            times = term.times
            fallback = term.fallback.map { Array($0.utf8) }
        }
    }

    enum Check {
        case isPresent, isAbsent
        case isOneOf([[UInt8]])
        case begins([[UInt8]])
        case matches(RegularExpression)
    }

    struct Test {
        var source: Source
        var check: Check
    }

    struct Assignment {
        /// The key as it stands in the line, with quotes and colon.
        var key: [UInt8]
        var isAttribute: Bool
        /// Whether the number of a JSON line stays one; whether any text of digits becomes one.
        var takesNumbers: Bool
        var takesDigits = false
        /// Longer texts are cut, and what the decoder would not take in them is replaced: what a stranger chooses freely must
        /// not keep an event from being one.
        var cutAt: Int?
        var terms: [Term]
    }

    struct Case {
        var tests: [[Test]]
        /// Whether the tests need what the pattern finds.
        var testsUseGroups: Bool
        var pattern: RegularExpression?
        var assignments: [Assignment]
    }

    let name: String
    let format: Mapping.Format
    let zone: ZoneOffsets
    let recognition: [[Test]]
    let text: Int?
    let values: [[Term]]
    let cases: [Case]
    /// Whether the mapping gives cards, whose numbers must not be kept.
    let hasCards: Bool

    /// - Parameter tree: has the mapping's paths.
    init(_ mapping: Mapping, tree: PathTree) {
        var compiler = Compiler(tree: tree)
        var values: [[Term]] = []
        for value in mapping.values {
            values.append(value.expression.map { compiler.term($0) })
            compiler.values.append(value.name)
        }
        name = mapping.name
        format = mapping.format
        zone = mapping.zone
        self.values = values
        recognition = mapping.recognition.map { $0.map { compiler.test($0) } }
        text = mapping.text.map { compiler.slot($0) }
        cases = mapping.cases.map { compiler.compile($0) }
        hasCards = mapping.cases.contains { $0.assignments.contains { $0.target == .field(LineField.card.name) } }
    }
}

extension Mapping {
    /// Every path that the mapping names.
    var paths: [Path] {
        var sources = values.flatMap(\.expression).map(\.source) + recognition.joined().map(\.source)
        for item in cases {
            sources += item.tests.joined().map(\.source)
            sources += item.assignments.flatMap(\.expression).map(\.source)
        }
        return (text.map { [$0] } ?? [])
            + sources.compactMap { source in
                guard case .path(let path) = source else { return nil }
                return path
            }
    }
}

/// What names and paths stand for, while a mapping is compiled. The mapping has been validated.
private struct Compiler {
    let tree: PathTree
    /// The values so far, by number.
    var values: [String] = []
    /// Of the case at hand.
    private var pattern: RegularExpression?

    init(tree: PathTree) { self.tree = tree }

    func slot(_ path: Mapping.Path) -> Int {
        guard let slot = tree.slot(of: path) else { preconditionFailure("the tree is made of all paths") }
        return slot
    }

    private func source(_ source: Mapping.Source) -> CompiledMapping.Source {
        switch source {
        case .constant(let text): return .constant(Array(text.utf8))
        case .path(let path): return .path(slot(path))
        case .header(let field): return .header(field)
        case .message: return .message
        case .named(let name):
            if let group = pattern?.group(named: name) { return .group(group) }
            if let value = values.firstIndex(of: name) { return .value(value) }
            // A group of another case's pattern: nothing, in this one.
            return .constant([])
        }
    }

    func term(_ term: Mapping.Term) -> CompiledMapping.Term {
        let isPlain = term == Mapping.Term(term.source)
        return CompiledMapping.Term(source: source(term.source), steps: isPlain ? nil : .init(term))
    }

    func test(_ test: Mapping.Test) -> CompiledMapping.Test {
        let check: CompiledMapping.Check =
            switch test.check {
            case .isPresent: .isPresent
            case .isAbsent: .isAbsent
            case .isOneOf(let texts): .isOneOf(texts.map { Array($0.utf8) })
            case .begins(let texts): .begins(texts.map { Array($0.utf8) })
            case .matches(let text): .matches(expression(text))
            }
        return CompiledMapping.Test(source: source(test.source), check: check)
    }

    mutating func compile(_ item: Mapping.Case) -> CompiledMapping.Case {
        pattern = item.pattern.map(expression)
        defer { pattern = nil }
        let tests = item.tests.map { $0.map(test) }
        let usesGroups = tests.joined().contains { test in
            if case .group = test.source { true } else { false }
        }
        // Attributes come last: they stand in an object of their own.
        let assignments = item.assignments.map(assignment)
        return CompiledMapping.Case(
            tests: tests, testsUseGroups: usesGroups, pattern: pattern,
            assignments: assignments.filter { !$0.isAttribute } + assignments.filter(\.isAttribute))
    }

    private func assignment(_ assignment: Mapping.Assignment) -> CompiledMapping.Assignment {
        let terms = assignment.expression.map(term)
        switch assignment.target {
        case .attribute(let name):
            return .init(
                key: Array("\(JSONText.quote(name)):".utf8), isAttribute: true, takesNumbers: true, cutAt: nil,
                terms: terms)
        case .field(let name):
            let field = LineField.allCases.first { $0.name == name }
            let isFree = field == .userAgent || field == .username
            return .init(
                key: Array("\"\(name)\":".utf8), isAttribute: false,
                takesNumbers: field == .time || field == .severity, takesDigits: field == .severity,
                cutAt: isFree ? field?.maximumBytes : nil,
                terms: terms)
        }
    }

    private func expression(_ text: String) -> RegularExpression {
        do {
            return try RegularExpression(text)
        } catch {
            preconditionFailure("a pattern that was validated: \(error.message)")
        }
    }
}
