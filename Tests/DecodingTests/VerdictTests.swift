import Decoding
import RiskModel
import Testing

@Suite struct VerdictTests {
    private static func line(_ more: String = "") -> String {
        #"{"ts":"2025-03-01T12:00:00Z","type":"verdict","account":"a1","verdict":"banned","why":"fraud","by":"eve (uid 7)""#
            + (more.isEmpty ? "" : ",") + more + "}"
    }

    private static func verdict(_ line: String) -> Verdict? {
        let output = decode(line, source: .verdict)
        return output.events.first.flatMap { Verdict(packed: output.string($0.verdict)) }
    }

    @Test func `a verdict says what, until when, who and why`() {
        #expect(Self.verdict(Self.line()) == Verdict(kind: .banned, until: .latest, by: "eve (uid 7)", why: "fraud"))
        let more = #""until":"2025-04-01T00:00:00Z","why":"a \"quote\"\nand a line","verdict":"cleared""#
        let until = Timestamp(seconds: 1_743_465_600)
        #expect(
            Self.verdict(Self.line(more))
                == Verdict(kind: .cleared, until: until, by: "eve (uid 7)", why: "a \"quote\"\nand a line"))
        for kind in Verdict.Kind.allCases {
            #expect(Self.verdict(Self.line(#""verdict":""# + kind.rawValue + "\""))?.kind == kind)
        }
        #expect(Self.verdict(Self.line(#""by":null"#))?.by == "")
        #expect(Self.verdict(Self.line(#""type":"login","ip":"192.0.2.1""#)) == nil)
    }

    @Test(arguments: Source.allCases.filter { $0 != .verdict && $0 != .pause })
    func `from a shipper, a file or the quarantine a verdict is no known type`(source: Source) {
        let output = decode(Self.line(), source: source)
        #expect(output.events.isEmpty && output.rejections.first?.reason == .unknownType)
        #expect(output.rejections.first?.field == "type")
    }

    @Test func `from the daemon's own people nothing else is one`() {
        #expect(decode(login(), source: .verdict).rejections.first?.reason == .unknownType)
    }

    @Test func `in other events the fields of verdicts mean nothing`() {
        let output = decode(login(#""verdict":7,"until":{},"by":[],"why":"x""#))
        #expect(output.events.first?.verdict.isEmpty == true && output.rejections.isEmpty)
    }

    @Test(
        arguments: [
            (#""verdict":null"#, RejectionReason.missingField, "verdict"),
            (#""verdict":"hanged""#, .invalidValue, "verdict"),
            (#""verdict":1"#, .wrongType, "verdict"), (#""why":"""#, .missingField, "why"),
            (#""why":1"#, .wrongType, "why"), (#""why":"\u0000""#, .invalidValue, "why"),
            (#""until":"tomorrow""#, .invalidValue, "until"), (#""until":1743465600"#, .wrongType, "until"),
            (#""account":null"#, .missingField, "account"),
        ] as [(String, RejectionReason, String)])
    func `a verdict that cannot be read is refused`(more: String, reason: RejectionReason, field: String) {
        let rejection = decode(Self.line(more), source: .verdict).rejections.first
        #expect(rejection?.reason == reason && rejection?.field == field)
    }

    @Test(arguments: ["why", "by"]) func `a reason and a name have their length`(field: String) {
        let fits = String(repeating: "x", count: Verdict.textLimit)
        #expect(Self.verdict(Self.line("\"\(field)\":\"\(fits)\"")) != nil)
        let long = decode(Self.line("\"\(field)\":\"\(fits)x\""), source: .verdict)
        #expect(long.rejections.first?.reason == .fieldTooLong && long.rejections.first?.field == field)
    }
}
