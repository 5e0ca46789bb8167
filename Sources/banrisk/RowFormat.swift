internal import RiskModel
internal import Store

/// How `banrisk export` writes rows.
enum RowFormat {
    /// - Parameter safeCells: whether no text may be taken for a formula by a spreadsheet.
    case csv(safeCells: Bool)
    case ndjson

    /// Appends what stands before the first row.
    func appendHeader(_ columns: [String], to bytes: inout [UInt8]) {
        if case .csv = self { appendRecord(columns.map { .text($0) }, safeCells: false, to: &bytes) }
    }

    /// Appends one row with its end of line.
    func appendRow(_ values: [StoredValue], _ columns: [String], to bytes: inout [UInt8]) {
        switch self {
        case .csv(let safeCells): appendRecord(values, safeCells: safeCells, to: &bytes)
        case .ndjson: appendObject(values, columns, to: &bytes)
        }
    }

    /// A record by RFC 4180. What it leaves open is done as PostgreSQL's COPY does: NULL is an empty field, and an empty
    /// text is quoted, so that the two can be told apart.
    private func appendRecord(_ values: [StoredValue], safeCells: Bool, to bytes: inout [UInt8]) {
        for (place, value) in values.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            switch value {
            case .null: break
            case .integer(let number): bytes.append(contentsOf: "\(number)".utf8)
            case .real(let number): bytes.append(contentsOf: "\(number)".utf8)
            case .blob(let blob): bytes.append(contentsOf: blob.map(\.hexadecimal).joined().utf8)
            case .text(let text): appendField(safeCells && text.opensFormula ? "'" + text : text, to: &bytes)
            }
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    private func appendField(_ text: String, to bytes: inout [UInt8]) {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: ",") }
        if isPlain { return bytes.append(contentsOf: text.utf8) }
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A JSON object (RFC 8259). Its texts are the columns' texts, also where these hold JSON themselves.
    private func appendObject(_ values: [StoredValue], _ columns: [String], to bytes: inout [UInt8]) {
        var separator = "{"
        for (column, value) in zip(columns, values) {
            bytes.append(contentsOf: separator.utf8)
            bytes.append(contentsOf: JSONText.quote(column).utf8)
            bytes.append(UInt8(ascii: ":"))
            let text =
                switch value {
                case .null: "null"
                case .integer(let number): "\(number)"
                // JSON has no infinity.
                case .real(let number): number.isFinite ? "\(number)" : "null"
                case .text(let text): JSONText.quote(text)
                case .blob(let blob): JSONText.quote(blob.map(\.hexadecimal).joined())
                }
            bytes.append(contentsOf: text.utf8)
            separator = ","
        }
        bytes.append(contentsOf: "}\n".utf8)
    }
}

extension String {
    /// Whether a spreadsheet may take the text for a formula, by its first character
    /// (<https://owasp.org/www-community/attacks/CSV_Injection>); the wide forms count in some languages' editions.
    fileprivate var opensFormula: Bool {
        guard let first = unicodeScalars.first else { return false }
        return "=+-@\t\r\n＝＋－＠".unicodeScalars.contains(first)
    }
}
