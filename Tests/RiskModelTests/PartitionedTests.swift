import RiskModel
import Testing

@Suite struct PartitionedTests {
    @Test(arguments: [-1, 0, 1, 2, 3, 7, 63, 64, 65, 200])
    func `any number of shards gives the same results in the same order`(shards: Int) {
        let partitioned = Partitioned<[Int]> { [$0] }
        for round in 1...5 {
            let results = partitioned.map(shards: shards) { partition, state in
                state.append(partition * round)
                return state
            }
            #expect(results == (0..<Partition.count).map { p in [p] + (1...round).map { p * $0 } })
        }
        #expect(partitioned.with(5) { $0.count } == 6)
    }

    @Test func `results may be optional`() {
        let results = Partitioned<Int> { $0 }.map(shards: 4) { partition, _ in partition % 2 == 0 ? partition : nil }
        #expect(results.count == Partition.count && results[3] == nil && results[4] == 4)
    }
}
