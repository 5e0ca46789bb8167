import Foundation
import RiskModel
import TestSupport
import Testing

@Suite struct JSONTextTests {
    private func read(_ text: String) throws -> String? {
        try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) as? String
    }

    @Test func `any text comes back from a JSON reader as it was`() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let limit: UInt32 = [0x80, 0x100, 0x3000, 0x11_0000].randomElement(using: &random)!
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) {
                    text.unicodeScalars.append(scalar)
                }
            }
            #expect(try read(JSONText.quote(text)) == text)
        }
    }

    @Test func `each scalar up to U+3000 comes back, and nothing reaches a terminal that obeys it`() throws {
        for value in UInt32(0)...0x3000 {
            let scalar = Unicode.Scalar(value)!
            let quoted = JSONText.quote(String(Character(scalar)))
            #expect(try read(quoted)?.unicodeScalars.elementsEqual([scalar]) == true)
            #expect(
                quoted.unicodeScalars.allSatisfy {
                    $0.properties.generalCategory != .control && $0.value != 0x2028 && $0.value != 0x2029
                })
        }
    }

    @Test func `evidence is one JSON object whatever its texts are`() throws {
        let evidence: [Evidence] = [
            .count(
                entity: EntityKey(kind: .device, text: "a\"\\\n\u{85}"), count: 3, fresh: 1, names: ["DE", "\u{1}"]),
            .count(entity: nil, count: 2, fresh: 0, names: []), .match(value: "\"}{", count: 1),
            .journey(
                from: Waypoint(time: .epoch, address: .none, country: .unknown),
                to: Waypoint(time: .latest, address: IPAddress(v4: 1), country: CountryCode("DE")!),
                distanceKilometres: 19_999.9, count: 2),
        ]
        for item in evidence {
            let object = try JSONSerialization.jsonObject(with: Data(item.json.utf8)) as? [String: Any]
            #expect(object?["count"] as? Int != nil)
        }
    }
}
