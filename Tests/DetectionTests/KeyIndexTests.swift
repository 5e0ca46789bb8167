import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct KeyIndexTests {
    private enum Hashing: CaseIterable, Sendable { case seeded, fourValues, constant, sameTag }

    private static func hash(_ key: [UInt8], _ hashing: Hashing) -> UInt64 {
        let full = KeyHash(seed: 3).hash(key.span)
        return switch hashing {
        case .seeded: full
        case .fourValues: full & 0x8000_0001_0000_0000
        case .constant: .max
        case .sameTag: full & 0xffff_ffff
        }
    }

    @Test(arguments: Hashing.allCases)
    private func `texts behave as the keys of a dictionary, whatever their hashes`(hashing: Hashing) {
        var random = SeededGenerator(seed: 11)
        var index = KeyIndex(keysAreTexts: true)
        var slots: [[UInt8]: Int] = [:]
        var generations: [Int: UInt32] = [:]
        for round in 0..<1_500 {
            let length = Int.random(in: 1...40, using: &random)
            // Few different bytes: many prefixes, many repetitions.
            let key = (0..<(length > 8 ? length : length % 4 + 1)).map { _ in UInt8.random(in: 0...2, using: &random) }
            let (slot, isNew) = index.slot(text: key.span, hash: Self.hash(key, hashing), at: .epoch)
            #expect(isNew == (slots[key] == nil))
            if let known = slots[key] {
                #expect(slot == known)
            } else {
                #expect(!slots.values.contains(slot))
                #expect(index.generation(of: slot) == generations[slot].map { $0 + 1 } ?? 0)
                generations[slot] = index.generation(of: slot)
                slots[key] = slot
            }
            #expect(index.count == slots.count)
            if round % 250 == 249 {
                let dead = Set(slots.values.filter { _ in Int.random(in: 0..<3, using: &random) > 0 })
                index.removeAll { dead.contains($0) }
                slots = slots.filter { !dead.contains($0.value) }
                #expect(index.count == slots.count)
                #expect(dead.allSatisfy { !index.isLive($0) })
                for (key, slot) in slots {
                    #expect(index.isLive(slot) && index.text(of: slot) == String(decoding: key, as: UTF8.self))
                    #expect(index.slot(text: key.span, hash: Self.hash(key, hashing), at: .epoch) == (slot, false))
                }
            }
        }
        // Slots are dense: no more than ever lived at once.
        #expect(Set(generations.keys) == Set(0..<generations.count))
        #expect(generations.values.contains { $0 > 0 })
    }

    @Test(arguments: Hashing.allCases)
    private func `words behave as the keys of a dictionary, whatever their hashes`(hashing: Hashing) {
        struct Words: Hashable { var high, low: UInt64 }
        var random = SeededGenerator(seed: 12)
        var index = KeyIndex(keysAreTexts: false)
        var slots: [Words: Int] = [:]
        for round in 0..<1_500 {
            let key = Words(high: .random(in: 0..<20, using: &random), low: .random(in: 0..<20, using: &random))
            let hash = Self.hash([UInt8(key.high), UInt8(key.low)], hashing)
            let (slot, isNew) = index.slot(high: key.high, low: key.low, hash: hash, at: .epoch)
            #expect(isNew == (slots[key] == nil) && slot == slots[key, default: slot])
            slots[key] = slot
            if round % 200 == 199 {
                index.removeAll { $0 % 3 == 0 }
                slots = slots.filter { $0.value % 3 != 0 }
            }
            #expect(index.count == slots.count && Set(slots.values).count == slots.count)
        }
    }

    @Test(arguments: [false, true]) func `an index goes on from its state`(keysAreTexts: Bool) throws {
        var random = SeededGenerator(seed: 15)
        let hash = KeyHash(seed: 4)
        var index = KeyIndex(keysAreTexts: keysAreTexts)
        func see(_ number: UInt64, in index: inout KeyIndex) -> Int {
            let time = Timestamp(seconds: Int64(number))
            if !keysAreTexts { return index.slot(high: 1, low: number, hash: hash.hash(1, number), at: time).slot }
            let text = Array("key \(number)".utf8)
            return index.slot(text: text.span, hash: hash.hash(text.span), at: time).slot
        }
        // All in one partition, as in a fold.
        let keys = (0..<20_000 as Range<UInt64>).filter {
            (keysAreTexts ? Partition.of(Array("key \($0)".utf8).span) : Partition.of(1, $0)) == 7
        }
        for key in keys { _ = see(key, in: &index) }
        for _ in 0..<12 {
            // More go each time than come, so that slots stay free over many rounds.
            index.removeAll { _ in Int.random(in: 0..<8, using: &random) == 0 }
            let bytes = encoded { index.encode(into: &$0) }
            var reader = StateReader(bytes)
            var copy = try KeyIndex(keysAreTexts: keysAreTexts, partition: 7, hash: hash, from: &reader)
            try reader.finish()
            #expect(encoded { copy.encode(into: &$0) } == bytes && copy.count == index.count)
            for _ in 0..<8 {
                let key = random.pick(keys)
                #expect(see(key, in: &copy) == see(key, in: &index))
            }
            if keysAreTexts {
                #expect(index.liveSlots.allSatisfy { copy.generation(of: $0) == index.generation(of: $0) })
            }
            index = copy
        }
        // Not in the order of the slots.
        #expect(index.free != index.free.sorted())
    }

    @Test func `removing everything leaves an index that works`() {
        var index = KeyIndex(keysAreTexts: false)
        for i in 0..<1_000 { _ = index.slot(high: 0, low: UInt64(i), hash: UInt64(i) << 32, at: .epoch) }
        index.removeAll { _ in true }
        #expect(index.count == 0)
        let (slot, isNew) = index.slot(high: 0, low: 5, hash: 5 << 32, at: .epoch)
        #expect(isNew && slot < 1_000 && index.slotCount == 1_000)
    }
}
