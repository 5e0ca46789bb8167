internal import Glibc
internal import RiskModel

/// What stands behind standard output, and text that is safe to send there.
struct Terminal {
    let isTerminal: Bool
    /// On a terminal, unless `NO_COLOR` is set and not empty (<https://no-color.org>) or `TERM` is `dumb`.
    let hasColour: Bool
    /// Columns; `nil` where it is no terminal.
    let width: Int?

    init(descriptor: Int32 = STDOUT_FILENO) {
        isTerminal = isatty(descriptor) == 1
        var size = winsize()
        // SAFETY: the kernel fills one winsize.
        let known = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        width = isTerminal ? (known ? Int(size.ws_col) : 80) : nil
        hasColour =
            isTerminal && (Self.variable("NO_COLOR") ?? "").isEmpty && Self.variable("TERM") != "dumb"
    }

    /// The value of an environment variable, or `nil`.
    static func variable(_ name: String) -> String? {
        // SAFETY: nothing in this process changes its environment; the text is copied.
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// Writes a message to standard error, each of its lines under the program's name.
    static func complain(_ message: String) {
        let lines = message.split(separator: "\n").map { "banrisk: \(printable(String($0)))\n" }
        let bytes = Array(lines.joined().utf8)
        // SAFETY: the span's bytes are read during the call. There is nobody to tell of a failure.
        _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Colours a level's name by how much it matters.
    func level(_ name: String, text: String? = nil) -> String {
        let colour =
            switch name {
            case Level.ban.name: "1;31"
            case Level.review.name: "33"
            case Level.watch.name: "36"
            default: ""
            }
        return paint(text ?? name, colour)
    }

    func bold(_ text: String) -> String { paint(text, "1") }
    func dim(_ text: String) -> String { paint(text, "2") }

    /// Wraps in a Select Graphic Rendition sequence (ECMA-48 §8.3.117).
    private func paint(_ text: String, _ code: String) -> String {
        hasColour && !code.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }

    /// `text` with everything that a terminal would obey, hide or reorder escaped: account names come from strangers.
    static func printable(_ text: String) -> String { PlainText.escaped(text) }

    /// How many columns a printable text takes.
    static func columns(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + columns($1) } }

    /// The beginning of a printable text that fits, with an ellipsis where something was cut.
    static func truncated(_ text: String, to width: Int) -> String {
        guard columns(text) > width else { return text }
        var out = ""
        var used = 1
        for scalar in text.unicodeScalars {
            used += columns(scalar)
            if used > width { break }
            out.unicodeScalars.append(scalar)
        }
        return width > 0 ? out + "…" : ""
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        // The blocks that are wide throughout (Unicode Standard Annex 11, classes W and F).
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff,
            0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff,
            0x1f900...0x1faff, 0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }
}
