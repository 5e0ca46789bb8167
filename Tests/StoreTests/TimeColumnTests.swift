import RiskModel
import Testing

@testable import Store

@Suite struct TimeColumnTests {
    static let instants: [Int64] = [
        0, 1, 999_999, 1_000_000, 951_782_399_999_999, 951_782_400_000_000, 1_772_352_000_123_400,
        253_402_300_799_999_999,
    ]

    @Test(arguments: instants)
    func `the column is the description with six decimals`(microseconds: Int64) {
        let time = Timestamp(microseconds: microseconds)
        var text = time.description.dropLast()
        if !text.contains(".") { text += "." }
        let decimals = text.utf8.count - 20
        #expect(time.column == text + String(repeating: "0", count: 6 - decimals) + "Z")
    }

    @Test func `the order of the texts is the order of the times`() {
        let columns = Self.instants.map { Timestamp(microseconds: $0).column }
        #expect(columns == columns.sorted())
        #expect(columns.allSatisfy { $0.utf8.count == 27 })
    }
}
