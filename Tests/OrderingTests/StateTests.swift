import RiskModel
import TestSupport
import Testing

@testable import Ordering

@Suite struct StateTests {
    private static let limits: [Sequencer.Limits] = [
        .test(ids: 60), .test(lateness: 100), .test(lateness: 300, tolerance: 60, ids: 30, span: 500, events: 40),
    ]

    private static func bytes(of sequencer: Sequencer) -> [UInt8] {
        var writer = StateWriter()
        sequencer.encode(into: &writer)
        return writer.bytes
    }

    private static func decode(_ bytes: [UInt8], limits: Sequencer.Limits) throws(StateFault) -> Sequencer {
        var reader = StateReader(bytes)
        let sequencer = try Sequencer(decoding: &reader, limits: limits)
        try reader.finish()
        return sequencer
    }

    @Test(arguments: limits, 1...4 as ClosedRange<UInt64>)
    func `a sequencer that is read back goes on as the one that was written`(limits: Sequencer.Limits, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let lines = randomLines(1_200, &random)
        var expected = Model(lines, limits: limits).outcome
        var most = (held: 0, inDoubt: 0)
        let outcome = Outcome(of: lines, limits: limits) {
            .random(in: 0...60, using: &random)
        } between: { sequencer in
            let bytes = Self.bytes(of: sequencer)
            most.held = max(most.held, sequencer.statistics.held)
            most.inDoubt = max(most.inDoubt, sequencer.statistics.inDoubt)
            guard let back = try? Self.decode(bytes, limits: limits) else {
                Issue.record("what was written cannot be read")
                return
            }
            #expect(Self.bytes(of: back) == bytes)
            #expect(back.order == sequencer.order && back.watermark == sequencer.watermark)
            sequencer = back
        }
        #expect(outcome.left == expected.left && outcome.rejected == expected.rejected)
        #expect(most.inDoubt > 0 && (limits.lateness == .zero || most.held > 5))
        // What counters say starts anew.
        expected.statistics = .init()
        #expect(outcome.statistics.late <= lines.count && outcome.statistics.held == 0)
    }

    @Test func `every field of an event that waits is kept`() throws {
        var event = Event()
        event.seq = .max
        event.time = Timestamp(seconds: 1_000)
        event.watermark = .latest
        event.address = IPAddress(high: 1, low: .max)
        event.place.latitude = -89.5
        event.place.longitude = 179.25
        event.place.asn = 64_496
        event.place.owner = 3
        event.place.subdivision = SubdivisionCode("9")!
        event.place.country = CountryCode("AT")!
        event.place.accuracyRadiusKilometres = 1_000
        event.place.flags = [.satellite, .anonymous]
        event.place.hasLocation = true
        event.listed = 1 << 63 | 1
        event.cardCountry = CountryCode("DE")!
        event.type = .message
        event.outcome = .failure
        event.severity = 4
        event.source = .quarantine
        // Room for the texts below, each of which differs from its neighbours.
        let arena = Array((0..<50).map { "\($0) " }.joined().utf8)
        var next: UInt32 = 0
        event.mapTexts { _ in
            defer { next += 5 }
            return TextSlice(offset: next, count: 3 + next / 5)
        }
        var writer = StateWriter()
        writer.write(event, textsIn: arena.span)
        var batch = EventBatch()
        batch.text = [1, 2, 3]
        var reader = StateReader(writer.bytes)
        try reader.readEvent(into: &batch)
        #expect(reader.remaining == 0)
        func texts(_ event: Event, _ arena: [UInt8]) -> [[UInt8]] {
            var event = event
            var texts: [[UInt8]] = []
            var count = 0
            event.mapTexts {
                // What the enrichment makes of others is made anew.
                if count < Event.textCount - Event.derivedTextCount { texts.append(Array(arena[$0.range])) }
                count += 1
                return .empty
            }
            return texts
        }
        #expect(texts(batch.events[0], batch.text) == texts(event, arena))
        func plain(_ event: Event) -> String {
            var event = event
            event.mapTexts { _ in .empty }
            return "\(event)"
        }
        #expect(plain(batch.events[0]) == plain(event))

        var least = StateWriter()
        least.write(Event(), textsIn: arena.span)
        #expect(least.bytes.count == StateReader.leastEventBytes)
    }

    @Test func `smaller limits make the earliest leave`() throws {
        var sequencer = Sequencer(limits: .test(lateness: 1_000, ids: 100), hashSeed: 5)
        var ready = EventBatch()
        sequencer.take(
            (1...50).map { Line(seq: $0, time: Int64($0) * 1_000_000, received: nil, id: "\($0)") }[...], into: &ready)
        #expect(ready.events.isEmpty)
        let again = (1...50).map { Line(seq: 60 + $0, time: 0, received: nil, id: "\($0)") }
        var back = try Self.decode(Self.bytes(of: sequencer), limits: .test(lateness: 10, ids: 20))
        var changed = sequencer
        changed.limits = .test(lateness: 10, ids: 20)
        var other = EventBatch()
        back.take(again[30...], into: &ready)
        changed.take(again[30...], into: &other)
        #expect(ready.events.map(\.seq) == Array(1...40) && other.events.map(\.seq) == Array(1...40))
        #expect(back.statistics.duplicates == 20 && changed.statistics.duplicates == 20)
        back.take(again[29..<30], into: &ready)
        changed.take(again[29..<30], into: &other)
        #expect(back.statistics.duplicates == 20 && changed.statistics.duplicates == 20)
        #expect(ready.events.map(\.seq) == other.events.map(\.seq))
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `damaged bytes are refused, or are another state; they never crash`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let lines = randomLines(1_000, &random)
        let limits = Sequencer.Limits.test(lateness: 200, ids: 50)
        var sequencer = Sequencer(limits: limits, hashSeed: 3)
        var ready = EventBatch()
        sequencer.take(lines[..<500], into: &ready)
        let now = sequencer.watermark.microseconds + 150_000_000
        sequencer.take((501...510).map { Line(seq: $0, time: now, received: nil, id: "\($0)") }[...], into: &ready)
        sequencer.take([Line(seq: 511, time: 1 << 56, received: 1)], into: &ready)
        #expect(sequencer.statistics.held > 9 && sequencer.statistics.inDoubt == 1)
        let bytes = Self.bytes(of: sequencer)
        for count in bytes.indices where count < 200 || count % 37 == 0 {
            #expect(throws: StateFault.self) { try Self.decode(Array(bytes.prefix(count)), limits: limits) }
        }
        #expect(throws: StateFault.invalid("the end")) { try Self.decode(bytes + [0], limits: limits) }
        var refused = 0
        var read = 0
        for _ in 0..<1_500 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let i = Int.random(in: 0..<(Bool.random(using: &random) ? 120 : damaged.count), using: &random)
                damaged[i] = random.pick([0, 1, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &random)])
            }
            guard var other = try? Self.decode(damaged, limits: limits) else {
                refused += 1
                continue
            }
            read += 1
            var ready = EventBatch()
            other.take(lines[511..<600], into: &ready)
            other.finish(into: &ready)
            _ = Self.bytes(of: other)
        }
        #expect(refused > 100 && read > 100)
    }
}
