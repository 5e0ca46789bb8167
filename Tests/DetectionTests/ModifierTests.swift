import RiskModel
import Testing

@testable import Detection

@Suite struct ModifierTests {
    private static let parameters = ModifierParameters(
        field: .language, values: ["xx", "yy"], window: Interval(seconds: 8_000), ramp: Ramp(allow: 2, saturate: 6))

    private func run(_ messages: [(seconds: Int64, language: String)]) -> [Folds.NamedSignal] {
        var folds = Folds(CompiledRules([.of(.modifier(Self.parameters), Condition(types: [.message]))]))
        folds.run(messages.map { Fact(seconds: $0.seconds, type: .message, account: "a", language: $0.language) })
        return folds.said()
    }

    @Test func `it speaks when all events in the window have one of the values`() {
        let said = run((0..<8).map { (10_000 + Int64($0), $0 % 2 == 0 ? "xx" : "yy") })
        #expect(said.map(\.seq) == [3, 4, 5, 6, 7, 8])
        #expect(said.map(\.strength) == [0.25, 0.5, 0.75, 1, 1, 1])
        #expect(said.last?.evidence == .pattern(entity: nil, count: 8, traits: ["language xx, yy"]))
    }

    @Test func `one event with another value silences it until that has left the window`() {
        let many = (0..<10).map { (10_000 + Int64($0), "xx") }
        #expect(run([(9_999, "en")] + many).isEmpty)
        #expect(run(many + [(10_020, "en"), (10_030, "xx")]).map(\.seq).max() == 10)
        #expect(run([(1_000, "en")] + many).count == 8)
        // An event that says nothing neither speaks for it nor against it.
        #expect(run(many + [(10_020, ""), (10_030, "xx")]).map(\.seq).max() == 12)
        // A beginning of a value is another value.
        #expect(run(many + [(10_020, "x"), (10_030, "xx")]).map(\.seq).max() == 10)
    }
}
