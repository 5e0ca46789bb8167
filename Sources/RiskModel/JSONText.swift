/// Writing JSON without Foundation.
package enum JSONText {
    /// A JSON string literal (RFC 8259 §7). Also escapes DEL and the C1 controls, which terminals obey.
    package static func quote(_ text: String) -> String {
        var out = ""
        append(text, to: &out)
        return out
    }

    /// Appends the literal of a text.
    package static func append(_ text: String, to out: inout String) {
        out.append("\"")
        if isPlain(text.utf8.span) { out.append(text) } else { appendEscaped(text, to: &out) }
        out.append("\"")
    }

    /// Whether a text stands as it is, like most. C1 controls begin with the byte 0xc2, and the separators of lines with
    /// 0xe2.
    private static func isPlain(_ text: Span<UInt8>) -> Bool {
        for i in text.indices {
            switch text[i] {
            case ..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x7f, 0xc2, 0xe2: return false
            default: continue
            }
        }
        return true
    }

    private static func appendEscaped(_ text: String, to out: inout String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7f}"..<"\u{a0}", "\u{2028}", "\u{2029}":
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
    }
}
