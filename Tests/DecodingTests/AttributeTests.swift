import Decoding
import RiskModel
import Testing

@Suite struct AttributeTests {
    private static let asked = ["plan", "naïve", "a\"b"]

    /// The values of the attributes that are asked for, of a login with these attributes.
    private func values(_ attributes: String, asked: [String] = Self.asked) -> [String]? {
        let output = decode(login(#""attributes":"# + attributes), attributes: asked)
        guard let event = output.events.first else { return nil }
        #expect(output.text.count < 200)
        return asked.indices.map { output.string(event.attributes[$0]) }
    }

    @Test(
        arguments: [
            (#"{}"#, ["", "", ""]), (#"{"plan":"trial"}"#, ["trial", "", ""]),
            (#"{ "other" : [1,{"plan":"x"}] , "plan" : "trial" }"#, ["trial", "", ""]),
            // Values are kept as they are spelled.
            (#"{"plan":1.50,"naïve":-0,"a\"b":true}"#, ["1.50", "-0", "true"]),
            (#"{"plan":1e3 ,"naïve":false}"#, ["1e3", "false", ""]),
            // Escapes, in names and in values.
            (
                #"{"pl\u0061n":"tri\u0061l","na\u00efve":"\"\\\/\n","a\u0022b":"\ud83c\udff4"}"#,
                ["trial", "\"\\/\n", "🏴"]
            ),
            // Of a name that comes twice the last one counts.
            (#"{"plan":"a","plan":"b"}"#, ["b", "", ""]), (#"{"plan":"a","plan":null}"#, ["", "", ""]),
            (#"{"plan":"a","plan":{"x":1}}"#, ["", "", ""]), (#"{"plan":[1],"plan":"b"}"#, ["b", "", ""]),
            // Nested, null and empty values are absent.
            (#"{"plan":{"plan":"x"},"naïve":["x"],"a\"b":null}"#, ["", "", ""]), (#"{"plan":""}"#, ["", "", ""]),
            (#"{"plan":"a\u0000b"}"#, ["", "", ""]),
            (#"{"Plan":"x","plan ":"y","pla":"z"}"#, ["", "", ""]), (#"null"#, ["", "", ""]),
        ] as [(String, [String])])
    func `values that rules ask for are kept`(attributes: String, expected: [String]) {
        #expect(values(attributes) == expected)
    }

    @Test func `a value longer than a field may be is absent, and leaves nothing`() {
        let (fits, long) = (String(repeating: "x", count: 512), String(repeating: "x", count: 513))
        let output = decode(
            login(#""attributes":{"plan":""# + fits + #"","other":""# + long + #""}"#), attributes: ["plan", "other"])
        #expect(output.events.first.map { output.string($0.attributes[0]) } == fits)
        #expect(output.events.first?.attributes[1].isEmpty == true && output.text.count == 2 + 512)
    }

    @Test func `what no rule asks for is not kept`() {
        #expect(values(#"{"plan":"trial","a":"b"}"#, asked: []) == [])
        let output = decode(login(#""attributes":{"plan":"trial"}"#), attributes: ["other"])
        #expect(output.text == Array("a1".utf8))
    }

    @Test(arguments: ["[]", "\"x\"", "1", "true"]) func `attributes are an object`(value: String) {
        let output = decode(login(#""attributes":"# + value), attributes: Self.asked)
        #expect(output.rejections.first?.reason == .wrongType && output.rejections.first?.field == "attributes")
    }

    @Test func `of attributes that come twice the last ones count`() {
        let output = decode(login(#""attributes":{"plan":"a"},"attributes":{}"#), attributes: ["plan"])
        #expect(output.events.first?.attributes[0].isEmpty == true)
    }

    // MARK: - Issuers of cards

    @Test(
        arguments: [
            (#""card_bin":"411111""#, "411111"), (#""card_bin":"41111122","card":"tok_1""#, "41111122"),
            (#""card_bin":"\u003411111""#, "411111"),
            // A masked number shows them.
            (#""card":"411111******1111""#, "411111"), (#""card":"41111122XXXX1111""#, "41111122"),
            (#""card":"4111111....""#, "4111111"), (#""card":"411111xx""#, "411111"),
            (#""card_bin":"522222","card":"411111******1111""#, "522222"),
            // Tokens, and what shows too few digits or too many, have none.
            (#""card":"tok_411111""#, ""), (#""card":"411111abc""#, ""), (#""card":"41111*""#, ""),
            (#""card":"411111""#, ""), (#""card":"411111-1""#, ""), (#""card":"411111122*""#, ""),
            (#""card_bin":null"#, ""),
        ] as [(String, String)])
    func `the issuer is what the line says, or what a masked number shows`(more: String, expected: String) throws {
        let output = decode(login(more))
        #expect(output.string(try #require(output.events.first).cardBin) == expected)
    }

    @Test(
        arguments: [
            (#""card_bin":"41111""#, RejectionReason.invalidValue), (#""card_bin":"411111111""#, .invalidValue),
            (#""card_bin":"41111x""#, .invalidValue), (#""card_bin":"４１１１１１""#, .invalidValue),
            (#""card_bin":411111"#, .wrongType), (#""card_bin":{}"#, .wrongType),
        ])
    func `an issuer has six to eight digits`(more: String, expected: RejectionReason) {
        let output = decode(login(more))
        #expect(output.rejections.first?.reason == expected && output.rejections.first?.field == "card_bin")
    }
}
