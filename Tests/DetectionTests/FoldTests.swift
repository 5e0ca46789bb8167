import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct FoldTests {
    private static let facts = Sample.stream(3_000, seed: 14)
    private static let reference: Folds = {
        var folds = Folds(Sample.compile())
        folds.run(facts)
        return folds
    }()

    @Test func `the stream makes every rule speak`() {
        let spoken = Set(Self.reference.signals.keys.map(\.rule))
        // Those of two rules blame the entity alone.
        #expect(spoken == Set(Sample.rules.indices).subtracting([4, 8]))
        let onEntities = Sample.rules.indices.filter { number in
            switch Sample.rules[number].kind {
            case .distinct, .rate, .overlap, .resale, .rhythm, .likeness, .takeover:
                Sample.rules[number].key != .account
            default: false
            }
        }
        #expect(Set(Self.reference.entitySignals.keys.map(\.rule)) == Set(onEntities))
        #expect(Self.reference.orphans == 0)
        #expect(Self.reference.signals.keys.allSatisfy { $0.strength > 0 && $0.strength <= 1 })
        #expect(Self.reference.signals.keys.allSatisfy { $0.watermark >= $0.time })
    }

    @Test func `a rule tells an account once of an event`() {
        struct Told: Hashable {
            var account: String
            var rule: Int
            var seq: UInt64
        }
        let told = Self.reference.signals.keys.map { Told(account: $0.account, rule: $0.rule, seq: $0.seq) }
        #expect(Set(told).count == told.count)
        #expect(Self.reference.signals.values.allSatisfy { $0 == 1 })
    }

    @Test(arguments: [1, 7, 1_000], [1, 4, 64])
    func `neither batches nor shards change what is said`(size: Int, shards: Int) {
        var folds = Folds(Sample.compile(), shards: shards)
        folds.run(Self.facts, size: size)
        #expect(folds.signals == Self.reference.signals)
        #expect(folds.entitySignals == Self.reference.entitySignals)
        #expect(folds.newAccounts == Self.reference.newAccounts)
    }

    @Test(arguments: [0, 2, .max] as [UInt64]) func `the seed of the hashes does not change what is said`(seed: UInt64)
    {
        var folds = Folds(Sample.compile(), shards: 2, seed: seed)
        folds.run(Self.facts, size: 100)
        #expect(folds.signals == Self.reference.signals)
        #expect(folds.entitySignals == Self.reference.entitySignals)
        #expect(folds.newAccounts == Self.reference.newAccounts)
    }

    @Test func `new accounts are told in the order of their first events`() {
        var seen: Set<String> = []
        let expected = Self.facts.filter { !$0.account.isEmpty && seen.insert($0.account).inserted }
        #expect(Self.reference.newAccounts.map(\.account) == expected.map(\.account))
        #expect(Self.reference.newAccounts.map(\.firstSeen) == expected.map { Timestamp(seconds: $0.seconds) })
    }

    /// The counts of one rule, by a list of all events.
    @Test func `accounts of an address agree with a count over all events`() {
        var expected: [UInt64: Int] = [:]
        var newest: [String: Int64] = [:]
        var sights: [String: [String: Int64]] = [:]
        for (i, fact) in Self.facts.enumerated() where !fact.account.isEmpty && fact.type != .verdict {
            let ip = IPAddress(fact.ip)!.description
            newest[ip] = max(newest[ip] ?? 0, fact.seconds)
            guard fact.seconds > newest[ip]! - 600 else { continue }
            sights[ip, default: [:]][fact.account] = max(sights[ip]?[fact.account] ?? 0, fact.seconds)
            expected[UInt64(i + 1)] = sights[ip]!.values.count { $0 > newest[ip]! - 600 }
        }
        let counts = Self.reference.signals.keys.filter { $0.rule == 0 }.map { signal -> (UInt64, Int) in
            guard case .count(_, let count, _, _) = signal.evidence else { return (signal.seq, -1) }
            return (signal.seq, count)
        }
        #expect(counts.count > 100)
        // Never fewer; of a large window those that left within the last sixteenth may still stand.
        #expect(counts.allSatisfy { seq, count in count >= expected[seq]! })
        #expect(counts.filter { seq, _ in expected[seq]! < 3 }.allSatisfy { seq, count in count <= expected[seq]! + 3 })
        #expect(counts.count { seq, count in count == expected[seq]! } * 10 > counts.count * 9)
    }
}
