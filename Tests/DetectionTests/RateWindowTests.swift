import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct RateWindowTests {
    @Test(arguments: 1...5)
    func `an event counts for at least seven eighths of the window and at most for the whole`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let window = Interval(seconds: 800)
        var rate = RateWindow()
        var times: [Timestamp] = []
        var now = Timestamp(seconds: 1_000_000 + Int64(seed))
        for _ in 0..<1_000 {
            let leap = Int.random(in: 0..<300, using: &random) == 0
            now =
                now
                + Interval(
                    seconds: leap
                        ? Int64.random(in: 0...3_000, using: &random) : Int64.random(in: 0...20, using: &random))
            var time = now
            if Int.random(in: 0..<5, using: &random) == 0 {
                time = time - Interval(seconds: Int64.random(in: 0...900, using: &random))
            }
            times.append(time)
            let count = rate.observe(at: time, window: window)
            let newest = times.max()!
            // Those that came too late to count at once never count: the lower bound leaves them out.
            #expect(count >= times.count { newest - $0 < Interval(seconds: 700) })
            #expect(count <= times.count { newest - $0 < window })
        }
    }

    @Test func `a window of a few microseconds works`() {
        var rate = RateWindow()
        let window = Interval(microseconds: 3)
        #expect(rate.observe(at: Timestamp(microseconds: 100), window: window) == 1)
        #expect(rate.observe(at: Timestamp(microseconds: 100), window: window) == 2)
        #expect(rate.observe(at: Timestamp(microseconds: 200), window: window) == 1)
    }
}
