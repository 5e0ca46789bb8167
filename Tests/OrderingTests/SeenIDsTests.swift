import RiskModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct SeenIDsTests {
    /// Ids that came, in order; the last `limit` that are no older than `span` are remembered.
    private struct Model {
        var limit: Int
        var span: Int64
        var queue: [(id: UInt64, time: Int64)] = []

        func contains(_ id: UInt64, at now: Int64) -> Bool {
            queue.suffix(limit).contains { $0.id == id && $0.time >= now - span }
        }
    }

    /// With few distinct homes, so that there are long runs of buckets and wrapping ones.
    private static func digest(_ id: UInt64, crowd: UInt64) -> IDDigest {
        let spread = crowd == 0 ? id &* 0x9e37_79b9_7f4a_7c15 : (id % crowd) &* (.max / max(1, crowd - 1))
        return IDDigest(high: spread & 0xffff_ffff_0000_0000 | id, low: ~id)
    }

    @Test(
        arguments: [(1, 50), (2, 50), (10, 1_000_000), (64, 300), (100, 90), (1_000, 40), (333, 1_000_000), (70, 0)],
        [0, 2, 5])
    func `ids are remembered as by a list`(bounds: (limit: Int, span: Int64), crowd: UInt64) {
        var random = SeededGenerator(seed: UInt64(bounds.limit))
        var seen = SeenIDs(limit: bounds.limit, span: Interval(microseconds: bounds.span))
        var model = Model(limit: bounds.limit, span: bounds.span)
        var now: Int64 = 0
        var repeated = 0
        var wrongSteps: [UInt64] = []
        for step in 0..<2_400 as Range<UInt64> {
            now += random.pick([0, 0, 1, 1, step % 500 == 0 ? 100 : 0])
            let id = UInt64.random(in: (step > 150 ? step - 150 : 0)...step, using: &random)
            let digest = Self.digest(id, crowd: crowd)
            let time = Timestamp(microseconds: now)
            let isKnown = model.contains(id, at: now)
            if seen.contains(digest, at: time) != isKnown || seen.count > bounds.limit { wrongSteps.append(step) }
            if isKnown {
                repeated += 1
            } else {
                seen.insert(digest, at: time)
                model.queue.append((id, now))
            }
            if step % 800 == 799 {
                // Whatever was made room for, what is remembered is found, and nothing else.
                let wrong = (0...step).filter {
                    seen.contains(Self.digest($0, crowd: crowd), at: time) != model.contains($0, at: now)
                }
                #expect(wrong.isEmpty)
                var writer = StateWriter()
                seen.encode(into: &writer, at: time)
                var reader = StateReader(writer.bytes)
                seen = try! SeenIDs(decoding: &reader, limit: bounds.limit, span: seen.span, through: time)
            }
        }
        #expect(wrongSteps.isEmpty && repeated > 10)
    }

    @Test func `ids of a pattern spread over the whole index`() throws {
        var seen = SeenIDs(limit: 3_000, span: Interval(seconds: 1))
        let hash = IDHash(seed: 9)
        for i in 0..<5_000 {
            let id = Array("order-\(i * 1_000)".utf8)
            seen.insert(hash.digest(of: id.span), at: .epoch)
        }
        let buckets = try #require(Mirror(reflecting: seen).descendant("buckets") as? ContiguousArray<UInt64>)
        let longest = buckets.split(separator: 0).map(\.count).max()
        #expect(buckets.count { $0 != 0 } == 3_000 && buckets.count < 4_600)
        #expect(try #require(longest) < 100)
    }

    @Test func `digests that differ in one half only are two`() {
        var seen = SeenIDs(limit: 100, span: Interval(seconds: 1))
        seen.insert(IDDigest(high: 1 << 40, low: 5), at: .epoch)
        #expect(seen.contains(IDDigest(high: 1 << 40, low: 5), at: .epoch))
        #expect(!seen.contains(IDDigest(high: 1 << 40, low: 6), at: .epoch))
        #expect(!seen.contains(IDDigest(high: 1 << 40 | 1, low: 5), at: .epoch))
    }

    @Test func `a leap in time forgets everything at once, and makes room step by step`() {
        var seen = SeenIDs(limit: 10_000, span: Interval(seconds: 60))
        for id in 0..<10_000 as Range<UInt64> { seen.insert(Self.digest(id, crowd: 0), at: .epoch) }
        let later = Timestamp(seconds: 61)
        #expect((0..<10_000).allSatisfy { !seen.contains(Self.digest($0, crowd: 0), at: later) })
        for id in 0..<2_000 as Range<UInt64> { seen.insert(Self.digest(id, crowd: 0), at: later) }
        #expect(seen.count == 10_000 - 3 * 2_000)
        #expect((0..<2_000).allSatisfy { seen.contains(Self.digest($0, crowd: 0), at: later) })
    }

    @Test(arguments: [10, 100, 1_000]) func `a changed limit keeps the last`(limit: Int) {
        var seen = SeenIDs(limit: 200, span: Interval(seconds: 60))
        for id in 0..<500 as Range<UInt64> { seen.insert(Self.digest(id, crowd: 0), at: .epoch) }
        seen.change(limit: limit, span: Interval(seconds: 60))
        let kept = UInt64(500 - min(200, limit))
        for id in 0..<500 as Range<UInt64> {
            #expect(seen.contains(Self.digest(id, crowd: 0), at: .epoch) == (id >= kept))
        }
        for id in 500..<700 as Range<UInt64> { seen.insert(Self.digest(id, crowd: 0), at: .epoch) }
        #expect(seen.count == min(limit, 400))
    }

    @Test func `times that fall are no state`() {
        var writer = StateWriter()
        writer.write(count: 2)
        for time in [5, 4] as [Int64] {
            writer.write(UInt64(time))
            writer.write(UInt64(0))
            writer.write(time)
        }
        var reader = StateReader(writer.bytes)
        #expect(throws: StateFault.invalid("the time of an id")) {
            try SeenIDs(decoding: &reader, limit: 9, span: Interval(seconds: 1), through: .latest)
        }
    }
}
