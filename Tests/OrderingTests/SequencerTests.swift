import RiskModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct SequencerTests {
    private static let limits: [Sequencer.Limits] = [
        .test(), .test(lateness: 1), .test(lateness: 30, ids: 40),
        .test(lateness: 300, tolerance: 0, ids: 7, span: 100),
        .test(lateness: 120, ids: 50, span: 30, events: 20), .test(lateness: 60, ids: 0, events: 0),
        .test(lateness: 20, tolerance: 1_000_000), .test(span: 0),
    ]

    @Test(arguments: limits, 1...3 as ClosedRange<UInt64>)
    func `the outcome is what the model says, however the lines are cut`(limits: Sequencer.Limits, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let lines = randomLines(1_000, &random)
        let expected = Model(lines, limits: limits).outcome
        #expect(expected.left.count > 500 && expected.statistics.refuted > 10 && expected.statistics.late > 10)
        #expect(Outcome(of: lines, limits: limits) == expected)
        #expect(Outcome(of: lines, limits: limits) { 1 } == expected)
        #expect(Outcome(of: lines, limits: limits) { .random(in: 0...90, using: &random) } == expected)
    }

    @Test(arguments: limits) func `orders count from one, and watermarks never fall`(limits: Sequencer.Limits) {
        var random = SeededGenerator(seed: 11)
        let outcome = Outcome(of: randomLines(3_000, &random), limits: limits)
        #expect(outcome.left.map(\.order) == (1...UInt64(outcome.left.count)).map(\.self))
        #expect(zip(outcome.left, outcome.left.dropFirst()).allSatisfy { $0.watermark <= $1.watermark })
        #expect(outcome.left.allSatisfy { $0.watermark >= $0.time })
    }

    @Test func `without lateness events leave in the order in which they came, under the highest time so far`() {
        let times: [Int64] = [5, 3, 9, 9, 8, 0, 12]
        let lines = times.enumerated().map { Line(seq: UInt64($0.offset + 1), time: $0.element, received: nil) }
        let outcome = Outcome(of: lines, limits: .test())
        #expect(outcome.left.map(\.time) == times)
        #expect(outcome.left.map(\.watermark) == [5, 5, 9, 9, 9, 9, 12])
        #expect(outcome.statistics.late == 3 && outcome.sources[.stream]?.late == 3)
    }

    @Test func `without lateness no text is copied`() {
        var sequencer = Sequencer(limits: .test(), hashSeed: 1)
        var frames = FrameBatch()
        frames.append([1].span, seq: 1, source: .file, flags: [])
        var arrived = EventBatch()
        arrived.text = [UInt8](repeating: 65, count: 1_000)
        var event = Event()
        event.seq = 1
        event.account = TextSlice(offset: 990, count: 10)
        arrived.events = [event]
        let address = arrived.text.withUnsafeBytes { $0.baseAddress }
        var ready = EventBatch()
        sequencer.take(&arrived, of: frames, range: 0..<1, into: &ready)
        #expect(ready.text.withUnsafeBytes { $0.baseAddress } == address && ready.events[0].account == event.account)
        #expect(arrived.events.isEmpty && arrived.text.isEmpty)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `every order that keeps to the lateness gives the result of the right order`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let lateness = Int64.random(in: 1...400, using: &random)
        let times = Set((0..<800).map { _ in Int64.random(in: 0...4_000, using: &random) }).sorted()
        func outcome(_ times: [Int64]) -> [Left] {
            let lines = times.enumerated().map {
                // The account tells the event, not where it came.
                Line(seq: UInt64(7 * $0.offset + 7), time: $0.element * 1_000_000, received: nil)
            }
            let outcome = Outcome(of: lines, limits: .test(lateness: lateness)) { .random(in: 0...50, using: &random) }
            #expect(outcome.statistics.late == 0)
            return outcome.left
        }
        let expected = outcome(times)
        #expect(expected.map(\.time) == times.map { $0 * 1_000_000 })
        #expect(expected.map(\.watermark) == expected.map(\.time))
        var moved = 0
        for _ in 0..<5 {
            // Each event is delayed at random; the delays are below the lateness, so no event is late.
            let shuffled = times.map { (time: $0, key: $0 + .random(in: 0...lateness, using: &random)) }
                .shuffled(using: &random).sorted { $0.key < $1.key }.map(\.time)
            moved += zip(shuffled, times).count { $0 != $1 }
            #expect(outcome(shuffled) == expected)
        }
        #expect(moved > 100)
    }

    @Test func `a late event keeps its time and takes its place at the horizon`() {
        let lines = [100, 130, 95, 120].enumerated().map {
            Line(seq: UInt64($0.offset + 1), time: $0.element * 1_000_000, received: nil)
        }
        let outcome = Outcome(of: lines, limits: .test(lateness: 20))
        #expect(outcome.left.map { $0.time / 1_000_000 } == [100, 95, 120, 130])
        #expect(outcome.left.map { $0.watermark / 1_000_000 } == [100, 110, 120, 130])
        #expect(outcome.statistics.late == 1)
    }

    @Test func `a pause lets everything leave, and what belongs before it is late from then on`() {
        var lines = [100, 95, 110, 105].enumerated().map {
            Line(seq: UInt64($0.offset + 1), time: $0.element * 1_000_000, received: nil)
        }
        lines.insert(Line(seq: 0, time: 0, received: nil, source: .pause), at: 2)
        for i in lines.indices { lines[i].seq = UInt64(i + 1) }
        lines.append(Line(seq: 6, time: 0, received: nil, source: .pause))
        lines.append(Line(seq: 7, time: 109_000_000, received: nil))
        let outcome = Outcome(of: lines, limits: .test(lateness: 60), finishes: false)
        #expect(outcome.left.map { $0.time / 1_000_000 } == [95, 100, 105, 110, 109])
        #expect(outcome.left.map { $0.watermark / 1_000_000 } == [95, 100, 105, 110, 110])
        #expect(outcome.statistics.late == 1)
    }

    @Test func `events that wait are bounded in number and in bytes`() {
        let lines = (1...1_000).map { Line(seq: UInt64($0), time: Int64($0), received: nil) }
        let few = Outcome(of: lines, limits: .test(lateness: 1_000, events: 10), finishes: false)
        #expect(few.statistics.held == 10 && few.statistics.releasedEarly == 990 && few.left.count == 990)
        let small = Outcome(of: lines, limits: .test(lateness: 1_000, bytes: 1_000), finishes: false)
        let kept = lines.suffix(small.statistics.held).reduce(0) { $0 + $1.account.utf8.count }
        #expect(small.statistics.held > 40 && kept <= 1_000 && kept > 970)
    }

    @Test func `what waits takes no more room for being there long`() throws {
        var sequencer = Sequencer(limits: .test(lateness: 1_000), hashSeed: 1)
        var ready = EventBatch()
        for seq in 1...100_000 as ClosedRange<UInt64> {
            sequencer.take([Line(seq: seq, time: Int64(seq) * 10_000_000, received: nil)], into: &ready)
            ready.removeAll()
        }
        let held = try #require(Mirror(reflecting: sequencer).descendant("held") as? HeldEvents)
        let batch = try #require(Mirror(reflecting: held).descendant("batch") as? EventBatch)
        #expect(held.count == 100 && batch.events.count < 1_300 && batch.text.count < 80_000)
    }

    @Test func `the ends of the calendar are times like others`() {
        let last = Timestamp.latest.microseconds
        for limits in [Sequencer.Limits.test(), .test(lateness: 3_600, tolerance: 86_400 * 366 * 9_000)] {
            let lines = [0, last, 0, last - 1, last].enumerated().map {
                Line(seq: UInt64($0.offset + 1), time: $0.element, received: $0.offset == 1 ? last - 1 : 0, id: "")
            }
            // Received at the end of time, so that nothing is ahead of the clock.
            let received = lines.map { Line(seq: $0.seq, time: $0.time, received: last - 1) }
            let believed = Outcome(of: received, limits: limits)
            #expect(believed.left.count == 5 && believed.left.last?.watermark == last)
            #expect(Outcome(of: lines, limits: limits) == Model(lines, limits: limits).outcome)
        }
        let extreme = Sequencer.Limits(
            lateness: Interval(microseconds: .max), futureTolerance: Interval(microseconds: .max),
            duplicateSpan: Interval(microseconds: .max))
        let lines = (0..<4).map { Line(seq: UInt64($0 + 1), time: $0 % 2 == 0 ? last : 0, received: .min, id: "\($0)") }
        #expect(Outcome(of: lines, limits: extreme).left.map(\.time) == [0, 0, last, last])
    }

    @Test func `events that wait are placed anew`() {
        var sequencer = Sequencer(limits: .test(lateness: 60), hashSeed: 1)
        var ready = EventBatch()
        let now: Int64 = 1_000_000_000
        sequencer.take(
            [
                Line(seq: 1, time: now, received: now), Line(seq: 2, time: now * 2, received: now),
                Line(seq: 3, time: now, received: now, source: .pause),
                Line(seq: 4, time: now, received: now), Line(seq: 5, time: now + 1, received: now),
                Line(seq: 6, time: now * 2, received: now),
            ], into: &ready)
        #expect(sequencer.statistics.held == 1 && sequencer.statistics.inDoubt == 1)
        ready.removeAll()
        sequencer.annotateWaiting { batch in
            for i in batch.events.indices {
                #expect(batch.string(batch.events[i].account).hasPrefix("account-"))
                batch.events[i].listed = batch.events[i].seq
                batch.events[i].place.asn = 64_496
            }
        }
        sequencer.take([Line(seq: 7, time: now * 2, received: now * 2)], into: &ready)
        sequencer.finish(into: &ready)
        #expect(ready.events.map(\.seq) == [5, 6, 7] && ready.events.map(\.listed) == [5, 6, 0])
        #expect(ready.events.map(\.place.asn) == [64_496, 64_496, 0])
    }
}
