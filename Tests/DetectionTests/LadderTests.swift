import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct LadderTests {
    private static let parameters = LadderParameters(
        window: Interval(seconds: 100_000), ramp: Ramp(allow: 1, saturate: 6), worth: [1, 0.5, 1, 2.5, 6])

    private func run(_ strikes: [(seconds: Int64, severity: UInt8)]) -> [Folds.NamedSignal] {
        var folds = Folds(CompiledRules([.of(.ladder(Self.parameters), Condition(types: [.policyViolation]))]))
        folds.run(
            strikes.map { Fact(seconds: $0.seconds, type: .policyViolation, account: "a", severity: $0.severity) })
        return folds.said()
    }

    @Test func `a first light strike is a warning, a grave one counts at once`() {
        #expect(run([(1_000, 2)]).isEmpty && run([(1_000, 1)]).isEmpty && run([(1_000, 0)]).isEmpty)
        #expect(run([(1_000, 3)]).map(\.strength) == [0.3])
        #expect(run([(1_000, 4)]).map(\.strength) == [1])
    }

    @Test func `strikes in the window add up, and are told by their severity`() {
        let said = run([(1_000, 2), (2_000, 1), (3_000, 2), (50_000, 0)])
        #expect(said.map(\.strength) == [0.1, 0.3, 0.5])
        #expect(
            said.last?.evidence == .pattern(entity: nil, count: 4, traits: ["1 unstated", "1 low", "2 medium"]))
        // The first one has left.
        #expect(run([(1_000, 2), (101_000, 2)]).isEmpty)
        #expect(run([(1_000, 2), (100_999, 2)]).count == 1)
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>) func `strikes agree with a list of all`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var strikes: [(seconds: Int64, severity: UInt8)] = []
        var expected: [UInt64: Double] = [:]
        var now: Int64 = 1_000_000
        for seq in 1...200 as ClosedRange<UInt64> {
            now += Int64.random(in: 0...40_000, using: &random)
            let time =
                Int.random(in: 0..<5, using: &random) == 0 ? now - Int64.random(in: 0...120_000, using: &random) : now
            strikes.append((time, .random(in: 0...4, using: &random)))
            let newest = strikes.map(\.seconds).max() ?? 0
            let worth = strikes.filter { $0.seconds > newest - 100_000 }.map { [1, 0.5, 1, 2.5, 6][Int($0.severity)] }
            let strength = min(1, max(0, (worth.reduce(0, +) - 1) / 5))
            if strength > 0 { expected[seq] = strength }
        }
        let found = Dictionary(uniqueKeysWithValues: run(strikes).map { ($0.seq, $0.strength) })
        #expect(found.count > 50 && Set(found.keys) == Set(expected.keys))
        for (seq, strength) in found { #expect(abs(strength - expected[seq]!) < 1e-12) }
    }

    @Test func `more strikes than are told apart are as bad as those that are`() {
        let said = run((0..<100).map { (1_000 + Int64($0), 1) })
        #expect(said.last?.strength == 1)
        #expect(said.last?.evidence == .pattern(entity: nil, count: 32, traits: ["32 low"]))
    }
}
