import Synchronization
import TestSupport
import Testing

@testable import Detection

struct SlotArrayTests {
    /// Counts how many of it are alive.
    private final class Counted: Sendable {
        let number: Int
        let alive: Alive

        init(_ number: Int, _ alive: Alive) {
            self.number = number
            self.alive = alive
            alive.count.add(1, ordering: .relaxed)
        }

        deinit { alive.count.subtract(1, ordering: .relaxed) }
    }

    private final class Alive: Sendable {
        let count = Atomic(0)
    }

    @Test(arguments: 1...20)
    func `any use of it, and of its copies, does what an array's does`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var pairs: [(array: SlotArray<[Int]>, model: [[Int]])] = [(SlotArray(), [])]
        for step in 0..<3_000 {
            let i = Int.random(in: pairs.indices, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<40:
                pairs[i].array.append([step])
                pairs[i].model.append([step])
            case 40..<80 where !pairs[i].model.isEmpty:
                let slot = Int.random(in: pairs[i].model.indices, using: &random)
                pairs[i].array[slot].append(step)
                pairs[i].model[slot].append(step)
            case 80..<83:
                let count = Int.random(in: 0...pairs[i].model.count + 300, using: &random)
                pairs[i].array.grow(to: count, with: [-step])
                while pairs[i].model.count < count { pairs[i].model.append([-step]) }
            case 83..<86 where pairs.count < 6: pairs.append(pairs[i])
            case 86 where pairs.count > 1: pairs.remove(at: i)
            default: break
            }
        }
        for (array, model) in pairs {
            #expect(array.count == model.count && array.indices == model.indices)
            #expect(array.indices.map { array[$0] } == model)
        }
    }

    @Test(arguments: [0, 1, 8, 9, 255, 256, 257, 600])
    func `elements go with the last array that has them`(count: Int) {
        let alive = Alive()
        do {
            var array = SlotArray<Counted>()
            for number in 0..<count { array.append(Counted(number, alive)) }
            #expect(alive.count.load(ordering: .relaxed) == count)
            var copy = array
            copy.append(Counted(-1, alive))
            if count > 0 { copy[0] = Counted(-2, alive) }
            #expect(array.indices.allSatisfy { array[$0].number == $0 })
            array = SlotArray()
            #expect(alive.count.load(ordering: .relaxed) == count + 1)
            #expect(copy[count].number == -1)
        }
        #expect(alive.count.load(ordering: .relaxed) == 0)
    }

    @Test func `elements do not move while it grows`() {
        // What is read ahead must be what is used.
        var array = SlotArray(repeating: 7, count: 256)
        func address(_ slot: Int) -> Int {
            unsafe withUnsafePointer(to: &array[slot]) { Int(bitPattern: $0) }
        }
        let places = (0..<256).map(address)
        array.grow(to: 5_000, with: 8)
        #expect((0..<256).map(address) == places)
        #expect(array[255] == 7 && array[256] == 8)
    }
}
