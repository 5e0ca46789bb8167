import RiskModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct TimeHeapTests {
    @Test(arguments: 1...10 as ClosedRange<UInt64>) func `the earliest comes first, always`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func entry() -> TimeHeap.Entry {
            TimeHeap.Entry(
                time: Timestamp(seconds: .random(in: 0...20, using: &random)),
                number: .random(in: 0...20, using: &random), payload: random.next())
        }
        var list = (0..<Int.random(in: 0...40, using: &random)).map { _ in entry() }.sorted()
        var heap = TimeHeap(sorted: list)
        var wrong = 0
        for _ in 0..<2_000 {
            if list.isEmpty || Int.random(in: 0..<9, using: &random) > 3 {
                let new = entry()
                heap.insert(new)
                list.append(new)
                list.sort()
            } else {
                let (first, expected) = (heap.removeFirst(), list.removeFirst())
                if first.time != expected.time || first.number != expected.number { wrong += 1 }
                // Of two that are the same in order, either may come first.
                if first != expected, let i = list.firstIndex(of: first) { list[i] = expected }
            }
            if heap.count != list.count || heap.isEmpty != list.isEmpty { wrong += 1 }
            if heap.first?.time != list.first?.time || heap.first?.number != list.first?.number { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(Set(heap.entries) == Set(list))
    }
}
