import RiskModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct FutureTests {
    /// A line in words: when it was received and what time its event has, in seconds.
    struct Step: Sendable {
        var received: Int64?
        var time: Int64
        var isPause = false

        static func at(_ received: Int64, _ time: Int64) -> Step { Step(received: received, time: time) }
        static func unknown(_ time: Int64) -> Step { Step(received: nil, time: time) }
        static func pause(_ received: Int64) -> Step { Step(received: received, time: 0, isPause: true) }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: [Step]
        /// The times of the events that leave before the end, in order.
        var left: [Int64]
        /// The times of the events that are refused before the end.
        var refused: [Int64] = []
        var inDoubt = 0

        init(_ name: String, _ steps: [Step], left: [Int64], refused: [Int64] = [], inDoubt: Int = 0) {
            testDescription = name
            self.steps = steps
            self.left = left
            self.refused = refused
            self.inDoubt = inDoubt
        }
    }

    private static let now: Int64 = 1_700_000_000
    private static let year: Int64 = 31_536_000
    private static let far: Int64 = 4_070_908_800  // 2099

    private static let cases: [Case] = [
        Case(
            "one event dated 2099 in a running service is refused",
            [.at(now, now), .at(now + 1, far), .at(now + 2, now + 2)], left: [now, now + 2], refused: [far]),
        Case("as the last event it stays in doubt", [.at(now, now), .at(now, far)], left: [now], inDoubt: 1),
        Case(
            "as the first event of all it stays in doubt, whatever pauses",
            [.at(now, far), .pause(now + 1), .at(now + 2, now)], left: [now], refused: [far]),
        Case(
            "sixteen that nothing speaks against are believed at a pause, where no event ever was",
            (0..<16).map { .at(now, far + $0) } + [.pause(now + 1)], left: (0..<15).map { far + $0 } + [far + 15]),
        Case(
            "where one was believed before, a pause is not enough",
            [.at(now, now)] + (0..<16).map { .at(now, far + $0) } + [.pause(now + 1)], left: [now], inDoubt: 16),
        Case(
            "ten minutes are believed, and not a second more",
            [.at(now, now + 600), .at(now, now + 601)], left: [now + 600], inDoubt: 1),
        Case(
            "steps of nine minutes lead nowhere",
            [.at(now, now), .at(now, now + 540), .at(now, now + 1_080), .at(now, now + 1_620), .at(now + 1, now + 1)],
            left: [now, now + 540, now + 1], refused: [now + 1_080, now + 1_620]),
        Case(
            "a doubt that the clock catches up with is believed with the next event",
            [.at(now, now), .at(now, now + 700), .at(now + 200, now + 200)], left: [now, now + 700, now + 200]),
        Case(
            "a doubt that the clock catches up with is believed at a pause",
            [.at(now, now), .at(now, now + 700), .at(now, far), .pause(now + 200)], left: [now, now + 700], inDoubt: 1),
        Case(
            "a clock that is set back a year changes nothing for a steady stream",
            [.at(now, now)] + (1...50).map { .at(now - year + $0 * 300, now + $0 * 300) },
            left: [now] + (1...50).map { now + $0 * 300 }),
        Case(
            "set back, it still refuses what is far ahead, at once or in steps",
            [.at(now, now), .at(now - year, now + 500), .at(now - year, now + 900), .at(now - year, now)],
            left: [now, now + 500, now], refused: [now + 900]),
        Case(
            "set back, it gives no more room than it did before",
            [.at(now, now), .at(now, now + 540), .at(now - year, now + 700)], left: [now, now + 540], inDoubt: 1),
        Case(
            "set back and right again, it is believed again",
            [.at(now, now), .at(now - year, now), .at(now + 3_000, now + 3_000), .at(now + 3_000, now + 3_600)],
            left: [now, now, now + 3_000, now + 3_600]),
        Case(
            "a silence while the clock is behind is no leap",
            [.at(now, now), .at(now - year, now), .pause(now - year + 4_000), .at(now - year + 8_000, now + 8_000)],
            left: [now, now, now + 8_000]),
        Case(
            "a clock that jumps ahead makes nothing of the events",
            [.at(now, now), .at(now + year, now + 1), .at(now + 2, now + 2)], left: [now, now + 1, now + 2]),
        Case(
            "after a jump ahead and back, what is far ahead is refused",
            [
                .at(now, now), .at(far, now + 1), .at(now + 2, now + 2), .at(now + 3, now + 5_000),
                .at(now + 4, now + 4),
            ],
            left: [now, now + 1, now + 2, now + 4], refused: [now + 5_000]),
        Case(
            "what was received nobody knows when is believed up to a year ahead",
            [.unknown(now), .unknown(now + 360 * 86_400), .unknown(now)], left: [now, now + 360 * 86_400, now]),
        Case(
            "and no further",
            [.unknown(now), .unknown(far), .unknown(now)], left: [now, now], refused: [far]),
        Case(
            "and the events go on from there",
            [.unknown(now), .at(now - year, now + 1), .at(now - year, now + 700)], left: [now, now + 1], inDoubt: 1),
    ]

    private func run(_ steps: [Step], finishes: Bool = false) -> (outcome: Outcome, refused: [Int64]) {
        let lines = steps.enumerated().map { i, step in
            Line(
                seq: UInt64(i + 1), time: step.time * 1_000_000, received: step.received.map { $0 * 1_000_000 },
                id: step.isPause ? "" : "id-\(i)", source: step.isPause ? .pause : .stream)
        }
        let outcome = Outcome(of: lines, limits: .test(), finishes: finishes) { 3 }
        return (outcome, outcome.rejected.map { lines[Int($0) - 1].time / 1_000_000 })
    }

    @Test(arguments: cases) func `events from the future`(_ test: Case) {
        let (outcome, refused) = run(test.steps)
        #expect(outcome.left.map { $0.time / 1_000_000 } == test.left)
        #expect(refused == test.refused)
        #expect(outcome.statistics.inDoubt == test.inDoubt && outcome.statistics.refuted == test.refused.count)
    }

    @Test func `many lines of one sender with a wrong clock move nothing, though they come in a row`() {
        let steps: [Step] =
            [.at(Self.now, Self.now)]
            + (0..<5_000).map { .at(Self.now + $0 / 200, Self.far + $0) } + [.at(Self.now + 30, Self.now + 30)]
        let (outcome, refused) = run(steps)
        #expect(outcome.left.map { $0.time / 1_000_000 } == [Self.now, Self.now + 30])
        #expect(refused == (0..<5_000).map { Self.far + $0 })
    }

    @Test(arguments: [true, false])
    func `where nothing else comes for a minute the clock is wrong`(isRunning: Bool) {
        // A machine that believes it is 1970, and one event of 2099 among those of today.
        let steps: [Step] =
            (isRunning ? [.at(10, 5)] : [])
            + (0..<1_000).map { .at(10 + $0 / 5, $0 == 100 ? Self.far : Self.now + $0 / 5) }
        let (outcome, refused) = run(steps)
        #expect(outcome.left.count == steps.count - 1 && outcome.statistics.inDoubt == 0)
        #expect(outcome.left.last?.watermark == (Self.now + 199) * 1_000_000)
        #expect(refused == [Self.far])
        let few = run(Array(steps.prefix(250)))
        #expect(few.outcome.statistics.inDoubt == 250 - (isRunning ? 1 : 0))
        // So many, but not for so long.
        let quick = run(Array(steps.prefix(290)))
        #expect(quick.outcome.statistics.inDoubt == 290 - (isRunning ? 1 : 0))
    }

    @Test func `at the end doubts are refused, unless they are all there is`() {
        let (known, refused) = run([.at(Self.now, Self.now), .at(Self.now, Self.far)], finishes: true)
        #expect(known.left.count == 1 && refused == [Self.far] && known.statistics.inDoubt == 0)
        let (unknown, none) = run([.at(Self.now, Self.far + 9), .at(Self.now, Self.far)], finishes: true)
        #expect(unknown.left.map { $0.time / 1_000_000 } == [Self.far + 9, Self.far] && none == [])
    }

    @Test func `a refused event may come again, one in doubt may not`() {
        let far = Self.far * 1_000_000
        let now = Self.now * 1_000_000
        let lines = [
            Line(seq: 1, time: now, received: now, id: "a"), Line(seq: 2, time: far, received: now, id: "b"),
            Line(seq: 3, time: far, received: now, id: "b"), Line(seq: 4, time: now, received: now, id: "a"),
            Line(seq: 5, time: now, received: now, id: "c"),
            Line(seq: 6, time: far, received: far, id: "b", source: .quarantine),
        ]
        let outcome = Outcome(of: lines, limits: .test())
        #expect(outcome.left.map(\.id) == ["a", "c", "b"] && outcome.rejected == [2])
        #expect(outcome.statistics.duplicates == 2 && outcome.sources[.stream]?.duplicates == 2)
    }

    @Test func `a rejection has the beginning of its line, whichever batch that was in`() {
        var sequencer = Sequencer(limits: .test(), hashSeed: 1)
        var ready = EventBatch()
        for (seq, time) in [(UInt64(1), Int64(9)), (2, 9_999_999_999)] {
            let line = [UInt8](repeating: UInt8(seq), count: 60_000)
            var frames = FrameBatch()
            frames.append(line.span, seq: seq, source: .stream, flags: [], received: Timestamp(seconds: 9))
            var arrived = EventBatch()
            var event = Event()
            event.seq = seq
            event.source = .stream
            event.time = Timestamp(seconds: time)
            arrived.append(event, textsIn: line.span)
            sequencer.take(&arrived, of: frames, range: 0..<1, into: &ready)
        }
        sequencer.finish(into: &ready)
        #expect(
            ready.rejections == [
                Rejection(
                    seq: 2, source: .stream, reason: .timeInFuture, position: 0, field: "ts",
                    bytes: [UInt8](repeating: 2, count: Frame.keptOfOversized))
            ])
    }
}
