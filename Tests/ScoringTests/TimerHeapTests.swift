import RiskModel
import TestSupport
import Testing

@testable import Scoring

@Suite struct TimerHeapTests {
    @Test(arguments: 1...10) func `timers come in order of time, and none before it is due`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var heap = TimerHeap()
        var pending: [Int64] = []
        for now in 0..<400 as Range<Int64> {
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let due = Int64.random(in: 0...500, using: &random)
                heap.insert(Timestamp(seconds: due), AccountRef(partition: 0, generation: 0, slot: Int(due)))
                pending.append(due)
            }
            var removed: [Int64] = []
            while let timer = heap.removeFirst(through: Timestamp(seconds: now)) {
                #expect(timer.due == Timestamp(seconds: Int64(timer.account.slot)))
                removed.append(Int64(timer.account.slot))
            }
            #expect(removed == pending.filter { $0 <= now }.sorted())
            pending.removeAll { $0 <= now }
        }
    }
}
