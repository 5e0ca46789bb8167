import RiskModel
import TestSupport
import Testing

@Suite struct KeyHashTests {
    @Test func `the hash does not depend on where the bytes stand`() {
        var random = SeededGenerator(seed: 8)
        let hash = KeyHash(seed: 1)
        for length in 0...80 {
            let key = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let expected = hash.hash(key.span)
            for offset in 1...9 {
                let surroundings = (0..<offset).map { _ in UInt8.random(in: 0...255, using: &random) }
                let buffer = surroundings + key + surroundings
                #expect(hash.hash(buffer.span.extracting(offset..<offset + length)) == expected)
            }
        }
    }

    @Test(arguments: [UInt64(0), 1, .max, 0x0123_4567_89ab_cdef])
    func `each bit of the key moves each bit of the hash half of the time`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let hash = KeyHash(seed: seed)
        for length in [1, 4, 7, 8, 9, 16, 23] {
            for bit in 0..<length * 8 {
                var flips = 0
                for _ in 0..<32 {
                    var key = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                    let before = hash.hash(key.span)
                    key[bit / 8] ^= 1 << UInt8(bit % 8)
                    flips += (before ^ hash.hash(key.span)).nonzeroBitCount
                }
                #expect((24.0...40.0).contains(Double(flips) / 32), "length \(length), bit \(bit)")
            }
        }
    }

    @Test func `alike keys have different hashes and spread over the partitions`() {
        let hash = KeyHash(seed: 9)
        var seen: Set<UInt64> = []
        var partitions = [Int](repeating: 0, count: Partition.count)
        func take(_ text: [UInt8]) {
            seen.insert(hash.hash(text.span))
            partitions[Partition.of(text.span)] += 1
        }
        func take(_ high: UInt64, _ low: UInt64) {
            seen.insert(hash.hash(high, low))
            partitions[Partition.of(high, low)] += 1
        }
        for i in 0..<16_000 {
            take(Array("user\(i)".utf8))
            take(0, 0xffff_0a00_0000 + UInt64(i))
            take(0x2001_0db8_0000_0000 + UInt64(i), 0)
        }
        // Texts that differ in zeros alone, which no padding may make equal.
        for length in 0..<64 { take([UInt8](repeating: 0, count: length)) }
        #expect(seen.count == 48_064)
        // 751 expected in each; ten standard deviations are 272.
        #expect(partitions.allSatisfy { (480...1_022).contains($0) })
    }

    @Test func `another seed gives other hashes`() {
        let key = Array("203.0.113.7".utf8)
        let hashes = Set((0..<1_000).map { KeyHash(seed: $0).hash(key.span) })
        #expect(hashes.count == 1_000)
    }
}
