import RiskModel
import Testing

@testable import Detection

@Suite struct EvictionTests {
    private static func distinct(_ key: Field, window: Int64 = 3_600) -> CompiledRules {
        CompiledRules([
            .of(
                .distinct(
                    DistinctParameters(
                        key: key, member: .account, window: Interval(seconds: window), ramp: Ramp(allow: 1, saturate: 3)
                    )))
        ])
    }

    // MARK: - Accounts

    @Test func `of the lowest rank, accounts not seen for longest give way, and the limit holds`() {
        let limit = 64 * 20
        var folds = Folds(Self.distinct(.ip), accounts: limit)
        folds.run((0..<4_000).map { Fact(seconds: 10_000 + Int64($0), account: "a\($0)") })
        // Numbers follow from names, so that another fold gives the same.
        let refs = Folds(Self.distinct(.ip)).profile.run(
            batches((0..<4_000).map { Fact(seconds: 10_000, account: "a\($0)") }, size: 4_000)[0], taints: Taints(),
            shards: 1
        ).standings.map(\.account)
        // Those of rank 1 alone would be too many.
        let ranks = Dictionary(uniqueKeysWithValues: zip(refs, (0..<4_000).map { $0 < 2_000 ? UInt8($0 % 3) : 1 }))
        let departed = folds.profile.maintain(shards: 4) { ranks[$0]! }
        let gone = departed.map(\.account)

        // A partition's share of the limit is 20; a tenth of it is free now.
        var expected: [AccountRef] = []
        for partition in 0..<Partition.count {
            let own = refs.enumerated().filter { $1.partition == partition }
            let sorted = own.sorted { (ranks[$0.element]!, $0.offset) < (ranks[$1.element]!, $1.offset) }
            expected += sorted.dropLast(18).map(\.element)
        }
        #expect(gone == expected && folds.profile.accountCount == 64 * 18)
        for (i, ref) in refs.enumerated() {
            #expect(folds.profile.account(ref)?.account == (expected.contains(ref) ? nil : "a\(i)"))
        }
        #expect(folds.profile.account(.none) == nil)
        for account in departed {
            let number = refs.firstIndex(of: account.account)!
            #expect(account.name == "a\(number)" && account.lastSeen == Timestamp(seconds: 10_000 + Int64(number)))
        }

        // Who comes back is a new account; the old number is nobody's.
        folds.newAccounts = []
        let back = refs.firstIndex(of: gone[0])!
        folds.run([Fact(seconds: 20_000, account: "a\(back)")])
        #expect(
            folds.newAccounts == [
                NewAccount(
                    account: "a\(back)", firstSeen: Timestamp(seconds: 20_000), watermark: Timestamp(seconds: 20_000))
            ])
        #expect(folds.standings[0].account != refs[back] && folds.profile.account(refs[back]) == nil)
        #expect(folds.profile.account(folds.standings[0].account)?.account == "a\(back)")
    }

    @Test func `within the limit nobody gives way`() {
        var folds = Folds(Self.distinct(.ip), accounts: 64 * 200)
        folds.run((0..<4_000).map { Fact(seconds: 10_000, account: "a\($0)") })
        #expect(folds.profile.maintain(shards: 1) { _ in 0 }.isEmpty)
        #expect(folds.profile.accountCount == 4_000)
    }

    @Test func `a slot's next account inherits nothing`() {
        let rules = CompiledRules([
            .of(
                .rate(
                    RateParameters(key: .account, window: Interval(seconds: 8_000), ramp: Ramp(allow: 2, saturate: 3)))),
            .of(
                .match(
                    MatchParameters(
                        test: .flags(.vpn), window: Interval(seconds: 8_000), gap: .zero,
                        ramp: Ramp(allow: 2, saturate: 3)))),
            .of(
                .distinct(
                    DistinctParameters(
                        key: .account, member: .country, window: Interval(seconds: 8_000),
                        ramp: Ramp(allow: 1, saturate: 2)))),
            .of(
                .travel(
                    TravelParameters(
                        maximumSpeed: 1000, minimumDistance: 500, window: Interval(seconds: 8_000),
                        ramp: Ramp(allow: 0, saturate: 1)))),
        ])
        var folds = Folds(rules, accounts: 1)
        func visit(_ account: String, _ seconds: Int64, _ city: City, _ flags: NetworkFlags) -> Fact {
            Fact(seconds: seconds, account: account, place: Place(city, flags: flags))
        }
        let names = (0..<2_000).map { "a\($0)" }
        folds.run(names.map { visit($0, 10_000, .london, []) } + names.map { visit($0, 10_000, .london, .vpn) })
        #expect(folds.profile.maintain(shards: 1) { _ in 9 }.count == 2_000)
        #expect(folds.profile.accountCount == 0)
        folds.run(
            (0..<2_000).map { visit("b\($0)", 10_001, .sydney, .vpn) }
                + (0..<2_000).map { visit("b\($0)", 10_001, .sydney, []) })
        #expect(folds.signals.isEmpty)
        // The slots are used again: some number has a generation above 0.
        #expect(folds.standings.contains { $0.account.generation > 0 })
    }

    // MARK: - Entities

    @Test(arguments: [Field.ip, .device]) func `idle keys are forgotten in turn, and cost nothing`(key: Field) {
        var folds = Folds(Self.distinct(key))
        let facts = (0..<2_000).map {
            Fact(seconds: 10_000 + Int64($0), account: "a\($0)", ip: "10.0.\($0 / 250).\($0 % 250)", device: "d\($0)")
        }
        folds.run(facts)
        for turn in 0..<64 {
            let watermark = Timestamp(seconds: 11_000 + 3_600)
            #expect(folds.entity.maintain(turn: turn, watermark: watermark, shards: 2) == 0)
        }
        // Those that were last seen at 11,000 or before have left their windows.
        #expect(folds.entity.entityCount == 999)
    }

    @Test(arguments: [Field.ip, .device])
    func `above the limit the keys not seen for longest give way, and no more than are too many`(key: Field) {
        let limit = 64 * 20
        var folds = Folds(Self.distinct(key), entities: limit)
        // All at one time: only their number says who has to go.
        folds.run(
            (0..<4_000).map {
                Fact(seconds: 10_000, account: "a", ip: "10.0.\($0 / 250).\($0 % 250)", device: "d\($0)")
            })
        let gone = folds.entity.maintain(turn: 0, watermark: Timestamp(seconds: 10_000), shards: 4)
        #expect(folds.entity.entityCount == 64 * 18)
        #expect(gone == 4_000 - 64 * 18)
        // It goes on.
        folds.run((0..<4).map { Fact(seconds: 10_001, account: "b\($0)", ip: "10.9.9.9", device: "new") })
        #expect(folds.signals.keys.map(\.strength).max() == 1)
    }

    @Test func `a key that was seen lately keeps its members`() {
        var folds = Folds(Self.distinct(.ip), entities: 64 * 10)
        let bad = (0..<2).map { Fact(seconds: 11_000, account: "bad\($0)", ip: "192.0.2.1") }
        folds.run((0..<3_000).map { Fact(seconds: 10_000, account: "a", ip: "10.0.\($0 / 250).\($0 % 250)") } + bad)
        _ = folds.entity.maintain(turn: 0, watermark: Timestamp(seconds: 11_000), shards: 1)
        folds.signals = [:]
        folds.run([Fact(seconds: 11_001, account: "bad2", ip: "192.0.2.1")])
        #expect(folds.signals.keys.map(\.account).sorted() == ["bad0", "bad1", "bad2"])
    }
}
