internal import RegularExpressions
import RiskModel

// From sources to texts. All texts of a line are appended to one array, and are ranges of it.

extension LineMapper {
    /// What the first of the terms gives that gives something.
    mutating func text(
        of terms: [CompiledMapping.Term], _ mapping: CompiledMapping, groups: RegularExpression?
    ) -> Text {
        for term in terms {
            let text = self.text(of: term, mapping, groups: groups)
            if !text.isEmpty { return text }
        }
        return .none
    }

    private mutating func text(
        of term: CompiledMapping.Term, _ mapping: CompiledMapping, groups: RegularExpression?
    ) -> Text {
        var text = text(of: term.source, mapping, groups: groups)
        guard let steps = term.steps else { return text }
        if !text.isEmpty, steps.absent.contains(where: { scratch.span.extracting(text.range).equals($0.span) }) {
            text = .none
        }
        if !text.isEmpty { text = transformed(text, steps, mapping) }
        if text.isEmpty, let fallback = steps.fallback { text = append(fallback) }
        return text
    }

    /// The steps come in the order in which `docs/mappings.md` tells them.
    private mutating func transformed(_ text: Text, _ steps: CompiledMapping.Steps, _ mapping: CompiledMapping) -> Text
    {
        var range = text.range
        if let after = steps.after, let found = scratch.span.firstRange(of: after.span, in: range) {
            range = found.upperBound..<range.upperBound
        }
        if let before = steps.before, let found = scratch.span.firstRange(of: before.span, in: range) {
            range = range.lowerBound..<found.lowerBound
        }
        while let first = range.first, steps.strip.contains(scratch[first]) {
            range = first + 1..<range.upperBound
        }
        while let last = range.last, steps.strip.contains(scratch[last]) { range = range.lowerBound..<last }
        if steps.isLowercased { range = lowercased(range) }
        if let table = steps.table {
            guard let entry = table.first(where: { scratch.span.extracting(range).equals($0.key.span) }) else {
                return .none
            }
            return append(entry.value)
        }
        if !steps.times.isEmpty {
            for form in steps.times {
                if let time = form.read(scratch.span.extracting(range), in: mapping.zone) { return append(time) }
            }
            // Not read: the decoder says what is wrong with it.
        }
        return Text(range: range, isNumber: range == text.range && text.isNumber && !steps.isLowercased)
    }

    /// A source's text as it is.
    mutating func text(
        of source: CompiledMapping.Source, _ mapping: CompiledMapping, groups: RegularExpression?
    ) -> Text {
        switch source {
        case .constant(let text): return append(text)
        case .path(let slot): return append(tree.tokens[slot])
        case .header(let field): return append(field, mapping.zone)
        case .message: return append(searched)
        case .group(let group):
            guard let range = groups?.range(of: group) else { return .none }
            let start = scratch.count
            scratch.append(contentsOf: searched[range])
            return Text(range: start..<scratch.count)
        case .value(let index):
            if let text = values[index] { return text }
            let text = text(of: mapping.values[index], mapping, groups: nil)
            values[index] = text
            return text
        }
    }

    // MARK: Appending

    /// The text of a value of the document; of an array that of its first element; none where that is an object or null.
    mutating func append(_ token: Token) -> Text {
        let start = scratch.count
        // The array's owner is this mapper too: a second reference lets `scratch` change meanwhile.
        let document = document
        switch token.kind {
        case .string: scratch.append(copying: document.span.extracting(token.content))
        case .escapedString: _ = scratch.append(unescaping: document.span.extracting(token.content))
        case .integer, .number, .boolean:
            scratch.append(copying: document.span.extracting(token.range))
            return Text(range: start..<scratch.count, isNumber: token.kind != .boolean)
        case .array:
            guard let element = document.span.firstElement(of: token), element.kind != .array else { return .none }
            return append(element)
        case .null, .object: break
        }
        return Text(range: start..<scratch.count)
    }

    private mutating func append(_ text: [UInt8]) -> Text {
        let start = scratch.count
        scratch.append(contentsOf: text)
        return Text(range: start..<scratch.count)
    }

    private mutating func append(_ time: Timestamp) -> Text {
        let start = scratch.count
        scratch.append(rfc3339: time)
        return Text(range: start..<scratch.count)
    }

    private mutating func append(_ field: Mapping.HeaderField, _ zone: ZoneOffsets) -> Text {
        switch field {
        case .timestamp:
            switch envelope.time {
            case .none: return .none
            case .text(let range): return append(Array(envelope.texts[range]))
            case .instant(let time): return append(time)
            case .civil(let month, let day, let second):
                let time = Timestamp(nearestTo: received, month: month, day: day, second: second, in: zone)
                return time.map { append($0) } ?? .none
            }
        case .host: return append(Array(envelope.texts[envelope.host]))
        case .app: return append(Array(envelope.texts[envelope.app]))
        case .pid: return append(Array(envelope.texts[envelope.pid]))
        case .id: return append(Array(envelope.texts[envelope.id]))
        case .severity: return envelope.severity.map { append([UInt8(ascii: "0") + $0]) } ?? .none
        case .received: return append(received)
        }
    }

    /// A copy without capitals of ASCII: the text may be a value's, which others see.
    private mutating func lowercased(_ range: Range<Int>) -> Range<Int> {
        let start = scratch.count
        for i in range {
            let byte = scratch[i]
            scratch.append((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte)
        }
        return start..<scratch.count
    }
}

extension Token {
    var isString: Bool { kind == .string || kind == .escapedString }
}

extension Span where Element == UInt8 {
    /// Where the text stands first within the range.
    func firstRange(of text: Span<UInt8>, in range: Range<Int>) -> Range<Int>? {
        var i = range.lowerBound
        while i + text.count <= range.upperBound {
            if extracting(i..<i + text.count).equals(text) { return i..<i + text.count }
            i += 1
        }
        return nil
    }

    /// The first elements of a JSON array that is known to be valid.
    func elements(of array: Token, limit: Int) -> [Token] {
        var elements: [Token] = []
        var i = Int(array.start) + 1
        skipWhitespace(&i)
        while i < Int(array.end) - 1, elements.count < limit {
            let start = i
            guard (try? skipValue(&i, depth: 0)) != nil else { break }
            elements.append(Token(kind: kind(of: start..<i), start: Int32(start), end: Int32(i)))
            skipWhitespace(&i)
            guard i < count, self[i] == UInt8(ascii: ",") else { break }
            i += 1
            skipWhitespace(&i)
        }
        return elements
    }

    func firstElement(of array: Token) -> Token? {
        var i = Int(array.start) + 1
        skipWhitespace(&i)
        let start = i
        guard i < Int(array.end) - 1, (try? skipValue(&i, depth: 0)) != nil else { return nil }
        return Token(kind: kind(of: start..<i), start: Int32(start), end: Int32(i))
    }

    /// The kind of a value that is known to be valid; a string may have escapes.
    private func kind(of range: Range<Int>) -> Token.Kind {
        switch self[range.lowerBound] {
        case UInt8(ascii: "\""): .escapedString
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "n"): .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        default: .number
        }
    }
}
