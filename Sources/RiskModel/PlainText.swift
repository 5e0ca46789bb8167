/// Texts of strangers, made safe to be looked at.
package enum PlainText {
    /// `text` with everything that a terminal would obey, hide or reorder written as `\u{…}`.
    ///
    /// Controls (C0, DEL, C1), format characters (bidirectional overrides, zero-width characters, tags), line and paragraph
    /// separators and unassigned code points are escaped.
    package static func escaped(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
        var out = ""
        for scalar in text.unicodeScalars {
            if isPrintable(scalar) {
                out.unicodeScalars.append(scalar)
            } else {
                out += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return out
    }

    /// A line of JSON that says the same with the same kinds of characters beyond ASCII written as `\uXXXX` (RFC 8259 §7), which
    /// stand in its strings alone. Controls below that, such as what sets a colour, stay: no string of JSON has them.
    package static func escaped(json line: String) -> String {
        if line.utf8.allSatisfy({ $0 < 0x7f }) { return line }
        var out = ""
        for scalar in line.unicodeScalars {
            if scalar.value < 0x7f || isPrintable(scalar) {
                out.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let hex = String(unit, radix: 16)
                    out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }
            }
        }
        return out
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate: false
        default: true
        }
    }
}
