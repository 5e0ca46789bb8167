import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct SparseStatesTests {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `states are those of a dictionary, however they come and go`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var states = SparseStates<[Int]>()
        var expected: [Int: [Int]] = [:]
        // Few slots, so that buckets run into each other; some far off.
        let slots = (0..<40).map { $0 < 30 ? $0 : $0 * 1_000_003 & 0xffff_ffff }
        for step in 0..<4_000 {
            let slot = slots.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                states[slot, default: []].append(step)
                expected[slot, default: []].append(step)
            case 4..<7:
                states.clear(slot)
                expected[slot] = nil
            case 7:
                let place = states.place(of: slot, making: [-1])
                let taken = states.take(at: place, leaving: [])
                #expect(taken == expected[slot] ?? [-1])
                states[at: place] = taken
                expected[slot] = taken
            default: #expect(states[slot] == expected[slot])
            }
            #expect(states.count == expected.count)
        }
        for slot in slots { #expect(states[slot] == expected[slot]) }
    }

    @Test func `states are written in the order of their slots`() {
        var states = SparseStates<UInt8>()
        for slot in [9, 3, 70_000, 1] { states[slot, default: 0] = UInt8(slot % 256) }
        states.clear(3)
        var writer = StateWriter()
        states.encode(into: &writer) { $1.write($0) }
        var expected = StateWriter()
        expected.write(count: 3)
        for slot in [1, 9, 70_000] {
            expected.write(UInt32(slot))
            expected.write(UInt8(slot % 256))
        }
        #expect(writer.bytes == expected.bytes)
    }
}

@Suite struct ShortTextTests {
    @Test(arguments: [
        ("", ""), ("a", "a"), ("12345678", "12345678"), ("123456789abcdef", "123456789abcdef"),
        ("123456789abcdefg", "123456789abcd.."), ("ääääääää", "ääääää.."), ("123456789abc€xyz", "123456789abc.."),
    ])
    func `what is longer than 15 bytes is cut between characters`(text: String, expected: String) {
        #expect(ShortText(Array(text.utf8).span).string == expected)
        #expect(ShortText(Array(text.utf8).span).string.utf8.count <= 15)
    }
}
