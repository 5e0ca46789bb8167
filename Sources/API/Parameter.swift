internal import RiskModel

/// A parameter of a route: what it may be is checked before the endpoint is called, and told in the OpenAPI document.
struct Parameter: Sendable {
    enum Place: String, Sendable { case path, query }

    enum Form: Sendable {
        /// UTF-8 without NUL, which SQLite would take for the end.
        case text(maximumBytes: Int)
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case choice([String])
        case flag
        /// A span before the latest event, or a time by RFC 3339.
        case since
        /// From the `next` of an answer.
        case cursor
    }

    var name: String
    var place: Place
    var form: Form
    var summary: String
    /// What holds without it, as text.
    var standard: String?

    static func path(_ name: String, _ form: Form, _ summary: String) -> Parameter {
        Parameter(name: name, place: .path, form: form, summary: summary)
    }

    static func query(_ name: String, _ form: Form, _ summary: String, standard: String? = nil) -> Parameter {
        Parameter(name: name, place: .query, form: form, summary: summary, standard: standard)
    }

    /// Why the text cannot be the parameter's value; `nil` where it can.
    func fault(in text: String) -> String? {
        switch form {
        case .text(let bytes):
            return (1...bytes).contains(text.utf8.count) && !text.utf8.contains(0)
                ? nil : "1 to \(bytes) bytes of UTF-8 without NUL"
        case .integer(let range):
            return Self.integer(text).map(range.contains) == true
                ? nil : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range):
            return Self.number(text).map(range.contains) == true
                ? nil : "a number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): return words.contains(text) ? nil : "one of " + words.joined(separator: ", ")
        case .flag: return text == "true" || text == "false" ? nil : "true or false"
        case .since:
            return SinceArgument(argument: text) != nil
                ? nil : "a span such as 1h or 7d before the latest event, or a time by RFC 3339"
        case .cursor: return (1...4_096).contains(text.utf8.count) ? nil : "what stood in the next of an answer"
        }
    }

    /// Digits, perhaps behind a minus: nothing else that `Int` would take.
    static func integer(_ text: String) -> Int? {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard (1...19).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// A decimal fraction: no exponents, no names.
    static func number(_ text: String) -> Double? {
        let bytes = text.utf8
        guard (1...32).contains(bytes.count), bytes.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }),
            bytes.first != 0x2e, bytes.last != 0x2e
        else { return nil }
        return Double(text)
    }

    /// The parameter's JSON Schema.
    var schema: JSONObject {
        var schema = JSONObject()
        switch form {
        case .text(let bytes):
            schema.add("type", "string")
            schema.add("minLength", 1)
            // Bytes, not characters: what is longer than this is refused in any case.
            schema.add("maxLength", bytes)
        case .integer(let range):
            schema.add("type", "integer")
            schema.add("minimum", range.lowerBound)
            schema.add("maximum", range.upperBound)
            if let standard { schema.add("default", json: standard) }
        case .number(let range):
            schema.add("type", "number")
            schema.add("minimum", range.lowerBound)
            schema.add("maximum", range.upperBound)
        case .choice(let words):
            schema.add("type", "string")
            schema.add("enum", json: "[" + words.map(JSONText.quote).joined(separator: ",") + "]")
            if let standard { schema.add("default", standard) }
        case .flag:
            schema.add("type", "boolean")
            schema.add("default", false)
        case .since:
            schema.add("type", "string")
            schema.add(
                "pattern",
                #"^(\d{1,7}[smhd]|\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d))?)$"#)
        case .cursor:
            schema.add("type", "string")
            schema.add("maxLength", 4_096)
        }
        return schema
    }

    /// The limit of a list, 100 unless said otherwise.
    static let limit = query("limit", .integer(1...1_000), "At most so many.", standard: "100")
    static let after = query("after", .cursor, "Goes on behind the page whose `next` named it.")
    static let level = query("level", .choice(Level.allCases.map(\.name)), "This level and above.")
    static let since = query("since", .since, "From this event time on: `1h` before the latest event, or RFC 3339.")
    static let rule = query("rule", .text(maximumBytes: 128), "Only what this rule is part of.")
    static let account = query("account", .text(maximumBytes: 512), "Only of this account.")
}
