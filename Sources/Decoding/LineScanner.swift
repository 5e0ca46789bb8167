import RiskModel

/// Where a value stands in its line, and of which kind it is.
struct Token: Sendable {
    enum Kind: UInt8, Sendable { case string, escapedString, integer, number, boolean, null, object, array }

    var kind: Kind = .null
    /// The whole value, with the quotes of a string.
    var start: Int32 = 0
    var end: Int32 = 0

    var range: Range<Int> { Int(start)..<Int(end) }
    /// What stands between the quotes of a string.
    var content: Range<Int> { Int(start) + 1..<Int(end) - 1 }
    var position: Int { Int(start) }
}

/// Checks that a line is a JSON object and notes where the known fields' values stand.
///
/// One pass. Of a key that comes twice the last one counts, however it is spelled.
struct LineScanner: Sendable {
    /// Where each value of a `card` field begins, repeated ones too: what a rejection must not keep may stand there.
    private(set) var cardValues: [Int] = []
    private var tokens = InlineArray<23, Token>(repeating: Token())
    /// Bit *f* is set where the field with raw value *f* has a value that is neither null nor the empty string.
    private var present: UInt32 = 0
    private let names = NameTable(LineField.allCases.map { ($0.name, $0) })
    /// The text of a key that was spelled with escapes.
    private var key: [UInt8] = []

    /// The value of a field; `nil` where it is absent, null or an empty string.
    @inline(__always)
    func token(_ field: LineField) -> Token? {
        present >> UInt32(field.rawValue) & 1 == 1 ? tokens[Int(field.rawValue)] : nil
    }

    /// Reads one line; afterwards, ``token(_:)`` answers for it. After a fault only ``cardValues`` is of use.
    mutating func scan(_ line: Span<UInt8>) throws(Fault) {
        present = 0
        cardValues.removeAll(keepingCapacity: true)
        var i = 0
        line.skipWhitespace(&i)
        let start = i
        if i < line.count, line[i] == UInt8(ascii: "{") {
            try scanObject(line, &i)
        } else {
            try line.skipValue(&i, depth: 0)
        }
        line.skipWhitespace(&i)
        guard i == line.count else { throw line.unexpected(at: i) }
        guard line[start] == UInt8(ascii: "{") else { throw Fault(.notAnObject, at: start) }
    }

    @inline(__always)
    private mutating func scanObject(_ line: Span<UInt8>, _ i: inout Int) throws(Fault) {
        i += 1
        line.skipWhitespace(&i)
        if i < line.count, line[i] == UInt8(ascii: "}") {
            i += 1
            return
        }
        while true {
            let start = i
            let isEscaped = try line.skipString(&i)
            let field = field(line, start + 1..<i - 1, isEscaped: isEscaped)
            try line.skipColon(&i)
            if let field {
                if field == .card { cardValues.append(i) }
                note(field, try scanValue(line, &i))
            } else {
                try line.skipValue(&i, depth: 1)
            }
            line.skipWhitespace(&i)
            if i < line.count, line[i] == UInt8(ascii: ",") {
                i += 1
                line.skipWhitespace(&i)
            } else {
                return try line.expect(UInt8(ascii: "}"), &i)
            }
        }
    }

    @inline(__always)
    private mutating func field(_ line: Span<UInt8>, _ range: Range<Int>, isEscaped: Bool) -> LineField? {
        guard isEscaped else { return names.value(of: line, range) }
        key.removeAll(keepingCapacity: true)
        _ = key.append(unescaping: line.extracting(range))
        return names.value(of: key.span, 0..<key.count)
    }

    @inline(__always)
    private mutating func note(_ field: LineField, _ token: Token) {
        let bit = UInt32(1) << UInt32(field.rawValue)
        let isAbsent = token.kind == .null || token.kind == .string && token.end - token.start == 2
        present = isAbsent ? present & ~bit : present | bit
        tokens[Int(field.rawValue)] = token
    }

    @inline(__always)
    private func scanValue(_ line: Span<UInt8>, _ i: inout Int) throws(Fault) -> Token {
        let start = i
        let kind: Token.Kind
        guard i < line.count else { throw line.unexpected(at: i) }
        switch line[i] {
        case UInt8(ascii: "\""): kind = try line.skipString(&i) ? .escapedString : .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            kind = try line.skipNumber(&i) ? .integer : .number
        case UInt8(ascii: "{"):
            try line.skipValue(&i, depth: 1)
            kind = .object
        case UInt8(ascii: "["):
            try line.skipValue(&i, depth: 1)
            kind = .array
        default:
            try line.skipLiteral(&i)
            kind = line[start] == UInt8(ascii: "n") ? .null : .boolean
        }
        return Token(kind: kind, start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: i))
    }
}
