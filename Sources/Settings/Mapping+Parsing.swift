internal import RegularExpressions
package import RiskModel

extension Mapping {
    /// Reads a mapping from text.
    ///
    /// - Parameter file: the name for messages.
    /// - Throws: all faults of the text.
    package static func parse(yaml: String, file: String) throws(ConfigurationFaults) -> Mapping {
        let log = FaultLog(file: file)
        let mapping = Cursor.root(of: yaml, log: log)?.section { section in
            section.scope = ""
            return read(section, fingerprint: KeyHash(seed: 0).hash(Array(yaml.utf8).span))
        }
        return try log.result(mapping)
    }

    /// Reads a mapping file.
    ///
    /// - Throws: all of its faults.
    package static func load(path: String) throws(ConfigurationFaults) -> Mapping {
        try parse(yaml: try TextFile.read(path), file: path)
    }

    private static func read(_ section: Section, fingerprint: UInt64) -> Mapping? {
        let name = section.required("name", "a name in a to z, 0 to 9 and _")?.identifier()
        let format = section.required("format", "json, text or syslog")?
            .choice([("json", Format.json), ("text", .text), ("syslog", .syslog)])
        let zone = section["timezone"].map { $0.zone() } ?? .utc
        let reader = MappingReader(format: format)
        let text = section["text"]?.path()
        if let format, format != .json, let cursor = section["text"] {
            cursor.note("\"text\" is for format json; in the others patterns search the message; leave it out")
        }
        reader.patternsNeedText = format == .json && text == nil
        let definitions = section["values"]?.section { section in reader.definitions(section) } ?? []
        let cases =
            section.required("events", "a list of cases, each with what makes the event")?
            .items(required: "case") ?? []
        if cases.count > maximumCases { cases[maximumCases].note("more than \(maximumCases) cases; join some") }
        var read = cases.compactMap { cursor in cursor.section { reader.read($0, cursor) } }
        reader.groups = []
        let recognition =
            section.required("when", "what tells these lines from others")
            .map { reader.tests($0) } ?? []
        // The common fields may name groups of any case.
        reader.groups = reader.allGroups
        let common = section["fields"]?.section { reader.assignments($0) } ?? []
        for i in read.indices { read[i].complete(with: common) }
        guard let name, let format, let zone else { return nil }
        return Mapping(
            name: name, format: format, zone: zone, recognition: recognition, text: text, values: definitions,
            cases: read.map(\.value), fingerprint: fingerprint)
    }
}

/// What the parts of a mapping are read with: what is known of it so far.
final class MappingReader {
    /// Stands for the text that patterns search.
    private static let messageName = "message"

    private let format: Mapping.Format?
    /// Names of ``Mapping/values``.
    private var values: [String] = []
    /// Names of the pattern's groups that can be used here.
    var groups: [String] = []
    /// Names of the groups of all patterns so far.
    private(set) var allGroups: [String] = []
    /// A JSON line has no text to search unless the mapping says which.
    var patternsNeedText = false

    init(format: Mapping.Format?) { self.format = format }

    func definitions(_ section: Section) -> [Mapping.Definition] {
        var definitions: [Mapping.Definition] = []
        for (name, cursor) in section.values(prefix: "") {
            if definitions.count == Mapping.maximumValues {
                cursor.note("more than \(Mapping.maximumValues) values; leave some out")
                break
            }
            if !Self.isName(name) || name == Self.messageName {
                cursor.note(
                    "the name of a value is 1 to 32 of a to z, 0 to 9 and _, other than \(Self.messageName), not "
                        + JSONText.quote(name))
                continue
            }
            definitions.append(Mapping.Definition(name: name, expression: expression(cursor)))
            values.append(name)
        }
        return definitions
    }

    private static func isName(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    // MARK: Cases

    /// A case without the fields of the mapping.
    struct ReadCase {
        let cursor: Cursor
        let isIgnored: Bool
        var value: Mapping.Case
    }

    func read(_ section: Section, _ cursor: Cursor) -> ReadCase? {
        section.scope = " in the case"
        let pattern = section["pattern"]
        if patternsNeedText, let pattern {
            pattern.note("\"pattern\" needs \"text\" at the top: the path of the text that it searches")
        }
        let expression = pattern?.pattern()
        groups = expression.flatMap { try? RegularExpression($0).groupNames } ?? []
        allGroups += groups
        let tests = section["when"].map { self.tests($0) } ?? []
        let isIgnored = section["ignore"].map { $0.flag() == true } ?? false
        var own: [Mapping.Assignment] = []
        if isIgnored {
            for key in ["type", "outcome", "fields"] {
                section.refuse(key, "\(JSONText.quote(key)) has no use in a case with \"ignore: true\"; leave one out")
            }
        } else {
            own = section["fields"]?.section { assignments($0) } ?? []
            if let type = section["type"] {
                own.append(.init(target: .field("type"), expression: word(type, EventType.reported.map(\.name))))
            }
            if let outcome = section["outcome"] {
                own.append(.init(target: .field("outcome"), expression: word(outcome, ["success", "failure"])))
            }
        }
        return ReadCase(
            cursor: cursor, isIgnored: isIgnored,
            value: Mapping.Case(tests: tests, pattern: expression, assignments: own))
    }

    /// A word of the native format, or what gives it.
    private func word(_ cursor: Cursor, _ words: [String]) -> Mapping.Expression {
        if cursor.isList || cursor.isMapping { return expression(cursor) }
        return cursor.choice(words.map { ($0, $0) }).map { [Mapping.Term(.constant($0))] } ?? []
    }

    func assignments(_ section: Section) -> [Mapping.Assignment] {
        var assignments: [Mapping.Assignment] = []
        for field in Mapping.fields {
            guard let cursor = section[field] else { continue }
            assignments.append(.init(target: .field(field), expression: expression(cursor)))
        }
        for (name, cursor) in section.values(prefix: Field.attributePrefix) {
            guard (1...64).contains(name.utf8.count) else {
                cursor.note("the name of an attribute has 1 to 64 bytes")
                continue
            }
            assignments.append(.init(target: .attribute(name), expression: expression(cursor)))
            if assignments.count == Mapping.maximumFields {
                cursor.note("more than \(Mapping.maximumFields) fields and attributes; leave some out")
                break
            }
        }
        return assignments
    }

    // MARK: Tests

    /// A mapping of tests that all must hold, or a list of such mappings of which one must.
    func tests(_ cursor: Cursor) -> [[Mapping.Test]] {
        (cursor.isList ? cursor.items(required: "mapping of tests") : [cursor]).map { item in
            item.section { section in
                section.values(prefix: "").compactMap { self.test($0.name, $0.cursor) }
            } ?? []
        }
    }

    private func test(_ name: String, _ cursor: Cursor) -> Mapping.Test? {
        guard let source = source(name, cursor) else { return nil }
        guard cursor.isMapping else { return Mapping.Test(source, .isOneOf(constants(cursor))) }
        return cursor.section { section in
            var checks: [Mapping.Check] = []
            if let present = section["present"]?.flag() { checks.append(present ? .isPresent : .isAbsent) }
            if let begins = section["begins"] { checks.append(.begins(constants(begins))) }
            if let pattern = section["matches"]?.pattern() { checks.append(.matches(pattern)) }
            if checks.count != 1 {
                section.note(
                    "a test is a text, a list of texts, {present: true}, {present: false}, {begins: TEXT} or"
                        + " {matches: PATTERN}")
            }
            return checks.first.map { Mapping.Test(source, $0) }
        }
    }

    private func constants(_ cursor: Cursor) -> [String] {
        let items = cursor.texts()
        if items.count > Mapping.maximumEntries {
            cursor.note("more than \(Mapping.maximumEntries) texts; use {begins: …} or {matches: …}")
        }
        return items.compactMap { $0.text(limit: 512) }
    }

    // MARK: Expressions

    /// A source, a mapping with a source and what is done to it, or a list of such of which the first counts that gives a
    /// text.
    private func expression(_ cursor: Cursor) -> Mapping.Expression {
        guard cursor.isList else { return terms(cursor) }
        let items = cursor.items(required: "source")
        if items.count > Mapping.maximumAlternatives {
            cursor.note("more than \(Mapping.maximumAlternatives) alternatives; leave some out")
        }
        return items.flatMap { terms($0) }
    }

    /// One term for each source under `from`, all with the same steps; the default belongs to the last.
    private func terms(_ cursor: Cursor) -> [Mapping.Term] {
        guard cursor.isMapping else { return source(of: cursor).map { [Mapping.Term($0)] } ?? [] }
        return cursor.section { section in
            if let value = section["value"] {
                return value.text(limit: 512).map { [Mapping.Term(.constant($0))] }
            }
            guard let from = section.required("from", "a path, $name or syslog.NAME; or \"value\" for a constant")
            else {
                return nil
            }
            let sources = (from.isList ? from.items(required: "source") : [from]).compactMap { self.source(of: $0) }
            var terms = sources.map { Mapping.Term($0) }
            let absent = section["absent"].map { self.constants($0) } ?? []
            let after = section["after"]?.text(limit: 64)
            let before = section["before"]?.text(limit: 64)
            let strip = section["strip"]?.text(limit: 64) ?? ""
            let isLowercased = section["lowercase"]?.flag() ?? false
            let table = section["map"]?.section { self.table($0) }
            let times = section["time"].map { $0.texts().compactMap { $0.timeForm() } } ?? []
            if table != nil, !times.isEmpty { section.note("\"map\" and \"time\" cannot both be; leave one out") }
            for i in terms.indices {
                terms[i].absent = absent
                terms[i].after = after
                terms[i].before = before
                terms[i].strip = strip
                terms[i].isLowercased = isLowercased
                terms[i].table = table
                terms[i].times = times
            }
            if let fallback = section["default"]?.text(limit: 512), !terms.isEmpty {
                terms[terms.count - 1].fallback = fallback
            }
            return terms
        } ?? []
    }

    private func table(_ section: Section) -> [String: String] {
        var table: [String: String] = [:]
        for (key, cursor) in section.values(prefix: "") {
            guard let text = cursor.text(limit: 512) else { continue }
            table[key] = text
        }
        if table.count > Mapping.maximumEntries {
            section.note("more than \(Mapping.maximumEntries) entries; leave some out")
        }
        return table
    }

    private func source(of cursor: Cursor) -> Mapping.Source? {
        cursor.text(limit: 512).flatMap { source($0, cursor) }
    }

    /// `$name`, `syslog.NAME`, or a path.
    private func source(_ text: String, _ cursor: Cursor) -> Mapping.Source? {
        if text.hasPrefix("$") {
            let name = String(text.dropFirst())
            if name == Self.messageName { return .message }
            let known = values + groups + [Self.messageName]
            if known.contains(name) { return .named(name) }
            cursor.note(
                "\(JSONText.quote(text)) is no value above and no group of the pattern; "
                    + Suggestion.text(for: name, among: known))
            return nil
        }
        if text.hasPrefix("syslog.") {
            let name = String(text.dropFirst("syslog.".count))
            if let field = Mapping.HeaderField(rawValue: name) { return .header(field) }
            cursor.note(
                "\(JSONText.quote(text)) is no field of the syslog header; "
                    + Suggestion.text(for: name, among: Mapping.HeaderField.allCases.map(\.rawValue)))
            return nil
        }
        if let format, format == .text {
            cursor.note(
                "a line of format \"text\" has no path \(JSONText.quote(text)); give $name, the name of a group of the"
                    + " pattern, or {value: TEXT} for a constant")
            return nil
        }
        return cursor.path(text).map { .path($0) }
    }
}

extension MappingReader.ReadCase {
    /// Adds the fields of the mapping that the case does not give itself, and notes what every event needs and nothing gives.
    mutating func complete(with common: [Mapping.Assignment]) {
        if isIgnored { return }
        let targets = value.assignments.map(\.target)
        value.assignments = common.filter { !targets.contains($0.target) } + value.assignments
        for field in neededFields where expression(field) == nil {
            cursor.note(
                "the event of this case lacks \(JSONText.quote(field)), which it must have; give it here or under"
                    + " \"fields\" at the top")
        }
    }

    private var neededFields: [String] {
        var needed = ["ts", "type"]
        if let type = EventType.reported.first(where: { $0.name == constant("type") }) {
            if type.requiresAddress { needed.append("ip") }
            if type != .login || constant("outcome") == "success" { needed.append("account") }
        }
        return needed
    }

    private func expression(_ field: String) -> Mapping.Expression? {
        value.assignments.first { $0.target == .field(field) }?.expression
    }

    private func constant(_ field: String) -> String? {
        guard let expression = expression(field), expression.count == 1, case .constant(let text) = expression[0].source
        else { return nil }
        return text
    }
}
