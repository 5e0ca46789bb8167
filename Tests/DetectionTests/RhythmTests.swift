import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct RhythmTests {
    private static let parameters = RhythmParameters(
        key: .ip, window: Interval(seconds: 3_600), ramp: Ramp(allow: 4, saturate: 12), maximumVariation: 0.1,
        minimumInterval: Interval(seconds: 5))

    private func run(_ seconds: [Int64], account: (Int) -> String = { _ in "a" }) -> Folds {
        var folds = Folds(CompiledRules([.of(.rhythm(Self.parameters))]))
        folds.run(seconds.enumerated().map { Fact(seconds: $1, account: account($0), ip: "192.0.2.1") })
        return folds
    }

    @Test func `a clock is told, a person is not`() {
        let clock = run((0..<12).map { 10_000 + $0 * 30 })
        #expect(clock.said().map(\.seq) == Array(5...12))
        #expect(clock.said().map(\.strength) == (1...8).map { Double($0) / 8 })
        guard case .pattern(_, 12, let traits) = clock.said().last?.evidence else {
            Issue.record("other evidence")
            return
        }
        #expect(traits == ["every 30 s, give or take 0 %"])
        let person = run([0, 20, 90, 100, 300, 310, 500, 620, 640, 900, 1_000, 1_350].map { 10_000 + $0 })
        #expect(person.signals.isEmpty && person.entitySignals.isEmpty)
    }

    @Test func `what is too fast is told however irregular`() {
        let fast = run([0, 1, 1, 5, 6, 6, 14, 15].map { 10_000 + $0 })
        #expect(fast.said().map(\.seq) == [5, 6, 7, 8])
        let slow = run([0, 1, 1, 5, 60, 61, 140, 150].map { 10_000 + $0 })
        #expect(slow.said().map(\.seq) == [])
    }

    @Test func `everyone behind the events is told when it gets worse`() {
        let folds = run((0..<6).map { 10_000 + $0 * 30 }) { "a\($0)" }
        #expect(folds.told(at: 5) == ["a0", "a1", "a2", "a3", "a4"])
        #expect(folds.told(at: 6) == ["a0", "a1", "a2", "a3", "a4", "a5"])
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>) func `what is told agrees with mean and deviation of a list`(
        seed: UInt64
    ) {
        var random = SeededGenerator(seed: seed)
        var times: [Int64] = []
        var kept: [Int64] = []
        var expected: [UInt64: Double] = [:]
        var now: Int64 = 100_000
        for seq in 1...600 as ClosedRange<UInt64> {
            // Stretches of clocks, of people and of bursts.
            switch seq / 40 % 3 {
            case 0: now += 60 + Int64.random(in: -3...3, using: &random)
            case 1: now += Int64.random(in: 0...400, using: &random)
            default: now += Int64.random(in: 0...6, using: &random)
            }
            let time = Int.random(in: 0..<20, using: &random) == 0 ? now - 500 : now
            times.append(time)
            kept = (kept + [time]).sorted()
            kept = Array(kept.filter { $0 > (kept.last ?? 0) - 3_600 }.suffix(24))
            guard kept.count > 4 else { continue }
            let gaps = zip(kept, kept.dropFirst()).map { Double($1 - $0) }
            let mean = gaps.reduce(0, +) / Double(gaps.count)
            let deviation = (gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(gaps.count)).squareRoot()
            if mean < 5 || deviation < 0.1 * mean { expected[seq] = min(1, Double(kept.count - 4) / 8) }
        }
        let folds = run(times)
        #expect(Dictionary(uniqueKeysWithValues: folds.entitySignals.keys.map { ($0.seq, $0.strength) }) == expected)
        #expect(expected.count > 20)
    }
}
