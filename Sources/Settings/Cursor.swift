import RiskModel
import Yams

/// One value of a document, with its name and its place. Each reading either gives the value or notes what would be right.
struct Cursor {
    /// What the value is called in messages: the key that it stands under, in quotes.
    let label: String
    private let node: Node
    private let document: Document
    let log: FaultLog

    private init(label: String, node: Node, document: Document, log: FaultLog) {
        self.label = label
        self.node = node
        self.document = document
        self.log = log
    }

    /// The whole of a text; `nil` where it is not YAML.
    static func root(of yaml: String, log: FaultLog) -> Cursor? {
        Document(yaml: yaml, log: log).map { Cursor(label: "the file", node: $0.root, document: $0, log: log) }
    }

    var position: Position? { node.mark.map(Position.init) }

    func note(_ message: String) { log.note(message, at: position) }

    // MARK: Scalars

    /// A text on one line, of 1 to `limit` UTF-8 bytes.
    func text(limit: Int = 4096) -> String? {
        guard let text = scalar else { return expected("a text") }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            return expected("one line without control characters")
        }
        return text.utf8.count <= limit ? text : expected("at most \(limit) bytes")
    }

    /// A name in the style of the tables: a letter, then letters, digits and underscores.
    func identifier() -> String? {
        let first: ClosedRange<Character> = "a"..."z"
        guard let text = scalar, text.utf8.count <= 64, first.contains(text[text.startIndex]),
            text.allSatisfy({ first.contains($0) || ("0"..."9").contains($0) || $0 == "_" })
        else { return expected("1 to 64 of a to z, 0 to 9 and _, a letter first") }
        return text
    }

    /// A truth value; `other` is what may stand there besides, for the message.
    func flag(or other: String? = nil) -> Bool? {
        switch plain {
        case "true": true
        case "false": false
        default: expected(other.map { "true, false or \($0)" } ?? "true or false")
        }
    }

    func number(in range: ClosedRange<Double>) -> Double? {
        guard let text = plain, text.allSatisfy({ "0123456789+-.eE".contains($0) }), let value = Double(text) else {
            return expected("a number from \(range.lowerBound.short) to \(range.upperBound.short)")
        }
        return range.contains(value)
            ? value : expected("from \(range.lowerBound.short) to \(range.upperBound.short)")
    }

    func quantity(_ system: UnitSystem, in range: ClosedRange<Int>) -> Int? {
        guard let value = scalar.flatMap(system.parse) else { return expected(system.form) }
        return range.contains(value)
            ? value : expected("from \(system.format(range.lowerBound)) to \(system.format(range.upperBound))")
    }

    func interval(in range: ClosedRange<Interval>) -> Interval? {
        quantity(.durations, in: Int(range.lowerBound.microseconds)...Int(range.upperBound.microseconds))
            .map { Interval(microseconds: Int64($0)) }
    }

    /// One of a closed list of words.
    func choice<Value>(_ options: [(name: String, value: Value)]) -> Value? {
        let names = options.map(\.name)
        guard let text = scalar else { return expected("one of " + names.joined(separator: ", ")) }
        if let option = options.first(where: { $0.name == text }) { return option.value }
        note("\(label) cannot be \(JSONText.quote(text)); " + Suggestion.text(for: text, among: names))
        return nil
    }

    // MARK: Collections

    /// The items of a list; none where there is nothing after the key. `required` says what at least one must be.
    func items(required: String? = nil) -> [Cursor] {
        guard let sequence = isEmpty ? [] : node.sequence else { return expected("a list, such as [a, b]") ?? [] }
        if sequence.isEmpty, let required { note("\(label) is empty; give at least one \(required)") }
        return sequence.map { Cursor(label: "an item of \(label)", node: $0, document: document, log: log) }
    }

    /// The choices of a list, or the one that stands there without a list; at least one.
    func choices<Value>(_ options: [(name: String, value: Value)]) -> [Value] {
        guard isList else { return choice(options).map { [$0] } ?? [] }
        return items(required: "of " + options.map(\.name).joined(separator: ", ")).compactMap { $0.choice(options) }
    }

    /// Reads a mapping, and then notes each of its keys that `read` did not ask for.
    func section<Value>(_ read: (Section) -> Value?) -> Value? {
        guard node.mapping != nil || isEmpty else { return expected("a mapping of keys to values") }
        let section = Section(self, entries: entries())
        let value = read(section)
        section.noteUnknownKeys()
        return value
    }

    private func entries() -> [Section.Entry] {
        (node.mapping ?? [:]).compactMap { key, value in
            let position = key.mark.map(Position.init)
            guard let name = key.scalar?.string else {
                log.note("a key must be one word", at: position)
                return nil
            }
            if document.isMasked(name) { return nil }
            return (name, position, Cursor(label: JSONText.quote(name), node: value, document: document, log: log))
        }
    }

    var isList: Bool { node.sequence != nil }
    var isMapping: Bool { node.mapping != nil }

    /// Nothing stands after the key, or `null`.
    private var isEmpty: Bool {
        guard let scalar = node.scalar else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    /// Notes that the value is not what it must be.
    func expected<Value>(_ what: String) -> Value? {
        note("\(label) must be \(what), not \(found)")
        return nil
    }

    /// The text of a scalar that is not empty.
    var scalar: String? {
        guard !isEmpty, let text = node.scalar?.string, !text.isEmpty else { return nil }
        return text
    }

    /// The text of a scalar without quotes: only such are numbers and truth values.
    private var plain: String? {
        node.scalar?.style == .plain ? scalar : nil
    }

    private var found: String {
        switch node {
        case .mapping: return "a mapping"
        case .sequence: return "a list"
        case .scalar, .alias:
            guard let text = scalar else { return "empty" }
            let quoted = JSONText.quote(text.count > 40 ? text.prefix(40) + "…" : text)
            return plain != nil ? quoted : "the text \(quoted)"
        }
    }
}

extension Double {
    /// At most two decimals, and none where there are none to show: `-4`, `2.5`, `6.19`.
    var short: String {
        let text = String((self * 100).rounded() / 100)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
