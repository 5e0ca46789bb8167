import Decoding
import Foundation
import RiskModel
import TestSupport
import Testing

/// What is JSON and what is not, by RFC 8259 and RFC 3629. `x` is a field that the decoder does not know.
@Suite struct JSONGrammarTests {
    @Test(arguments: [
        "0", "-0", "10", "-1.5", "0.0", "1e5", "1E+5", "1.25e-7", "123456789012345678901234567890", "0e0",
        "true", "false", "null", #""""#, "[]", "{}", "[ ]", "{ }", "[1,[2,{\"a\":[]}]]", #"{"":{"":[null]}}"#,
        #"[{"a":1},[2],{"b":[]}]"#,
        #""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00\u0000""#, "\"\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}\"",
        "[\t1\r\n,\n2 ]", #"{"a" : 1 , "b":2}"#, #"{"a":1,"a":2}"#,
    ])
    func `a valid value of an unknown field is ignored`(_ value: String) {
        #expect(reason(login("\"x\":\(value)")) == nil)
        #expect(reason(login("\"x\": \(value) ")) == nil)
        #expect(reason(login("\"x\":[\(value)]")) == nil)
    }

    /// Each value with how many of its bytes stand before the fault.
    @Test(arguments: [
        ("01", 1), ("-", 1), ("-a", 1), ("+1", 0), (".5", 0), ("1.", 2), ("1.e5", 2), ("1e", 2), ("1e+", 3),
        ("1.5.5", 3),
        ("0x10", 1), ("--1", 1), ("1 2", 2), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("nul", 3), ("nulL", 3),
        ("truee", 4), ("True", 0), ("undefined", 0), ("'a'", 0), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[1;2]", 2),
        (#"{"a":1,}"#, 7), (#"{a:1}"#, 1), (#"{"a"}"#, 4), (#"{"a" 1}"#, 5), (#"{"a":}"#, 5), (#"{1:2}"#, 1),
        (#"{"a":1 "b":2}"#, 7), ("[1}", 2), (#"{"a":1]"#, 6), ("]", 0), (",", 0), ("", 0), ("/**/1", 0),
        ("\"\u{1}\"", 1), ("\"tab\there\"", 4), ("\"\u{1f}\"", 1), ("\"12345678901\n\"", 12), ("\u{b}1", 0),
        ("\u{a0}1", 0),
        (#""\x""#, 2), (#""\'""#, 2), (#""\u12g4""#, 5), (#""\u123""#, 6), (#""\U0041""#, 2),
        (#""\ud800""#, 1), (#""\udc00""#, 1), (#""\ud800\ud800""#, 1), (#""\ud800\u0041""#, 1), (#""ab\ud800cd""#, 3),
        (#""\udc00\ud800""#, 1),
    ])
    func `what the grammar does not allow is refused where it begins`(_ value: String, before: Int) throws {
        for (prefix, suffix) in [("\"x\":", "}"), ("\"x\":[[],", "]}")] {
            let start = login(prefix).utf8.count - 1
            let rejection = try #require(decode(login(prefix).dropLast() + value + suffix).rejections.first)
            #expect(rejection.reason == .invalidJSON)
            #expect(rejection.position == start + before)
            #expect(rejection.field == "")
        }
    }

    @Test(arguments: [
        ("", 0), (" ", 1), ("{", 1), (#"{"x":"abc"#, 9), (#"{"x":"abc\"#, 10), (#"{"x":[1"#, 7), (#"{"x":1"#, 6),
        ("{}}", 2),
        ("{} {}", 3), ("{},", 2), ("\u{feff}{}", 0), ("{,}", 1), ("tru", 3), (#"{"x":1,"#, 7), (#"{"x""#, 4), ("[", 1),
    ])
    func `a line that is cut, or has more than one value, is refused`(_ line: String, position: Int) throws {
        let rejection = try #require(decode(line).rejections.first)
        #expect(rejection.reason == .invalidJSON)
        #expect(rejection.position == position)
    }

    @Test(arguments: ["[]", "1", " \"{}\"", "null", "true ", "[{\"ts\":1}]"])
    func `a value that is no object is refused as such`(_ line: String) throws {
        let rejection = try #require(decode(line).rejections.first)
        #expect(rejection.reason == .notAnObject)
        #expect(rejection.position == (line.first == " " ? 1 : 0))
    }

    @Test(
        arguments: [
            [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x28], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
            [0xe2, 0x82], [0xe2, 0x28, 0xa1], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80, 0x80],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x9f, 0x98], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xfe],
            [0xff],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused anywhere in the line`(_ bytes: [UInt8]) {
        let places: [(before: String, after: String)] = [
            (#"{"x":"long enough for a word"#, #""}"#), (#"{"x":""#, #""}"#), (#"{""#, #"":1}"#),
            (#"{"x":[{"y":""#, #""}]}"#),
            (#"{"x":"#, "}"), ("{", "}"), ("", ""), ("{}", ""), (#"{"x":""#, ""),
        ]
        for place in places {
            let rejection = decode(Array(place.before.utf8) + bytes + Array(place.after.utf8)).rejections.first
            #expect(rejection?.reason == .invalidUTF8)
            #expect(rejection?.position == place.before.utf8.count)
        }
    }

    @Test(arguments: [("[", "", "]"), (#"{"a":"#, "0", "}")])
    func `64 levels are allowed and the 65th is refused`(_ open: String, _ core: String, _ close: String) throws {
        // The event is the first level.
        func nested(_ levels: Int) -> String {
            let (opened, closed) = (
                String(repeating: open, count: levels - 1), String(repeating: close, count: levels - 1)
            )
            return login("\"x\":" + opened + core + closed)
        }
        #expect(reason(nested(64)) == nil)
        let rejection = try #require(decode(nested(65)).rejections.first)
        #expect(rejection.reason == .nestedTooDeep)
        #expect(rejection.position == login("\"x\":").utf8.count - 1 + 63 * open.utf8.count)
        #expect(reason(String(repeating: open, count: 10_000)) == .nestedTooDeep)
    }

    @Test func `arrays beside each other are not depth`() {
        #expect(reason(login(#""x":["# + String(repeating: "[{}],", count: 100) + "0]")) == nil)
    }

    /// Foundation's parser is lax in one point that the alphabet below can reach, trailing commas, and stricter in
    /// another, numbers beyond a Double. (It also guesses UTF-16 from zero bytes, which the alphabet leaves out.)
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `mutated lines are accepted and refused as by Foundation`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let originals = [
            #"{"ts":"2025-03-01T12:00Z","account":"a\u00e9\ud83d\ude00b","n":[1,-0.5e+3,{"a":null,"b":[true,false]}]}"#,
            #"{"ts":1740830400.25, "type" : "payment","account":17,"x":"é漢😀\n\t\"\\\/","attributes":{"k":[],"o":{}}}"#,
            #"[[],{"a":0,"b":-1.0E-2},"\u0000\uFFFF",null , true]"#, #""text é \ud800\udfff""#, "-0.0e0", "{}",
        ].map { Array($0.utf8) }
        let alphabet: [UInt8] =
            Array(#"{}[]":,\u0123456789abcdefABCDEF-+.eE truefalsnl/"#.utf8) + [
                9, 10, 11, 12, 13, 31, 127, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4,
                0xf5, 0xff,
            ]
        var accepted = 0
        for _ in 0..<1500 {
            var line = originals[Int.random(in: 0..<originals.count, using: &generator)]
            for _ in 0..<Int.random(in: 1...2, using: &generator) where !line.isEmpty {
                let i = Int.random(in: 0..<line.count, using: &generator)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: line.insert(byte, at: i)
                case 1: line.remove(at: i)
                case 2: line[i] = byte
                default: line.insert(contentsOf: line[i..<min(line.count, i + 9)], at: i)
                }
            }
            let rejection = decode(line).rejections.first
            let isJSON = ![.invalidJSON, .invalidUTF8, .nestedTooDeep].contains(rejection?.reason)
            let oracle = (try? JSONSerialization.jsonObject(with: Data(line), options: .fragmentsAllowed)) != nil
            if isJSON { accepted += 1 }
            if isJSON == oracle { continue }
            let text = String(decoding: line, as: UTF8.self)
            if isJSON {
                #expect(text.contains(/[eE]\+?\d{3}/), "refused by Foundation: \(text)")
            } else {
                let position = try #require(rejection?.position)
                let isTrailingComma =
                    position < line.count && [UInt8(ascii: "]"), UInt8(ascii: "}")].contains(line[position])
                    && line[..<position].last { ![9, 10, 13, 32].contains($0) } == UInt8(ascii: ",")
                #expect(isTrailingComma, "accepted by Foundation: \(text)")
            }
        }
        #expect(accepted > 100)
    }

    @Test func `random bytes never crash the decoder, and each line has one outcome`() {
        var generator = SeededGenerator(seed: 99)
        let tokens = [
            "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud83d", "\"ts\":", "\"type\":\"login\"",
            "\"card\":\"4111",
            "1", "-", "e9", "null", "\"account\":", " ", "\u{0}", "é", "\"ip\":\"::1\"",
        ].map { Array($0.utf8) }
        var batch = FrameBatch()
        for seq in 0..<20_000 {
            var line: [UInt8] = []
            for _ in 0..<Int.random(in: 1...24, using: &generator) {
                if Bool.random(using: &generator) {
                    line.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    line += tokens[Int.random(in: 0..<tokens.count, using: &generator)]
                }
            }
            let flags = FrameFlags(rawValue: UInt8.random(in: 0...3, using: &generator))
            batch.append(line.span, seq: UInt64(seq), source: .file, flags: flags)
        }
        var decoder = EventDecoder()
        var output = EventBatch()
        decoder.decode(batch, frames: 0..<20_000, into: &output)
        let numbers = (output.events.map(\.seq) + output.rejections.map(\.seq)).sorted()
        #expect(numbers == Array(0..<20_000))
    }
}
