import RiskModel
import Testing

@testable import Detection

@Suite struct DistinctTests {
    private static func parameters(
        _ key: Field = .ip, _ member: Field = .account, allow: Double = 3, saturate: Double = 11, weight: Double = 1
    ) -> DistinctParameters {
        DistinctParameters(
            key: key, member: member, window: Interval(seconds: 3_600), ramp: Ramp(allow: allow, saturate: saturate),
            establishedWeight: weight, newFor: Interval(seconds: 86_400))
    }

    /// With one key.
    private func column(_ parameters: DistinctParameters) -> DistinctColumn {
        var column = DistinctColumn(Bound(parameters))
        column.grow(to: 1)
        return column
    }

    @Test func `up to allow nothing is said, then each step tells all members`() {
        var state = column(Self.parameters())
        for member in 0..<20 as Range<UInt64> {
            let finding = state.observe(
                0, member, at: Timestamp(seconds: 10_000 + Int64(member)), isFresh: true, since: .epoch)
            guard member >= 3 else {
                #expect(finding == nil)
                continue
            }
            #expect(finding?.strength == min(1, Double(member + 1 - 3) / 8))
            #expect(finding?.count == Int(member) + 1 && finding?.freshCount == Int(member) + 1)
            #expect(finding?.concernsMember == true)
            // One more account is one more eighth here; from the eleventh on it is no worse.
            #expect(finding?.hasRisen == (member < 11))
        }
    }

    @Test func `established accounts count their weight, and by themselves stay within what is allowed`() {
        let parameters = Self.parameters(weight: 0.1)
        var state = column(parameters)
        for member in 0..<30 as Range<UInt64> {
            #expect(
                state.observe(0, member, at: Timestamp(seconds: 10_000), isFresh: false, since: .epoch) == nil)
        }
        let finding = state.observe(0, 99, at: Timestamp(seconds: 10_001), isFresh: true, since: .epoch)
        #expect(abs((finding?.strength ?? 0) - (30 * 0.1 + 1 - 3) / 8) < 1e-12)
        #expect(finding?.count == 31 && finding?.freshCount == 1)
    }

    @Test func `a member that is still there is told again at most once in an eighth of the window`() {
        var state = column(Self.parameters())
        for member in 0..<5 as Range<UInt64> {
            _ = state.observe(0, member, at: Timestamp(seconds: 36_000), isFresh: false, since: .epoch)
        }
        let due = (0..<3_600).filter {
            state.observe(
                0, 0, at: Timestamp(seconds: 36_000 + Int64($0)), isFresh: false, since: .epoch) != nil
        }
        #expect(due == [450, 900, 1_350, 1_800, 2_250, 2_700, 3_150])
    }

    @Test func `an event from before the window says nothing`() {
        var state = column(Self.parameters())
        for member in 0..<11 as Range<UInt64> {
            _ = state.observe(0, member, at: Timestamp(seconds: 36_000), isFresh: false, since: .epoch)
        }
        #expect(state.observe(0, 50, at: Timestamp(seconds: 32_400), isFresh: false, since: .epoch) == nil)
    }

    // MARK: - In the folds

    private func logins(_ accounts: Range<Int>, from seconds: Int64 = 10_000) -> [Fact] {
        accounts.map { Fact(seconds: seconds + Int64($0), account: "a\($0)", ip: "192.0.2.1") }
    }

    @Test func `earlier members of an address hear of it when it turns bad`() {
        var folds = Folds(CompiledRules([.of(.distinct(Self.parameters()))]))
        folds.run(logins(0..<4))
        #expect(folds.told(at: 3).isEmpty)
        #expect(folds.told(at: 4) == ["a0", "a1", "a2", "a3"])
        #expect(folds.entitySignals.keys.map(\.entity) == [EntityKey(kind: .ip, text: "192.0.2.1")])
    }

    @Test func `accounts count as new only after their registration was seen, and for as long as the rule says`() {
        func strength(registered: Int64?, outcome: Outcome = .success) -> Double? {
            var folds = Folds(CompiledRules([.of(.distinct(Self.parameters(weight: 0)), Condition(types: [.login]))]))
            var facts: [Fact] = []
            if let registered {
                facts = (0..<5).map {
                    Fact(seconds: registered, type: .registration, outcome: outcome, account: "a\($0)")
                }
            }
            folds.run(facts + logins(0..<5, from: 200_000))
            return folds.signals.keys.map(\.strength).max()
        }
        #expect(strength(registered: 199_000) == 0.25)
        #expect(strength(registered: 200_000 - 80_000) == 0.25)
        #expect(strength(registered: 200_000 - 86_405) == nil)
        #expect(strength(registered: 199_000, outcome: .failure) == nil)
        #expect(strength(registered: nil) == nil)
    }

    @Test func `a rule that blames the entity tells no account`() {
        var folds = Folds(CompiledRules([.of(.distinct(Self.parameters()), blame: .entity)]))
        folds.run(logins(0..<20))
        #expect(folds.signals.isEmpty)
        // One for each account beyond the three that are allowed.
        #expect(folds.entitySignals.count == 17)
    }

    @Test func `an account has the share of the blame that it had in the count`() {
        let parameters = DistinctParameters(
            key: .ip, member: .account, window: Interval(seconds: 86_400), ramp: Ramp(allow: 2, saturate: 4),
            establishedWeight: 0.25)
        var folds = Folds(CompiledRules([.of(.distinct(parameters))]))
        let registrations = (0..<4).map {
            Fact(seconds: 1_000 + Int64($0), type: .registration, account: "new\($0)", ip: "192.0.2.1")
        }
        let visits = (0..<4).map { Fact(seconds: 2_000 + Int64($0), account: "old\($0)", ip: "192.0.2.1") }
        folds.run(visits + registrations)
        let strengths = Dictionary(grouping: folds.signals.keys, by: \.account).compactMapValues {
            $0.map(\.strength).max()
        }
        // Four new ones and a quarter each of four others count five: beyond saturation.
        #expect(strengths["new0"] == 1)
        #expect(strengths["old0"] == 0.25)
    }

    @Test func `where networks are asked for, the strength is the lesser of theirs and the members'`() {
        let parameters = DistinctParameters(
            key: .device, member: .account, window: Interval(seconds: 3_600), ramp: Ramp(allow: 1, saturate: 5),
            networks: Ramp(allow: 2, saturate: 6))
        /// Of ten events of five accounts in turn.
        func strengths(apart: Int64 = 1, flags: NetworkFlags = [], asn: (Int) -> UInt32) -> [String: Double] {
            var folds = Folds(CompiledRules([.of(.distinct(parameters))]))
            folds.run(
                (0..<10).map { number in
                    var place = Place(.london, flags: flags)
                    place.asn = asn(number)
                    return Fact(
                        seconds: 10_000 + Int64(number) * apart, account: "a\(number % 5)", device: "d", place: place)
                })
            return Dictionary(grouping: folds.signals.keys, by: \.account).compactMapValues {
                $0.map(\.strength).max()
            }
        }
        // Five networks; the accounts by themselves would be worth 1. Who came first is told of all that came behind.
        let accounts = (0..<5).map { "a\($0)" }
        #expect(strengths { 64_500 + UInt32($0 % 5) } == Dictionary(uniqueKeysWithValues: accounts.map { ($0, 0.75) }))
        #expect(strengths { 64_500 + UInt32($0) }.values.max() == 1)
        #expect(strengths { 64_500 + UInt32($0 % 2) }.isEmpty)
        #expect(strengths(flags: .vpn) { 64_500 + UInt32($0) }.isEmpty)
        #expect(strengths { _ in 0 }.isEmpty)
        // Three of the ten networks are in the window at once.
        #expect(strengths(apart: 1_200) { 64_500 + UInt32($0) }.values.allSatisfy { $0 <= 0.25 })
        let evidence = Evidence.pattern(
            entity: EntityKey(kind: .device, text: "d"), count: 5, traits: ["from 5 networks"])
        #expect(
            evidence.sentence(for: .of(.distinct(parameters))) == "5 accounts on device d within 1h: from 5 networks")
    }

    @Test func `countries seen through a relay do not count`() {
        var folds = Folds(CompiledRules([.of(.distinct(Self.parameters(.account, .country, allow: 1, saturate: 3)))]))
        folds.run(
            City.all.enumerated().map {
                Fact(seconds: 10_000 + Int64($0), account: "a", place: Place($1, flags: $0 == 0 ? [] : .vpn))
            })
        #expect(folds.signals.isEmpty)
        folds.run([Fact(seconds: 10_010, account: "a", place: Place(.paris))])
        #expect(folds.signals.keys.map(\.evidence) == [.count(entity: nil, count: 2, fresh: 0, names: ["GB", "FR"])])
    }

    @Test func `networks of an IPv4 address are its 24 bits, of an IPv6 address its 64 or 48`() {
        func entities(_ field: Field, _ addresses: [String]) -> Set<String> {
            var folds = Folds(CompiledRules([.of(.distinct(Self.parameters(field, allow: 0, saturate: 1)))]))
            folds.run(addresses.enumerated().map { Fact(seconds: 10_000, account: "a\($0)", ip: $1) })
            return Set(folds.entitySignals.keys.map(\.entity.text))
        }
        let addresses = ["192.0.2.1", "192.0.2.255", "::ffff:192.0.3.1", "2001:db8::1", "2001:db8:0:1::1", ""]
        #expect(entities(.prefix, addresses) == ["192.0.2.0/24", "192.0.3.0/24", "2001:db8::/64", "2001:db8:0:1::/64"])
        #expect(entities(.prefix48, addresses) == ["2001:db8::/48"])
        #expect(entities(.ip, addresses).count == 5)
    }
}
