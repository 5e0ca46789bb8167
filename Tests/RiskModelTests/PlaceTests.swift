import RiskModel
import Testing

@Suite struct PlaceTests {
    @Test func `a country code is two ASCII letters and nothing else`() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let bytes = [first, second]
                let character = { (byte: UInt8) in Character(Unicode.Scalar(byte)) }
                let isCode = bytes.allSatisfy { $0 < 128 && character($0).isLetter }
                let code = CountryCode(ascii: bytes.span)
                guard isCode else {
                    #expect(code == nil)
                    continue
                }
                #expect(code?.description == String(bytes.map(character)).uppercased())
            }
        }
        for text in ["", "D", "DEU", "Dé", "ＤＥ"] { #expect(CountryCode(text) == nil) }
        #expect(CountryCode.unknown.description == "--")
    }

    @Test(arguments: ["B", "BY", "ENG", "1234", "~!"]) func `a subdivision keeps its text`(text: String) {
        #expect(SubdivisionCode(text)?.description == text)
    }

    @Test(arguments: ["", "ABCDE", "A B", "é", "\u{7f}", "A\u{0}"]) func `what is no subdivision is refused`(
        text: String
    ) {
        #expect(SubdivisionCode(text) == nil)
    }

    @Test func `every network flag has one name and one bit`() {
        let flags = NetworkFlags.names.map(\.flag.rawValue)
        #expect(Set(flags).count == flags.count && flags.allSatisfy { $0.nonzeroBitCount == 1 })
        #expect(NetworkFlags(rawValue: .max).labels == NetworkFlags.names.map(\.name))
    }
}
