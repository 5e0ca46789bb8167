import Decoding
import RiskModel
import TestSupport
import Testing

@Suite struct EventDecoderTests {
    // MARK: Events

    @Test func `every field of a full line is in the event`() throws {
        let line = #"""
            {"id":"e-1","ts":"2025-03-01T12:00:00Z","type":"payment","outcome":"success","account":"a1",
            "ip":"203.0.113.7","device":"d1","user_agent":"UA/1.0","session":"s1","username":"anna","email":"a@example.com",
            "phone":"+431","card":"tok_1","card_bin":"411111","card_country":"at","api_key":"k1","language":"de-AT","severity":"high",
            "attributes":{"a":[1]}}
            """#
        let output = decode(line)
        let event = try #require(output.events.first)
        #expect(output.rejections.isEmpty)
        #expect(event.seq == 7)
        #expect(event.source == .stream)
        #expect(event.time.description == "2025-03-01T12:00:00Z")
        #expect(event.type == .payment)
        #expect(event.outcome == .success)
        #expect(event.address.description == "203.0.113.7")
        #expect(event.severity == 3)
        #expect(event.cardCountry.description == "AT")
        #expect(event.place == Place())
        #expect(event.listed == 0)
        let texts = [
            event.id, event.account, event.device, event.userAgent, event.session, event.username, event.email,
            event.phone,
            event.card, event.apiKey, event.language, event.cardBin,
        ].map { output.string($0) }
        #expect(
            texts == [
                "e-1", "a1", "d1", "UA/1.0", "s1", "anna", "a@example.com", "+431", "tok_1", "k1", "de-AT", "411111",
            ])
    }

    @Test(arguments: EventType.reported)
    func `each type is recognised and needs its address`(_ type: EventType) throws {
        #expect(decode(login("\"type\":\"\(type.name)\"")).events.first?.type == type)
        let output = decode(#"{"ts":1,"account":"a","type":""# + type.name + #""}"#)
        if type.requiresAddress {
            #expect(output.rejections.first?.reason == .missingField)
            #expect(output.rejections.first?.field == "ip")
        } else {
            #expect(try #require(output.events.first).hasAddress == false)
        }
    }

    @Test func `frames of a range become events in order, and faults leave nothing in the arena`() {
        var batch = FrameBatch()
        let lines = [
            login(), login(#""account":"a2""#), login(#""account":"a3","severity":9"#), "{", login(#""account":"a5""#),
            login(),
        ]
        for (index, line) in lines.enumerated() {
            let bytes = Array(line.utf8)
            batch.append(bytes.span, seq: UInt64(index + 1), source: index == 4 ? .file : .stream, flags: [])
        }
        var decoder = EventDecoder()
        var output = EventBatch()
        decoder.decode(batch, frames: 1..<5, into: &output)
        #expect(output.events.map(\.seq) == [2, 5])
        #expect(output.events.map { output.string($0.account) } == ["a2", "a5"])
        #expect(output.events.map(\.source) == [.stream, .file])
        #expect(output.rejections.map(\.seq) == [3, 4])
        #expect(output.rejections.map(\.reason) == [.invalidValue, .invalidJSON])
        #expect(output.text.count == 4)
    }

    // MARK: Keys

    @Test(arguments: [
        (#""account":"b""#, "b"), (#""account":"b","account":"c""#, "c"), (#""\u0061ccount":"b""#, "b"),
        (#""\u0061\u0063\u0063\u006f\u0075\u006E\u0074":"b""#, "b"), (#""account":{"account":"x"},"account":"b""#, "b"),
        (#""account":7,"account":"b""#, "b"), (#""Account":"b","accoun":"b","accountt":"b"," account":"b""#, "a1"),
        (#""account\u0000":"b","accoun\\t":"b""#, "a1"), (#""x":{"account":"b"}"#, "a1"),
    ])
    func `the last of a repeated key counts, however it is spelled`(_ more: String, account: String) throws {
        let output = decode(login(more))
        #expect(output.string(try #require(output.events.first).account) == account)
    }

    @Test func `a key that is nearly a known one is unknown`() {
        #expect(
            reason(login(#""user_agenT":1,"user-agent":1,"card_countrx":1,"attribute":1,"attributez":1,"tss":1,"t":1"#))
                == nil)
    }

    @Test(arguments: [
        (#""account":null"#, "account"), (#""account":"""#, "account"), (#""ts":null"#, "ts"), (#""ts":"""#, "ts"),
        (#""type":null"#, "type"), (#""type":"""#, "type"), (#""ip":null"#, "ip"), (#""ip":"""#, "ip"),
    ])
    func `null and the empty string are absence, and a required field is missed`(_ more: String, field: String) throws {
        let rejection = try #require(decode(login(more)).rejections.first)
        #expect(rejection.reason == .missingField)
        #expect(rejection.field == field)
        #expect(rejection.position == 0)
    }

    @Test func `null and the empty string are absence in every optional field`() throws {
        let optional = [
            "id", "outcome", "device", "user_agent", "session", "username", "email", "phone", "card", "card_country",
            "api_key",
            "language", "severity", "attributes",
        ]
        for absent in ["null", "\"\""] {
            let output = decode(login(optional.map { "\"\($0)\":\(absent)" }.joined(separator: ",")))
            #expect(try #require(output.events.first).outcome == .unknown)
            #expect(output.text == Array("a1".utf8))
        }
    }

    @Test func `only a failed login may lack its account`() throws {
        let rest = #""ts":1,"ip":"::1""#
        let output = decode(#"{"type":"login","outcome":"failure",\#(rest)}"#)
        #expect(try #require(output.events.first).account.isEmpty)
        #expect(reason(#"{"type":"login","outcome":"success",\#(rest)}"#) == .missingField)
        #expect(reason(#"{"type":"login",\#(rest)}"#) == .missingField)
        #expect(reason(#"{"type":"payment","outcome":"failure",\#(rest)}"#) == .missingField)
    }

    // MARK: Values

    @Test(arguments: [
        ("account", "17", "17"), ("account", "-3", "-3"), ("id", "12345678901234567890123", "12345678901234567890123"),
        ("account", #""a\"b\\c\/\b\f\n\r\t""#, "a\"b\\c/\u{8}\u{c}\n\r\t"),
        ("account", #""\u00e9\u6f22\uD83D\ude00z""#, "é漢😀z"),
        ("account", "\"é漢😀\u{10ffff}\"", "é漢😀\u{10ffff}"),
        ("account", #""\uffff\ud7ff\ue000""#, "\u{ffff}\u{d7ff}\u{e000}"),
        ("account", #""\ud800\udc00\udbff\udfff""#, "\u{10000}\u{10ffff}"),
    ])
    func `texts are unescaped, and an integer stands for its digits`(_ field: String, value: String, text: String)
        throws
    {
        let output = decode(login("\"\(field)\":\(value)"))
        let event = try #require(output.events.first)
        #expect(output.string(field == "id" ? event.id : event.account) == text)
    }

    @Test(arguments: [
        ("account", "1.0"), ("account", "1e3"), ("account", "true"), ("account", "{}"), ("account", "[]"),
        ("id", "0.5"),
        ("id", "false"), ("ts", "true"), ("ts", "[]"), ("ts", "{}"), ("type", "1"), ("type", "[\"login\"]"),
        ("ip", "1"),
        ("outcome", "true"), ("device", "1"), ("user_agent", "{}"), ("session", "1"), ("username", "1"), ("email", "1"),
        ("phone", "431"), ("card", "12"), ("card_country", "40"), ("api_key", "[]"), ("language", "1"),
        ("severity", "true"),
        ("severity", "{}"), ("attributes", "[]"), ("attributes", "\"a\""), ("attributes", "1"),
    ])
    func `a known field of another JSON type is refused`(_ field: String, value: String) throws {
        let rejection = try #require(decode(login("\"\(field)\":\(value)")).rejections.first)
        #expect(rejection.reason == .wrongType)
        #expect(rejection.field == field)
        #expect(rejection.position == login("\"\(field)\":").utf8.count - 1)
    }

    @Test(arguments: [
        ("ip", #""203.0.113""#), ("ip", #""203.0.113.7:80""#), ("ip", #""fe80::1%eth0""#), ("ip", #""::""#),
        ("ip", #"" 1.2.3.4""#),
        ("ip", #""\u0031.2.3""#), ("outcome", #""ok""#), ("outcome", #""unknown""#), ("outcome", #""Success""#),
        ("card_country", #""AUT""#), ("card_country", #""4T""#), ("severity", #""High""#), ("severity", "0"),
        ("severity", "5"),
        ("severity", "1.0"), ("severity", "-1"), ("severity", "12"), ("severity", #""3""#), ("account", #""a\u0000b""#),
        ("device", #""\u0000""#), ("ip", #""::1\u0000""#),
    ])
    func `a value that cannot be read is refused`(_ field: String, value: String) throws {
        let rejection = try #require(decode(login("\"\(field)\":\(value)")).rejections.first)
        #expect(rejection.reason == .invalidValue)
        #expect(rejection.field == field)
        #expect(rejection.position == login("\"\(field)\":").utf8.count - 1)
    }

    @Test(arguments: [
        "signup", "Login", "login ", "log", "policy_violations_x", "policy_violatiom", "registratiom", "\\u0000",
    ])
    func `a type that is none is refused`(_ type: String) throws {
        let rejection = try #require(decode(login("\"type\":\"\(type)\"")).rejections.first)
        #expect(rejection.reason == .unknownType)
        #expect(rejection.field == "type")
    }

    @Test func `escapes are understood in fields that are not kept as text`() throws {
        let more =
            #""type":"l\u006fgin","ip":"203.0.113\u002e9","ts":"2025-03-01\u005412:00:00Z","severity":"lo\u0077""#
        let event = try #require(
            decode(login(more + #","card_country":"\u0061t","outcome":"fail\u0075re""#)).events.first)
        #expect(event.address.description == "203.0.113.9")
        #expect(event.time.description == "2025-03-01T12:00:00Z")
        #expect(event.severity == 1)
        #expect(event.cardCountry.description == "AT")
        #expect(event.outcome == .failure)
    }

    @Test(arguments: [(#""low""#, 1), (#""medium""#, 2), (#""high""#, 3), (#""critical""#, 4), ("1", 1), ("4", 4)])
    func `severity is a word or a number`(_ value: String, expected: UInt8) {
        #expect(decode(login("\"severity\":\(value)")).events.first?.severity == expected)
    }

    @Test(arguments: [
        ("account", 512), ("id", 512), ("device", 512), ("email", 512), ("phone", 512), ("card", 512), ("api_key", 512),
        ("session", 512), ("username", 512), ("user_agent", 2048), ("language", 64),
    ])
    func `a text may have its limit in bytes after unescaping and no more`(_ field: String, limit: Int) throws {
        for (unit, size) in [("x", 1), (#"\n"#, 1), (#"\u00e9"#, 2), ("é", 2)] {
            let full = String(repeating: unit, count: limit / size)
            #expect(reason(login("\"\(field)\":\"\(full)\"")) == nil)
            let rejection = try #require(decode(login("\"\(field)\":\"\(full)y\"")).rejections.first)
            #expect(rejection.reason == .fieldTooLong)
            #expect(rejection.field == field)
        }
    }

    @Test func `random texts come back from escaping unchanged`() throws {
        var generator = SeededGenerator(seed: 11)
        let ranges: [ClosedRange<UInt32>] = [
            0x01...0x7f, 0x01...0x7f, 0x80...0x7ff, 0x800...0xd7ff, 0xe000...0xffff, 0x10000...0x10ffff,
        ]
        for _ in 0..<1000 {
            var text = String.UnicodeScalarView()
            var json = ""
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                let range = ranges[Int.random(in: 0..<ranges.count, using: &generator)]
                let scalar = try #require(Unicode.Scalar(UInt32.random(in: range, using: &generator)))
                text.append(scalar)
                let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
                if mustEscape || Int.random(in: 0..<4, using: &generator) == 0 {
                    for unit in String(scalar).utf16 {
                        let digits = String(unit, radix: 16, uppercase: Bool.random(using: &generator))
                        json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                    }
                } else {
                    json.unicodeScalars.append(scalar)
                }
            }
            let output = decode(login("\"username\":\"\(json)\""))
            let event = try #require(output.events.first)
            #expect(Array(output.text[event.username.range]) == Array(String(text).utf8))
        }
    }

    // MARK: Frames

    @Test func `an oversized frame is refused at the limit`() throws {
        for line in [login(), #"{"ts":"#] {
            let rejection = try #require(decode(line, flags: [.oversized]).rejections.first)
            #expect(decode(line, flags: [.oversized, .unterminated]).rejections.first?.reason == .frameTooLong)
            #expect(rejection.reason == .frameTooLong)
            #expect(rejection.position == Frame.maximumBytes)
            #expect(rejection.bytes == Array(line.utf8))
        }
    }

    @Test func `a frame without its newline is an event if it is whole`() throws {
        #expect(decode(login(), flags: [.unterminated]).events.count == 1)
        for line in [String(login().dropLast()), login(#""severity":9"#), "\u{1}", "{}"] {
            let rejection = try #require(decode(line, flags: [.unterminated]).rejections.first)
            #expect(rejection.reason == .unterminated)
            #expect(rejection.position == line.utf8.count)
            #expect(rejection.field == "")
        }
    }

    @Test func `a rejection has the frame's number, source and bytes`() throws {
        let line = login(#""ip":"nowhere""#)
        let rejection = try #require(decode(line).rejections.first)
        #expect(rejection.seq == 7)
        #expect(rejection.source == .stream)
        #expect(rejection.bytes == Array(line.utf8))
    }
}
