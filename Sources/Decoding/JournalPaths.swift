import RiskModel

/// Where the fields of a journal entry stand in a line of `journalctl -o json` (systemd.journal-fields(7)).
struct JournalPaths: Sendable {
    static let all = [
        "__REALTIME_TIMESTAMP", "MESSAGE", "_HOSTNAME", "SYSLOG_IDENTIFIER", "_COMM", "_PID", "PRIORITY", "__CURSOR",
    ].map { Mapping.Path(keys: [$0]) }

    /// The longest text that stands there as numbers.
    private static let maximumBytes = 16_384

    private let slots: [Int]

    init(_ tree: PathTree) { slots = Self.all.map { tree.slot(of: $0) ?? 0 } }

    /// The entry that a document is; `nil` where it is none.
    func entry(in document: Span<UInt8>, _ tokens: [Token]) -> Envelope.JournalEntry? {
        guard let time = Int64(String(decoding: text(0, document, tokens), as: UTF8.self)),
            (0...Timestamp.latest.microseconds).contains(time), tokens[slots[1]].end > 0
        else { return nil }
        let identifier = text(3, document, tokens)
        return Envelope.JournalEntry(
            message: text(1, document, tokens), microseconds: time, host: text(2, document, tokens),
            app: identifier.isEmpty ? text(4, document, tokens) : identifier, pid: text(5, document, tokens),
            priority: text(6, document, tokens), cursor: text(7, document, tokens))
    }

    /// The text of a field. One that is not all printable stands there as the numbers of its bytes.
    private func text(_ index: Int, _ document: Span<UInt8>, _ tokens: [Token]) -> [UInt8] {
        let token = tokens[slots[index]]
        var text: [UInt8] = []
        switch token.kind {
        case .string: text.append(copying: document.extracting(token.content))
        case .escapedString: _ = text.append(unescaping: document.extracting(token.content))
        case .integer, .number: text.append(copying: document.extracting(token.range))
        case .array:
            for element in document.elements(of: token, limit: Self.maximumBytes) {
                var value = 0
                for i in element.range.prefix(3) where document.isDigit(i) {
                    value = value * 10 + Int(document[i] - UInt8(ascii: "0"))
                }
                text.append(UInt8(truncatingIfNeeded: value))
            }
        default: break
        }
        return text
    }
}
