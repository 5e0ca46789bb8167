import Decoding
import RiskModel
import Testing

/// The numbers are the card schemes' published test numbers.
@Suite struct CardNumberTests {
    @Test(arguments: [
        "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005", "6011000990139424",
        "4222222222222", "501800000009", " 4111111111111111-", "6304000000000000000",
    ])
    func `a card's number is refused and its digits are not kept`(_ number: String) throws {
        let rejection = try #require(decode(login("\"card\":\"\(number)\"")).rejections.first)
        #expect(rejection.reason == .invalidValue)
        #expect(rejection.field == "card")
        let masked = String(number.map { $0.isNumber ? "*" : $0 })
        #expect(String(decoding: rejection.bytes, as: UTF8.self) == login("\"card\":\"\(masked)\""))
    }

    @Test(arguments: [
        "4111111111111112", "tok_4111111111111111", "41111111111", "00000000000", "50180000007", "4111.1111.1111.1111",
        "63040000000000000000",
        "a", "----", "visa",
    ])
    func `what only resembles a card's number is a token`(_ token: String) throws {
        let output = decode(login("\"card\":\"\(token)\""))
        #expect(output.string(try #require(output.events.first).card) == token)
    }

    /// Lines that are refused, each for another reason, with no digit of the number left behind `card`.
    @Test(arguments: [
        (#""card":"\u0034111111111111111""#, RejectionReason.invalidValue),
        (#""card":"4111111111111111","severity":9"#, .invalidValue),
        (#""c\u0061rd":"4111111111111111","ts":true"#, .wrongType),
        (#""card":"4111111111111111","card":"tok","ts":-1"#, .timeOutOfRange),
        (#""card":"tok","card":"4111111111111111","ts":-1"#, .timeOutOfRange),
        (#""x":tru,"card" : "4111111111111111""#, .invalidJSON), (#""x":"\q","card":4111111111111111"#, .invalidJSON),
        (#""card":4111111111111111"#, .wrongType),
        (#""card":"4111111111111111","x":tru"#, .invalidJSON),
        (#""card":"4111111111111111"#, .invalidJSON),
        (#""card":"41111111\q11111111""#, .invalidJSON),
    ])
    func `no rejection keeps a card's number, whatever its reason`(
        _ more: String, expected: RejectionReason
    ) throws {
        let rejection = try #require(decode(login(more)).rejections.first)
        #expect(rejection.reason == expected)
        let kept = String(decoding: rejection.bytes, as: UTF8.self)
        #expect(kept.utf8.count == login(more).utf8.count)
        #expect(!kept.contains("111111"))
        #expect(kept.contains("***"))
    }

    @Test func `a line that was cut keeps no number`() throws {
        for more in [#""card":"4111111111111111","x":""#, #""card":"41111111111"#, #""card":4111111111"#] {
            for flags in [FrameFlags.oversized, .unterminated] {
                let line = String(login(more).dropLast())
                let kept = try #require(decode(line, flags: flags).rejections.first).bytes
                #expect(!String(decoding: kept, as: UTF8.self).contains("1111"))
            }
        }
    }

    @Test func `a token stays as it is in a rejection`() throws {
        let line = login(#""card":"4111111111111112","severity":9"#)
        #expect(try #require(decode(line).rejections.first).bytes == Array(line.utf8))
    }

    @Test func `a rejection says how long its line was, and whether the bytes are the line as it came`() throws {
        let token = login(#""severity":9,"card":"tok_4111111111111111""#)
        let long = login(#""severity":9,"device":"\#(String(repeating: "d", count: Frame.keptOfOversized))""#)
        let cases: [(line: String, flags: FrameFlags, length: Int, isComplete: Bool)] = [
            (token, [], token.utf8.count, true),
            (token, .oversized, Frame.maximumBytes + 1, false),
            (long, [], long.utf8.count, false),
            (login(#""card":"4111111111111111""#), [], login(#""card":"4111111111111111""#).utf8.count, false),
        ]
        for (line, flags, length, isComplete) in cases {
            let rejection = try #require(decode(line, flags: flags).rejections.first)
            #expect(rejection.length == length)
            #expect(rejection.isComplete == isComplete)
        }
    }
}
