import Foundation
import RiskModel
import Testing

@Suite struct PlainTextTests {
    @Test(arguments: [
        ("anna", "anna"), ("ゼロ 幅é", "ゼロ 幅é"), ("\u{1b}[2J\n", #"\u{1b}[2J\u{a}"#), ("a\u{9b}31m", #"a\u{9b}31m"#),
        ("\u{202e}txt\u{200b}", #"\u{202e}txt\u{200b}"#), ("\u{e0041}", #"\u{e0041}"#), ("\u{2028}", #"\u{2028}"#),
    ])
    func `what a terminal obeys, hides or reorders is escaped`(text: String, escaped: String) {
        #expect(PlainText.escaped(text) == escaped)
    }

    @Test func `a line of JSON says the same afterwards`() throws {
        let texts = [
            "\u{202e}txt", "\u{9b}31m \u{7f}", "\u{e0041} tag", "ゼロ\u{200b}幅", #"quote " \ "#, "\u{2066}x\u{2069}",
        ]
        let line = String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
        let escaped = PlainText.escaped(json: line)
        #expect(try JSONDecoder().decode([String].self, from: Data(escaped.utf8)) == texts)
        #expect(escaped.unicodeScalars.allSatisfy { ![.control, .format].contains($0.properties.generalCategory) })
        #expect(escaped.contains(#"\udb40\udc41"#) && escaped.contains(#"\u202e"#) && escaped.contains("幅"))
        #expect(PlainText.escaped(json: #"{"a":"b"}"#) == #"{"a":"b"}"#)
    }
}
