import Decoding
import RiskModel
import Testing

/// What a sender can do to make a line costly. The work is read off what the decoder gives back: how far into the line it
/// came, and what it kept.
@Suite struct BoundedWorkTests {
    /// Lines of the greatest length whose fault shows early, each with the byte at which the reading ends.
    @Test(
        arguments: [
            ("brackets without end", "[", "", 64), (#"objects without end"#, #"{"":"#, "", 64 * 4),
            ("brackets behind a string that is cut", #"["","#, "", 64 * 4),
            ("a second value behind the first", #"{} "#, "", 3),
        ])
    func `of a line that goes wrong early the rest is not looked at`(
        what: String, repeated: String, end: String, position: Int
    ) throws {
        let rejection = try #require(decode(filled(with: repeated)).rejections.first)
        #expect(rejection.position == position)
        #expect(rejection.bytes.count == Frame.keptOfOversized)
    }

    /// Values of the greatest length that are sound, as of a field that is not known, of one whose text is kept, and of one
    /// that is read; with the reason for which the field is refused where it is known.
    @Test(
        arguments: [
            ("digits", "1", "\"x\"", nil), ("digits", "1", "\"account\"", .fieldTooLong),
            ("digits", "1", "\"ts\"", .timeOutOfRange), ("an exponent", "1e1", "\"x\"", nil),
            ("an exponent", "1e1", "\"ts\"", .timeOutOfRange), ("a negative exponent", "1e-1", "\"ts\"", nil),
            ("a fraction", "1.1", "\"ts\"", nil), ("zeros", "0.0", "\"ts\"", nil),
            ("letters", "\"a", "\"account\"", .fieldTooLong), ("escapes", "\"\\u0061", "\"account\"", .fieldTooLong),
            ("escapes", "\"\\u0061", "\"ip\"", .invalidValue), ("escapes", "\"\\u0061", "\"type\"", .unknownType),
            ("quotes", "\"\\\"", "\"card\"", .fieldTooLong), ("digits of a card", "\"4", "\"card\"", .fieldTooLong),
            ("pairs", "\"\\ud83d\\ude00", "\"email\"", .fieldTooLong), ("pairs", "\"\\ud83d\\ude00", "\"x\"", nil),
            ("a key of escapes", "\"\\u0061", "", nil),
        ] as [(String, String, String, RejectionReason?)])
    func `a value of the greatest length is read to its end and leaves nothing behind that is longer than its limit`(
        what: String, value: String, key: String, expected: RejectionReason?
    ) throws {
        let isText = value.first == "\""
        let (first, repeated) = split(value)
        let before = #"{"ts":1,"type":"login","account":"a","ip":"::1","# + (key.isEmpty ? "" : key + ":") + first
        let after = (isText ? "\"" : "") + (key.isEmpty ? ":1" : "") + "}"
        let count = (Frame.maximumBytes - before.utf8.count - after.utf8.count) / repeated.utf8.count
        let output = decode(before + String(repeating: repeated, count: count) + after)
        #expect(output.rejections.first?.reason == expected)
        #expect(output.events.count == (expected == nil ? 1 : 0))
        // An event's texts are at most a text of 2,048 and ten of 512 bytes; a rejection's are taken away again.
        #expect(output.text.count <= (expected == nil ? 8_192 : 0))
        let kept = output.rejections.first?.bytes.count ?? 0
        #expect(kept == (expected == nil ? 0 : Frame.keptOfOversized))
    }

    @Test func `of a key that comes ten thousand times the last value alone is kept`() throws {
        let key = #""account":"a","#
        let start = #"{"ts":1,"type":"message","#
        let count = (Frame.maximumBytes - start.utf8.count - 20) / key.utf8.count
        let line = start + String(repeating: key, count: count) + #""account":"last"}"#
        let output = decode(line)
        let event = try #require(output.events.first)
        #expect(output.string(event.account) == "last")
        #expect(output.text == Array("last".utf8))
    }

    @Test func `every card number in a line full of them is masked`() throws {
        let card = #""card":"4111111111111111","#
        let count = (Frame.keptOfOversized - 1) / card.utf8.count
        let rejection = try #require(decode("{" + String(repeating: card, count: count)).rejections.first)
        #expect(rejection.reason == .invalidJSON)
        #expect(!rejection.bytes.contains(UInt8(ascii: "4")))
        #expect(rejection.bytes.count(where: { $0 == UInt8(ascii: "*") }) == 16 * count)
    }

    /// A line of the greatest length.
    private func filled(with repeated: String) -> [UInt8] {
        let copy = Array(repeated.utf8)
        return (0..<Frame.maximumBytes).map { copy[$0 % copy.count] }
    }

    /// The part of a value that stands once, and the part that may be repeated.
    private func split(_ value: String) -> (first: String, repeated: String) {
        if value.first == "\"" { return ("\"", String(value.dropFirst())) }
        return (String(value.dropLast()), String(value.suffix(1)))
    }
}
