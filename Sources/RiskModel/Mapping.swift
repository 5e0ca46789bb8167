/// What makes events of lines that are not of the native format: a mapping file, as read. `docs/mappings.md` explains it.
package struct Mapping: Sendable, Hashable {
    /// The most mappings that are in force together, and what one of them can have.
    package static let maximumCount = 32
    package static let maximumCases = 64
    package static let maximumValues = 32
    package static let maximumFields = 64
    package static let maximumAlternatives = 16
    package static let maximumEntries = 256
    package static let maximumDepth = 16

    package enum Format: Sendable, Hashable {
        /// A JSON object, with or without a syslog header.
        case json
        /// What is not JSON, with or without a syslog header.
        case text
        /// The message behind a syslog header, or of an entry of systemd's journal.
        case syslog
    }

    package var name: String
    package var format: Format
    /// Of times that name no zone themselves.
    package var zone: ZoneOffsets
    /// The mapping is for lines for which all tests of one of these hold.
    package var recognition: [[Test]]
    /// Of a JSON object: the text that patterns search.
    package var text: Path?
    /// What tests and fields call `$name`; each can use those before it.
    package var values: [Definition]
    /// The first that holds makes the event; where none does, the line is not of interest.
    package var cases: [Case]
    /// Differs where the file's text differs.
    package var fingerprint: UInt64

    package init(
        name: String, format: Format, zone: ZoneOffsets, recognition: [[Test]], text: Path?, values: [Definition],
        cases: [Case], fingerprint: UInt64
    ) {
        self.name = name
        self.format = format
        self.zone = zone
        self.recognition = recognition
        self.text = text
        self.values = values
        self.cases = cases
        self.fingerprint = fingerprint
    }
}

extension Mapping {
    /// The keys that lead to a value in nested objects; of an array, the number of an element from 0.
    package struct Path: Sendable, Hashable {
        package var keys: [String]
        package init(keys: [String]) { self.keys = keys }
    }

    /// What the envelope of a line says: its syslog header, or the journal's own fields.
    package enum HeaderField: String, Sendable, Hashable, CaseIterable {
        case timestamp, host, app, pid, severity
        /// The journal's name for the entry.
        case id
        /// When the daemon received the line.
        case received
    }

    package enum Source: Sendable, Hashable {
        case constant(String)
        case path(Path)
        case header(HeaderField)
        /// The text that patterns search.
        case message
        /// A value of the mapping, or a group of the case's pattern.
        case named(String)
    }

    /// One way to a text: a source, and what is done to it, in the order of the properties.
    package struct Term: Sendable, Hashable {
        package var source: Source
        /// Texts that stand for nothing.
        package var absent: [String] = []
        /// What follows the first such text; what stands before the first such text. Without it, the text as it is.
        package var after: String?
        package var before: String?
        /// Characters that are taken away at both ends.
        package var strip: String = ""
        package var isLowercased = false
        /// The text stands for another; one that is not in the table is absent.
        package var table: [String: String]?
        /// The text is a time in the first of these forms that fits.
        package var times: [TimeForm] = []
        /// Stands for a text that is absent.
        package var fallback: String?

        package init(_ source: Source) { self.source = source }
    }

    /// The first of several terms that gives a text.
    package typealias Expression = [Term]

    package struct Definition: Sendable, Hashable {
        package var name: String
        package var expression: Expression

        package init(name: String, expression: Expression) {
            self.name = name
            self.expression = expression
        }
    }

    package enum Check: Sendable, Hashable {
        case isPresent, isAbsent
        case isOneOf([String])
        case begins([String])
        case matches(String)
    }

    /// What must hold of a source; of an array, of one of its elements.
    package struct Test: Sendable, Hashable {
        package var source: Source
        package var check: Check

        package init(_ source: Source, _ check: Check) {
            self.source = source
            self.check = check
        }
    }

    /// Where a text goes in the event.
    package enum Target: Sendable, Hashable {
        /// One of ``fields``.
        case field(String)
        case attribute(String)
    }

    package struct Assignment: Sendable, Hashable {
        package var target: Target
        package var expression: Expression

        package init(target: Target, expression: Expression) {
            self.target = target
            self.expression = expression
        }
    }

    package struct Case: Sendable, Hashable {
        /// All tests of one of these must hold; empty: there are no tests.
        package var tests: [[Test]]
        /// The text must match.
        package var pattern: String?
        /// Everything that the event has, those of the mapping included; empty where the line is not of interest.
        package var assignments: [Assignment]

        package init(tests: [[Test]], pattern: String?, assignments: [Assignment]) {
            self.tests = tests
            self.pattern = pattern
            self.assignments = assignments
        }
    }

    /// The fields of an event that a mapping can give, beside its attributes; those of `docs/events.md`.
    package static let fields = [
        "ts", "type", "outcome", "account", "ip", "id", "device", "user_agent", "session", "username", "email", "phone",
        "card", "card_country", "card_bin", "api_key", "language", "severity",
    ]
}
