import Glibc
import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct BaselineTests {
    private static let day: Int64 = 86_400

    /// The average, computed anew from the highest count of every single day.
    private static func average(_ highest: [Int64: Int], before today: Int64, halfLifeDays: Double) -> Double {
        guard let first = highest.keys.min() else { return 0 }
        let keep = exp2(-1 / halfLifeDays)
        var average = 0.0
        for day in first..<max(first, today) {
            let count = Double(highest[day] ?? 0)
            // The first days count twice, so that a key need not wait for a half-life.
            average = average == 0 ? count * (1 - keep) * 2 : average * keep + count * (1 - keep)
        }
        return average
    }

    @Test(arguments: [0.5, 1, 7, 30]) func `the average is that of the highest counts of all days before`(
        halfLifeDays: Double
    ) throws {
        var random = SeededGenerator(seed: UInt64(halfLifeDays * 2))
        var column = BaselineColumn(Baseline(halfLifeDays: halfLifeDays))
        column.grow(to: 2)
        var highest: [Int64: Int] = [:]
        var now: Int64 = 20_000 * Self.day
        for step in 0..<3_000 {
            now += Int64.random(in: 0...(step % 200 == 0 ? 5 * Self.day : 7_200), using: &random)
            let isLate = Int.random(in: 0..<8, using: &random) == 0
            let time = isLate ? now - Int64.random(in: 0...(2 * Self.day), using: &random) : now
            let count = Int.random(in: 0...300, using: &random)
            let today = max(time / Self.day, highest.keys.max() ?? 0)
            // A day that is over takes nothing more in.
            if time / Self.day == today { highest[today] = max(highest[today] ?? 0, count) }
            let found = column.observe(1, count, at: Timestamp(seconds: time))
            let expected = Self.average(highest, before: today, halfLifeDays: halfLifeDays)
            #expect(abs(found - expected) <= 1e-3 * max(1, expected))
            if step % 101 == 0 {
                var reader = StateReader(encoded { column.encode(1, into: &$0) })
                column.clear(1)
                try column.decode(1, from: &reader)
                try reader.finish()
            }
        }
    }

    // MARK: - In the folds

    private static func folds(_ baseline: Baseline) -> Folds {
        Folds(
            CompiledRules([
                .of(
                    .distinct(
                        DistinctParameters(
                            key: .ip, member: .account, window: Interval(seconds: day / 2),
                            ramp: Ramp(allow: 3, saturate: 11),
                            establishedWeight: 0, newFor: Interval(seconds: 3_600), baseline: baseline)))
            ]))
    }

    /// A carrier's address on a day: forty accounts that were there before, and `fresh` that register.
    private static func carrier(_ number: Int64, fresh: Int) -> [Fact] {
        let start = 20_000 * day + number * day
        let known = (0..<40).map { Fact(seconds: start + Int64($0) * 60, account: "known\($0)", ip: "192.0.2.1") }
        let new = (0..<fresh).map {
            Fact(
                seconds: start + 40_000 + Int64($0) * 60, type: .registration, account: "day\(number)-\($0)",
                ip: "192.0.2.1")
        }
        return known + new
    }

    @Test func `what a network of many has of new accounts each day is explained after days, and a flood is not`() {
        var folds = Self.folds(Baseline(share: 0.1, halfLifeDays: 3))
        var said: [Int] = []
        for number in 0..<14 as Range<Int64> {
            folds.signals = [:]
            folds.run(Self.carrier(number, fresh: 5))
            said.append(folds.signals.count)
        }
        #expect(said[0] > 0 && said.suffix(7).allSatisfy { $0 == 0 })
        folds.run(Self.carrier(14, fresh: 20))
        let strongest = folds.said().map(\.strength).max() ?? 0
        // Of twenty some four are explained, and three allowed.
        #expect(strongest == 1)
        #expect(folds.said().allSatisfy { $0.account.hasPrefix("day14") })
    }

    @Test func `a network that stays away is forgotten by the day`() {
        var folds = Self.folds(Baseline(share: 0.1, halfLifeDays: 3))
        for number in 0..<14 as Range<Int64> { folds.run(Self.carrier(number, fresh: 0)) }
        folds.signals = [:]
        folds.run(Self.carrier(15, fresh: 5))
        #expect(folds.signals.isEmpty)
        folds.run(Self.carrier(30, fresh: 5))
        #expect(!folds.signals.isEmpty)
    }

    @Test func `while a key is not known for long its strength is capped`() {
        var folds = Self.folds(Baseline(unknownCap: 0.5, warmUp: Interval(seconds: 3 * Self.day)))
        folds.run(Self.carrier(0, fresh: 30))
        #expect(folds.said().map(\.strength).max() == 0.5)
        folds.run(Self.carrier(4, fresh: 30))
        #expect(folds.said().map(\.strength).max() == 1)
    }
}
