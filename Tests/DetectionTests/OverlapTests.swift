import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct OverlapTests {
    private static func parameters(
        _ key: Field, _ member: Field, concurrent: Int = 2, saturate: Double = 1_000
    ) -> OverlapParameters {
        OverlapParameters(
            key: key, member: member, concurrent: concurrent, slot: Interval(seconds: 600),
            window: Interval(seconds: 1_000_000), ramp: Ramp(allow: 0, saturate: saturate))
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>, [2, 3])
    func `occasions agree with the sets of members of all slots`(seed: UInt64, concurrent: Int) {
        var random = SeededGenerator(seed: seed)
        var folds = Folds(CompiledRules([.of(.overlap(Self.parameters(.account, .device, concurrent: concurrent)))]))
        var facts: [Fact] = []
        var expected: [UInt64: Int] = [:]
        var members: [String: [Int64: Set<String>]] = [:]
        var now: Int64 = 1_000_000
        for seq in 1...1_500 as ClosedRange<UInt64> {
            now += Int64.random(in: 0...150, using: &random)
            let late = Int.random(in: 0..<10, using: &random) == 0 ? Int64.random(in: 0...1_500, using: &random) : 0
            let fact = Fact(
                seconds: now - late, account: random.pick(["a", "b"]),
                device: random.pick(["", "one", "one", "one", "one", "two", "three"]))
            facts.append(fact)
            guard !fact.device.isEmpty else { continue }
            // A slot before the latest is over.
            let slot = fact.seconds / 600
            guard slot >= members[fact.account]?.keys.max() ?? 0 else { continue }
            let before = members[fact.account]?[slot]?.count ?? 0
            members[fact.account, default: [:]][slot, default: []].insert(fact.device)
            if before == concurrent - 1, members[fact.account]?[slot]?.count == concurrent {
                expected[seq] = members[fact.account]?.values.count { $0.count >= concurrent }
            }
        }
        folds.run(facts)
        var found: [UInt64: Int] = [:]
        for signal in folds.said() {
            guard case .pattern(nil, let count, _) = signal.evidence else { continue }
            found[signal.seq] = count
            #expect(signal.strength == Double(count) / 1_000)
        }
        #expect(found == expected && expected.count > 5)
    }

    @Test func `relays are no places, but their devices are devices`() {
        let facts = (0..<10).map {
            Fact(
                seconds: 600_000 + Int64($0), account: "a", device: "d\($0)",
                place: Place(City.all[$0 % 5], flags: $0 == 0 ? [] : .vpn))
        }
        var countries = Folds(CompiledRules([.of(.overlap(Self.parameters(.account, .country)))]))
        countries.run(facts)
        #expect(countries.signals.isEmpty)
        var devices = Folds(CompiledRules([.of(.overlap(Self.parameters(.account, .device)))]))
        devices.run(facts)
        #expect(devices.signals.count == 1)
        // A rule that asks for relays gets them.
        let asking = Condition(clauses: [Clause(.flags(.vpn))])
        var relays = Folds(CompiledRules([.of(.overlap(Self.parameters(.account, .country)), asking)]))
        relays.run(facts)
        #expect(relays.said().map(\.evidence) == [.pattern(entity: nil, count: 1, traits: ["US", "AU"])])
    }

    @Test func `on an entity the account at hand is told, and the entity`() {
        var folds = Folds(CompiledRules([.of(.overlap(Self.parameters(.session, .ip, saturate: 1)))]))
        folds.run((0..<3).map { Fact(seconds: 600_000, account: "a\($0)", ip: "192.0.2.\($0)", session: "s") })
        #expect(folds.said().map(\.account) == ["a1"])
        let entity = EntityKey(kind: .session, text: "s")
        #expect(folds.said().map(\.evidence) == [.pattern(entity: entity, count: 1, traits: [])])
        #expect(folds.entitySignals.keys.map(\.entity) == [entity])
    }

    @Test func `occasions leave with the window`() {
        var folds = Folds(CompiledRules([.of(.overlap(Self.parameters(.account, .device)))]))
        func occasion(at seconds: Int64) -> [Fact] {
            ["one", "two"].map { Fact(seconds: seconds, account: "a", device: $0) }
        }
        folds.run(occasion(at: 600_000) + occasion(at: 606_000) + occasion(at: 1_700_000))
        #expect(folds.said().map(\.strength) == [0.001, 0.002, 0.001])
    }
}
