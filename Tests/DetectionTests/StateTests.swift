import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct StateTests {
    /// Folds that are small enough for accounts and entities to give way.
    private static func folds(shards: Int = 1) -> Folds {
        Folds(Sample.compile(), shards: shards, seed: 9, accounts: 64 * 3, entities: 64 * 12)
    }

    /// Housekeeping as the pipeline does it: between batches, at places that follow from the order.
    private static func maintain(_ folds: Folds, after batch: EventBatch) -> [DepartedAccount] {
        let last = batch.events[batch.events.count - 1]
        _ = folds.entity.maintain(turn: Int(last.order / 100), watermark: last.watermark, shards: folds.shards)
        return folds.profile.maintain(shards: folds.shards) { UInt8(truncatingIfNeeded: $0.slot % 3) }
    }

    @Test(arguments: 1...6) func `folds go on from their states as if nothing had been`(seed: UInt64) throws {
        let all = batches(Sample.stream(2_400, seed: seed), size: 100)
        var random = SeededGenerator(seed: seed)
        let cut = Int.random(in: 1..<all.count, using: &random)
        var reference = Self.folds()
        for batch in all[..<cut] {
            reference.run(batch)
            _ = Self.maintain(reference, after: batch)
        }
        var restored = Self.folds(shards: 3)
        try restored.restore(reference.state)
        #expect(restored.profile.accountCount == reference.profile.accountCount)
        #expect(restored.entity.entityCount == reference.entity.entityCount)
        reference.signals = [:]
        reference.entitySignals = [:]
        reference.newAccounts = []
        reference.orphans = 0
        for batch in all[cut...] {
            reference.run(batch)
            restored.run(batch)
            #expect(restored.standings.map(\.account) == reference.standings.map(\.account))
            #expect(restored.standings.map(\.registeredAt) == reference.standings.map(\.registeredAt))
            #expect(Self.maintain(restored, after: batch) == Self.maintain(reference, after: batch))
        }
        #expect(!reference.signals.isEmpty && !reference.newAccounts.isEmpty)
        #expect(restored.signals == reference.signals && restored.orphans == reference.orphans)
        #expect(restored.entitySignals == reference.entitySignals)
        #expect(restored.newAccounts == reference.newAccounts)
        #expect(restored.state == reference.state)
    }

    @Test func `a state read and written again is the same bytes`() throws {
        var folds = Self.folds()
        for batch in batches(Sample.stream(3_000, seed: 21), size: 500) {
            folds.run(batch)
            _ = Self.maintain(folds, after: batch)
        }
        var restored = Self.folds()
        try restored.restore(folds.state)
        #expect(restored.state == folds.state)
        // Reading replaces what was there.
        let empty = Self.folds()
        try restored.restore(empty.state)
        #expect(restored.state == empty.state && restored.profile.accountCount == 0)
    }

    @Test func `a state depends neither on batches nor on shards`() {
        let facts = Sample.stream(1_000, seed: 4)
        let states = [(1, 1_000), (64, 7)].map { shards, size in
            var folds = Folds(Sample.compile(), shards: shards)
            folds.run(facts, size: size)
            return folds.state
        }
        #expect(states[0] == states[1])
    }

    @Test(arguments: [1, 2, 3, 5, 8, 30, 300] as [UInt64])
    func `a column of windows goes on from its state, and agrees with a window for each key`(universe: UInt64) throws {
        var random = SeededGenerator(seed: universe)
        let span = Interval(seconds: 1_600)
        let keys = 6
        var column = MemberColumn()
        var windows = [MemberWindow](repeating: MemberWindow(), count: keys)
        column.grow(to: keys)
        var now: Int64 = 1_000_000
        for step in 0..<4_000 {
            // Whole hundreds, so that members often stand on the very edge of the window.
            now += 100 * Int64.random(in: 0...(step % 700 < 20 ? 8 : 1), using: &random) * (step % 3 == 0 ? 1 : 0)
            let late = Int.random(in: 0..<6, using: &random) == 0 ? 100 * Int64.random(in: 0...17, using: &random) : 0
            let time = Timestamp(seconds: now - late)
            let key = Int.random(in: 0..<keys, using: &random)
            // Account references are alike in their low bits.
            let id = UInt64.random(in: 0..<universe, using: &random) << 32
            let isFresh = Bool.random(using: &random)
            let found = column.observe(key, id, at: time, isFresh: isFresh, window: span)
            let expected = windows[key].observe(id, at: time, isFresh: isFresh, window: span)
            #expect(found.previous == expected.previous && found.isTooOld == expected.isTooOld)
            #expect(found.count == expected.count && found.freshCount == expected.freshCount)
            #expect(column.members(of: key).map(\.id) == windows[key].members.map(\.id))
            let strength = Double.random(in: 0...1, using: &random)
            if step % 50 == 0 { _ = column.rises(key, to: strength) }
            if step % 997 == 0 {
                column.clear(key)
                windows[key] = MemberWindow()
            }
            guard step % 61 == 0 else { continue }
            let bytes = encoded { writer in for key in 0..<keys { column.encode(key, into: &writer) } }
            var reader = StateReader(bytes)
            var copy = MemberColumn()
            copy.grow(to: keys)
            for key in 0..<keys { try copy.decode(key, from: &reader, window: span) { _ in true } }
            try reader.finish()
            #expect(encoded { writer in for key in 0..<keys { copy.encode(key, into: &writer) } } == bytes)
            column = copy
        }
    }

    @Test func `a window at its limit goes on from its state`() throws {
        let span = Interval(seconds: 1_600)
        var window = MemberWindow()
        for id in 0..<UInt64(MemberWindow.limit) {
            _ = window.observe(id, at: Timestamp(seconds: 10_000), isFresh: false, window: span)
        }
        // Moves the window on without being taken in.
        _ = window.observe(.max - 1, at: Timestamp(seconds: 10_050), isFresh: false, window: span)
        var reader = StateReader(encoded { window.encode(into: &$0) })
        let count = Int(try reader.read(UInt16.self))
        var copy = try MemberWindow(count: count, from: &reader, window: span) { _ in true }
        for second in stride(from: Int64(8_440), to: 11_900, by: 20) {
            let found = copy.observe(7, at: Timestamp(seconds: second), isFresh: true, window: span)
            let expected = window.observe(7, at: Timestamp(seconds: second), isFresh: true, window: span)
            #expect(found.previous == expected.previous && found.isTooOld == expected.isTooOld)
            #expect(copy.count == window.count && copy.freshCount == window.freshCount)
        }
        #expect(window.count == 1)
    }

    @Test func `a rate goes on from its state, with few events and with many`() throws {
        var random = SeededGenerator(seed: 8)
        let span = Interval(seconds: 800)
        var rate = RateWindow()
        var times: [Timestamp] = []
        var now: Int64 = 1_000_000
        var most = 0
        for step in 0..<6_000 {
            // Bursts of more than a byte holds, and pauses that end every window.
            now += step % 2_000 < 1_000 ? Int64.random(in: 0...60, using: &random) : step % 30 == 0 ? 1 : 0
            if step % 2_000 == 1_999 { now += 900 }
            times.append(Timestamp(seconds: now))
            let count = rate.observe(at: Timestamp(seconds: now), window: span)
            most = max(most, count)
            #expect(count >= times.suffix(1_200).count { Timestamp(seconds: now) - $0 < Interval(seconds: 700) })
            #expect(count <= times.suffix(1_200).count { Timestamp(seconds: now) - $0 < span })
            guard step % 13 == 0 else { continue }
            var reader = StateReader(encoded { rate.encode(into: &$0) })
            let copy = try RateWindow(from: &reader, window: span)
            #expect(encoded { copy.encode(into: &$0) } == encoded { rate.encode(into: &$0) })
            rate = copy
        }
        #expect(most > 900)
    }
}
