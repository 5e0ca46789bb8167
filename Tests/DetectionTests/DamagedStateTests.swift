import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct DamagedStateTests {
    private static let stream = Sample.stream(3_200, seed: 33)

    /// Folds with free slots, full windows and all that, and what comes after.
    private static let source: (folds: Folds, state: [[UInt8]], next: [EventBatch]) = {
        var folds = Folds(Sample.compile(), accounts: 64 * 4, entities: 64 * 40)
        let all = batches(stream, size: 400)
        for batch in all.dropLast() {
            folds.run(batch)
            _ = folds.profile.maintain(shards: 1) { _ in 0 }
            _ = folds.entity.maintain(turn: 0, watermark: batch.events[0].watermark, shards: 1)
        }
        return (folds, folds.state, batches(Array(stream.suffix(60)), size: 60, firstSeq: 90_000))
    }()

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let at = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[at] = random.pick([0, 1, 2, 0x7f, 0x80, 0xff])
        case 2:
            let word = random.pick([0, 1, .max, .max >> 1, 1 << 63, UInt64(UInt32.max), 64 << 56, 0x7ff8 << 48])
            for i in 0..<8 where at + i < bytes.count {
                bytes[at + i] = UInt8(truncatingIfNeeded: word >> UInt64(i * 8))
            }
        case 3: bytes.removeSubrange(at...)
        case 4: bytes.removeSubrange(at..<min(bytes.count, at + .random(in: 1...40, using: &random)))
        default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 16)], at: at)
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `damaged bytes are refused, or are a state with which the folds go on`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (_, state, next) = Self.source
        var refused = 0
        let rounds = 500
        for _ in 0..<rounds {
            let which = Int.random(in: state.indices, using: &random)
            var damaged = state[which]
            for _ in 0..<Int.random(in: 1...3, using: &random) where !damaged.isEmpty { Self.damage(&damaged, &random) }
            var folds = Folds(Sample.compile(), accounts: 64 * 4, entities: 64 * 40)
            var reader = StateReader(damaged)
            do throws(StateFault) {
                if which < Partition.count {
                    try folds.profile.decode(which, from: &reader)
                } else {
                    try folds.entity.decode(which - Partition.count, from: &reader)
                }
                try reader.finish()
            } catch {
                refused += 1
                continue
            }
            for batch in next { folds.run(batch) }
            _ = folds.profile.maintain(shards: 1) { _ in 0 }
            _ = folds.entity.maintain(turn: which, watermark: .latest, shards: 1)
            _ = folds.state
        }
        // Some damage makes another state that could be, such as a name or a time a little different.
        #expect(refused > rounds / 3)
    }

    @Test(arguments: [0, 1]) func `a state that ends early is refused, wherever it ends`(fold: Int) throws {
        let range = fold == 0 ? 0..<Partition.count : Partition.count..<2 * Partition.count
        let which = range.min { Self.source.state[$0].count < Self.source.state[$1].count } ?? 0
        let bytes = Self.source.state[which]
        let folds = Folds(Sample.compile())
        for end in 0..<bytes.count {
            var reader = StateReader(Array(bytes[..<end]))
            #expect(throws: StateFault.self) {
                if fold == 0 {
                    try folds.profile.decode(which, from: &reader)
                } else {
                    try folds.entity.decode(which - Partition.count, from: &reader)
                }
            }
        }
        #expect(folds.profile.accountCount == 0 && folds.entity.entityCount == 0)
    }

    @Test func `keys of another partition are refused`() {
        let folds = Folds(Sample.compile())
        for which in 0..<Partition.count {
            for fold in 0...1 {
                var reader = StateReader(Self.source.state[fold * Partition.count + which])
                #expect(throws: StateFault.invalid("a key")) {
                    if fold == 0 {
                        try folds.profile.decode((which + 1) % Partition.count, from: &reader)
                    } else {
                        try folds.entity.decode((which + 1) % Partition.count, from: &reader)
                    }
                }
            }
        }
    }

    @Test(
        arguments: [
            ("two keys alike", [0, 0], [] as [UInt32]), ("a free slot that is taken", [0, 1], [1]),
            ("a slot that is free twice", [0, nil, nil], [1, 1]), ("a free slot that is not listed", [0, nil], []),
            ("a free slot beyond the last", [0, nil], [2]),
        ] as [(String, [UInt64?], [UInt32])])
    func `an index with contradictions is refused`(_: String, keys: [UInt64?], free: [UInt32]) {
        // Words that fall into one partition.
        let words = (0..<10_000 as Range<UInt64>).filter { Partition.of(0, $0) == 5 }
        let bytes = encoded { writer in
            writer.write(count: keys.count)
            for key in keys {
                writer.write(Int64(key == nil ? -1 : 1_000))
                guard let key else { continue }
                writer.write(UInt64(0))
                writer.write(words[Int(key)])
            }
            writer.write(count: free.count)
            for slot in free { writer.write(slot) }
        }
        var reader = StateReader(bytes)
        #expect(throws: StateFault.self) {
            try KeyIndex(keysAreTexts: false, partition: 5, hash: KeyHash(seed: 1), from: &reader)
        }
    }

    // MARK: - Values that would trap or mislead later

    private static func decode(_ column: some StateColumn, _ write: (inout StateWriter) -> Void) throws {
        var index = KeyIndex(keysAreTexts: false)
        _ = index.slot(high: 0, low: 1, hash: 1, at: .epoch)
        var column = column
        column.grow(to: 1)
        var reader = StateReader(encoded(write))
        try column.decode(slotsOf: index, from: &reader)
        try reader.finish()
    }

    private static let ramp = Ramp(allow: 0, saturate: 3)

    @Test(arguments: [Field.account, .device]) func `a member that is an account has a partition that there is`(
        member: Field
    ) throws {
        let column = DistinctColumn(
            Bound(
                DistinctParameters(key: .ip, member: member, window: Interval(seconds: 60), ramp: Self.ramp)))
        func decode(partition: Int) throws {
            try Self.decode(column) { writer in
                writer.write(UInt8(0))
                writer.write(UInt16(1))
                writer.write(AccountRef(partition: partition, generation: 0, slot: 5).rawValue)
                writer.write(Int64(2_000))
                writer.write(false)
            }
        }
        try decode(partition: 63)
        if member == .account {
            #expect(throws: StateFault.invalid("a member")) { try decode(partition: 64) }
        } else {
            try decode(partition: 64)
        }
    }

    @Test(arguments: [
        (90, 180, true), (Float.nan, 0, false), (0, Float.nan, false), (90.5, 0, false), (0, -Float.infinity, false),
    ])
    func `a place lies on the earth`(latitude: Float, longitude: Float, isPlace: Bool) throws {
        let column = TravelColumn(
            Bound(
                TravelParameters(
                    maximumSpeed: 1, minimumDistance: 1, window: Interval(seconds: 60), ramp: Self.ramp)))
        func decode(pair: UInt64) throws {
            try Self.decode(column) { writer in
                writer.write(true)
                writer.write(Timestamp(seconds: 1))
                writer.write(IPAddress.none)
                writer.write(latitude)
                writer.write(longitude)
                writer.write(UInt32(1))
                writer.write(UInt16(1))
                writer.write(UInt16(1))
                writer.write(UInt32(0))
                writer.write("device")
                writer.write(count: 1)
                writer.write(UInt32(0))
                writer.write(UInt16(1))
                writer.write(pair)
                writer.write(Int64(2_000))
                writer.write(false)
            }
        }
        guard isPlace else {
            #expect(throws: StateFault.invalid("a place")) { try decode(pair: 0) }
            return
        }
        try decode(pair: 180 * 512 + 360)
        #expect(throws: StateFault.invalid("a member")) { try decode(pair: 181 * 512) }
        #expect(throws: StateFault.invalid("a member")) { try decode(pair: 361 << 32) }
    }

    @Test(arguments: [(0, true), (-1, false), (.max, false)] as [(Int64, Bool)])
    func `an eighth of a window is one of this age`(newest: Int64, isOne: Bool) throws {
        let column = RateColumn(
            Bound(
                RateParameters(key: .ip, window: Interval(seconds: 60), ramp: Self.ramp), blame: .entity))
        func decode() throws {
            try Self.decode(column) { writer in
                writer.write(newest)
                writer.write(UInt16(0))
            }
        }
        if isOne { try decode() } else { #expect(throws: StateFault.invalid("a time")) { try decode() } }
    }
}
