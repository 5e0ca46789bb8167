internal import Glibc
internal import RegularExpressions
import RiskModel

/// Rewrites lines that are not of the native format, by the mappings in force.
///
/// One for each decoder: it keeps the memory of the line at hand.
struct LineMapper {
    enum Outcome {
        /// No mapping knows the line.
        case unknown
        /// The mapping of this index knows it, and it is not of interest.
        case ignored(Int)
        /// ``output`` is the event in the native format, by the mapping of this index.
        case mapped(Int)
    }

    /// A text in ``scratch``; empty where there is none.
    struct Text {
        var range: Range<Int>
        /// Whether it is a number as JSON spells it.
        var isNumber = false

        static let none = Text(range: 0..<0)
        var isEmpty: Bool { range.isEmpty }
    }

    /// How many elements of an array a test looks at.
    private static let testedElements = 256

    let mappings: [CompiledMapping]
    var tree: PathTree
    private let journal: JournalPaths

    // The line at hand: its envelope; the JSON object, empty where there is none; the message, empty where it is that object.
    var envelope = Envelope()
    private(set) var document: [UInt8] = []
    private(set) var message: [UInt8] = []
    private var hasMessage = false
    private(set) var received = Timestamp.latest
    /// When this was made: stands for the time of receipt of lines that have none, those of files.
    private let made = Timestamp.wallClock

    /// The texts that were made of the line.
    var scratch: [UInt8] = []
    /// The mapping's values, as far as they were asked for.
    var values: [Text?] = []
    /// What patterns search.
    private(set) var searched: [UInt8] = []
    var output: [UInt8] = []

    init(_ mappings: [Mapping]) {
        let tree = PathTree(mappings.flatMap(\.paths) + JournalPaths.all)
        self.mappings = mappings.map { CompiledMapping($0, tree: tree) }
        self.tree = tree
        journal = JournalPaths(tree)
    }

    // MARK: The line

    /// Forgets the line before.
    mutating func begin(received: Timestamp) {
        self.received = received == .latest ? made : received
        envelope.removeAll()
        document.removeAll(keepingCapacity: true)
        message.removeAll(keepingCapacity: true)
        hasMessage = false
    }

    /// Takes a JSON object, which is known to be valid.
    mutating func take(document line: Span<UInt8>) throws(Fault) {
        document.removeAll(keepingCapacity: true)
        document.append(copying: line)
        message.removeAll(keepingCapacity: true)
        hasMessage = false
        try tree.read(line)
    }

    /// Takes a message that is no JSON object.
    mutating func take(message text: Span<UInt8>) {
        message.removeAll(keepingCapacity: true)
        message.append(copying: text)
        hasMessage = true
    }

    /// Makes a message that is an event itself the output.
    mutating func keep(native message: Span<UInt8>) {
        output.removeAll(keepingCapacity: true)
        output.append(copying: message)
    }

    /// Takes the envelope and the message from the document, where that is an entry of the journal.
    mutating func openJournalEntry() -> Bool {
        guard let entry = journal.entry(in: document.span, tree.tokens) else { return false }
        message = entry.message
        hasMessage = true
        envelope.read(entry)
        return true
    }

    // MARK: Mappings

    /// Tries the mappings in their order.
    mutating func map() -> Outcome {
        for index in mappings.indices {
            let mapping = mappings[index]
            switch mapping.format {
            case .json: if document.isEmpty { continue }
            case .text: if !hasMessage { continue }
            case .syslog: if !hasMessage || !envelope.isPresent { continue }
            }
            scratch.removeAll(keepingCapacity: true)
            values.removeAll(keepingCapacity: true)
            for _ in mapping.values { values.append(nil) }
            prepareText(mapping)
            if anyHolds(mapping.recognition, mapping, groups: nil) {
                return run(mapping) ? .mapped(index) : .ignored(index)
            }
        }
        return .unknown
    }

    /// Makes ready what patterns search.
    private mutating func prepareText(_ mapping: CompiledMapping) {
        searched.removeAll(keepingCapacity: true)
        if let slot = mapping.text {
            let token = tree.tokens[slot]
            let document = document
            if token.isString { _ = searched.append(unescaping: document.span.extracting(token.content)) }
        } else {
            searched.append(contentsOf: message)
        }
    }

    /// Writes the event of the first case that holds; `false` where none does, or the line is not of interest.
    private mutating func run(_ mapping: CompiledMapping) -> Bool {
        for item in mapping.cases {
            if !item.testsUseGroups, !anyHolds(item.tests, mapping, groups: nil) { continue }
            if let pattern = item.pattern, !pattern.search(searched.span) { continue }
            if item.testsUseGroups, !anyHolds(item.tests, mapping, groups: item.pattern) { continue }
            if item.assignments.isEmpty { return false }
            write(item, mapping)
            return true
        }
        return false
    }

    // MARK: Tests

    /// Whether all tests of one of the groups hold; there are none to hold where there are no groups.
    private mutating func anyHolds(
        _ tests: [[CompiledMapping.Test]], _ mapping: CompiledMapping, groups: RegularExpression?
    ) -> Bool {
        if tests.isEmpty { return true }
        for all in tests {
            var holds = true
            for test in all where holds { holds = self.holds(test, mapping, groups: groups) }
            if holds { return true }
        }
        return false
    }

    private mutating func holds(
        _ test: CompiledMapping.Test, _ mapping: CompiledMapping, groups: RegularExpression?
    ) -> Bool {
        if case .path(let slot) = test.source, tree.tokens[slot].kind == .array {
            let elements = document.span.elements(of: tree.tokens[slot], limit: Self.testedElements)
            if elements.isEmpty, case .isAbsent = test.check { return true }
            for element in elements where element.kind != .array {
                let start = scratch.count
                let text = append(element)
                let holds = test.check.holds(of: scratch.span.extracting(text.range))
                scratch.removeLast(scratch.count - start)
                if holds { return true }
            }
            return false
        }
        if case .path(let slot) = test.source, tree.tokens[slot].kind == .string {
            return test.check.holds(of: document.span.extracting(tree.tokens[slot].content))
        }
        if case .path(let slot) = test.source, tree.tokens[slot].kind == .object {
            if case .isPresent = test.check { return true }
            return false
        }
        let start = scratch.count
        let text = text(of: test.source, mapping, groups: groups)
        let holds = test.check.holds(of: scratch.span.extracting(text.range))
        // The text of a value is kept for the next who asks for it.
        if case .value = test.source { return holds }
        scratch.removeLast(scratch.count - start)
        return holds
    }

    // MARK: Output

    private mutating func write(_ item: CompiledMapping.Case, _ mapping: CompiledMapping) {
        output.removeAll(keepingCapacity: true)
        output.append(UInt8(ascii: "{"))
        var isInAttributes = false
        for assignment in item.assignments {
            let text = text(of: assignment.terms, mapping, groups: item.pattern)
            if text.isEmpty { continue }
            if assignment.isAttribute, !isInAttributes {
                isInAttributes = true
                writeComma()
                output.append(contentsOf: #""attributes":{"#.utf8)
            } else {
                writeComma()
            }
            output.append(contentsOf: assignment.key)
            let scratch = scratch
            let isNumber = text.isNumber || assignment.takesDigits && text.range.allSatisfy { scratch.span.isDigit($0) }
            if assignment.takesNumbers, isNumber {
                output.append(copying: scratch.span.extracting(text.range))
            } else {
                output.append(quoting: scratch.span.extracting(text.range), cutAt: assignment.cutAt)
            }
        }
        if isInAttributes { output.append(UInt8(ascii: "}")) }
        output.append(UInt8(ascii: "}"))
    }

    private mutating func writeComma() {
        if output.last != UInt8(ascii: "{") { output.append(UInt8(ascii: ",")) }
    }
}

extension CompiledMapping.Check {
    /// Whether it holds of a text; an empty one is absent.
    fileprivate func holds(of text: Span<UInt8>) -> Bool {
        switch self {
        case .isPresent: !text.isEmpty
        case .isAbsent: text.isEmpty
        case .isOneOf(let texts): texts.contains { text.equals($0.span) }
        case .begins(let texts): texts.contains { text.begins(with: $0.span) }
        case .matches(let expression): !text.isEmpty && expression.search(text)
        }
    }
}

extension Timestamp {
    fileprivate static var wallClock: Timestamp {
        var time = timespec()
        // SAFETY: clock_gettime(2) writes to `time` alone.
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

extension Array where Element == UInt8 {
    /// Appends a JSON string that stands for the text.
    ///
    /// - Parameter limit: cuts the text at so many bytes, before a character rather than in it, and replaces U+0000; `nil`
    ///   leaves it as it is.
    mutating func append(quoting text: Span<UInt8>, cutAt limit: Int? = nil) {
        var count = text.count
        if let limit, count > limit {
            count = limit
            while count > 0, text[count] & 0xc0 == 0x80 { count -= 1 }
        }
        append(UInt8(ascii: "\""))
        var start = 0
        for i in 0..<count {
            let byte = text[i]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
            append(copying: text.extracting(start..<i))
            start = i + 1
            if byte >= 0x20 {
                append(UInt8(ascii: "\\"))
                append(byte)
            } else if byte == 0, limit != nil {
                append(contentsOf: "\u{fffd}".utf8)
            } else {
                append(contentsOf: #"\u00"#.utf8)
                append(UInt8(ascii: "0") + byte >> 4)
                append(byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10)
            }
        }
        append(copying: text.extracting(start..<count))
        append(UInt8(ascii: "\""))
    }

}
