internal import RiskModel
internal import Store

/// A row of the quarantine for people: what is known of it, then its line with a caret under the fault.
///
/// Text is wrapped at the terminal's width; bytes that are not UTF-8 are shown as a hexdump, 16 a row.
struct QuarantineView {
    private let row: QuarantineRow
    private let terminal: Terminal

    init(_ row: QuarantineRow, terminal: Terminal) {
        self.row = row
        self.terminal = terminal
    }

    var lines: [String] {
        let facts = [
            ("seq", "\(row.seq)"), ("source", row.source), ("reason", row.reason), ("field", row.field ?? "none"),
            ("mapping", row.mapping ?? "none"),
            ("position", "\(row.position)"), ("length", length), ("retry", retry),
        ].map { name, text in
            terminal.bold(name + String(repeating: " ", count: 10 - name.count)) + Terminal.printable(text)
        }
        let text = String(validating: row.bytes, as: UTF8.self)
        var lines = facts + [""] + (text.map(wrapped) ?? hexdump)
        if row.position > row.bytes.count { lines.append(terminal.dim("The fault lies behind what is kept.")) }
        return lines
    }

    private var length: String {
        guard let length = row.length else { return "not noted; \(row.bytes.count) bytes are kept" }
        let text = length > Frame.maximumBytes ? "more than \(Frame.maximumBytes) bytes" : "\(length) bytes"
        return text + (length > row.bytes.count ? "; the first \(row.bytes.count) are kept" : "")
    }

    private var retry: String {
        row.isComplete ? "possible" : "not possible: the line was cut off, or a card's number in it masked"
    }

    /// The text in rows of the terminal's width, with the caret below the row that holds the position.
    private func wrapped(_ text: String) -> [String] {
        let width = max(8, terminal.width ?? 100)
        var lines: [String] = []
        var line = ""
        var used = 0
        var offset = 0
        var caret: Int?
        func end() {
            lines.append(line)
            if let column = caret { lines.append(pointer(column, width: 1)) }
            (line, used, caret) = ("", 0, nil)
        }
        for scalar in text.unicodeScalars {
            let shown = Terminal.printable(String(scalar))
            let columns = Terminal.columns(shown)
            if used > 0, used + columns > width { end() }
            let bytes = UTF8.width(scalar)
            if (offset..<offset + bytes).contains(row.position) { caret = used }
            line += shown
            used += columns
            offset += bytes
        }
        // Behind the last byte: more was expected.
        if row.position == offset { caret = used }
        end()
        return lines
    }

    private var hexdump: [String] {
        var lines: [String] = []
        for start in stride(from: 0, to: row.bytes.count, by: 16) {
            let part = row.bytes[start..<min(start + 16, row.bytes.count)]
            let digits = part.map(\.hexadecimal).joined(separator: " ")
            let text = part.map { $0 >= 0x20 && $0 < 0x7f ? Character(Unicode.Scalar($0)) : "." }
            let address = String(start, radix: 16)
            lines.append(
                String(repeating: "0", count: 8 - address.count) + address + "  " + digits
                    + String(repeating: " ", count: 49 - digits.count) + "|" + String(text) + "|")
            if part.indices.contains(row.position) {
                lines.append(pointer(10 + (row.position - start) * 3, width: 2))
            }
        }
        return lines
    }

    private func pointer(_ column: Int, width: Int) -> String {
        String(repeating: " ", count: column) + terminal.bold(String(repeating: "^", count: width))
    }
}
