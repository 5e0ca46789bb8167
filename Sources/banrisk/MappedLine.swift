import Decoding
import RiskModel

/// What became of one line.
struct MappedLine {
    enum Kind { case event, ignored, refused }

    let kind: Kind
    /// The mapping that knew the line; `nil` where it was native, or none did.
    let mapping: String?
    /// The event in the native format, or the reason for which there is none.
    private let content: String
    private let field: String
    private let position: Int

    init(of line: [UInt8], _ frame: Frame, _ decoder: inout EventDecoder) {
        var text: [UInt8] = []
        var (field, position) = ("", 0)
        switch decoder.read(frame, line.span, text: &text) {
        case .native:
            (kind, mapping, content) = (.event, nil, String(decoding: line, as: UTF8.self))
        case .wrapped:
            (kind, mapping, content) = (.event, nil, String(decoding: decoder.nativeLine, as: UTF8.self))
        case .mapped(_, let name):
            (kind, mapping, content) = (.event, name, String(decoding: decoder.nativeLine, as: UTF8.self))
        case .ignored(let name):
            (kind, mapping, content) = (.ignored, name, "not of interest")
        case .refused(let rejection):
            (field, position) = (rejection.field, rejection.position)
            let name = rejection.mapping.isEmpty ? nil : rejection.mapping
            (kind, mapping, content) = (.refused, name, rejection.reason.rawValue)
        }
        self.field = field
        self.position = position
    }

    func text(_ line: UInt64) -> String {
        var text = "\(line)\t\(mapping ?? (kind == .event ? "native" : "-"))\t"
        switch kind {
        case .event, .ignored: text += Terminal.printable(content)
        case .refused:
            text += "not understood: \(content)"
            if !field.isEmpty { text += " \(field)" }
            if mapping == nil { text += ", at byte \(position)" }
        }
        return text
    }

    func object(_ line: UInt64) -> JSONObject {
        var object = JSONObject()
        object.add("line", Int(line))
        object.add("mapping", mapping)
        switch kind {
        case .event: object.add("event", json: content)
        case .ignored: object.add("ignored", true)
        case .refused:
            object.add("reason", content)
            object.add("field", field.isEmpty ? nil : field)
            if mapping == nil { object.add("position", position) }
        }
        return object
    }
}

/// What became of all lines.
struct MappingSummary {
    private var lines = 0
    /// Events by mapping; those of the native format under `native`.
    private var events: [String: Int] = [:]
    private var ignored = 0
    private(set) var refused = 0

    init() {}

    mutating func add(_ line: MappedLine) {
        lines += 1
        switch line.kind {
        case .event: events[line.mapping ?? "native", default: 0] += 1
        case .ignored: ignored += 1
        case .refused: refused += 1
        }
    }

    private var byName: [(key: String, value: Int)] { events.sorted { $0.key < $1.key } }

    var text: String {
        let events = byName.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let count = byName.reduce(0) { $0 + $1.value }
        return "\(lines) lines: \(count) events" + (events.isEmpty ? "" : " (\(events))")
            + ", \(ignored) not of interest, \(refused) not understood"
    }

    var object: JSONObject {
        var object = JSONObject()
        object.add("lines", lines)
        var counts = JSONObject()
        for (name, count) in byName { counts.add(name, count) }
        object.add("events", json: counts.text)
        object.add("ignored", ignored)
        object.add("refused", refused)
        return object
    }
}
