import RiskModel
import Testing

@testable import Detection

@Suite struct RateTests {
    private static func parameters(_ key: Field) -> RateParameters {
        RateParameters(key: key, window: Interval(seconds: 800), ramp: Ramp(allow: 4, saturate: 12))
    }

    @Test func `the accounts behind the events hear of it when the key gets worse`() {
        var folds = Folds(CompiledRules([.of(.rate(Self.parameters(.ip)))]))
        folds.run((0..<6).map { Fact(seconds: 8_000 + Int64($0), account: "a\($0 % 3)", ip: "192.0.2.1") })
        #expect(folds.told(at: 4).isEmpty)
        #expect(folds.told(at: 5) == ["a0", "a1", "a2"])
        #expect(folds.told(at: 6) == ["a0", "a1", "a2"])
        #expect(folds.signals.keys.first { $0.seq == 6 }?.strength == 0.25)
    }

    @Test func `failed logins without an account count for their address alone`() {
        var folds = Folds(
            CompiledRules([
                .of(.rate(Self.parameters(.ip)), Condition(types: [.login], outcomes: [.failure]), blame: .entity),
                .of(.rate(Self.parameters(.ip)), Condition(types: [.login], outcomes: [.failure])),
                .of(
                    .distinct(
                        DistinctParameters(
                            key: .ip, member: .account, window: Interval(seconds: 800),
                            ramp: Ramp(allow: 0, saturate: 1)))),
                .of(.rate(Self.parameters(.account))),
            ]))
        folds.run((0..<50).map { Fact(seconds: 8_000 + Int64($0), outcome: .failure, ip: "192.0.2.1") })
        #expect(folds.signals.isEmpty && folds.orphans == 0 && folds.newAccounts.isEmpty)
        #expect(folds.profile.accountCount == 0)
        #expect(Set(folds.entitySignals.keys.map(\.rule)) == [0, 1])
        #expect(folds.entitySignals.count == 16)
    }

    @Test func `an account's own events count for it`() {
        var folds = Folds(CompiledRules([.of(.rate(Self.parameters(.account)))]))
        folds.run((0..<12).map { Fact(seconds: 8_000, account: $0 == 3 ? "b" : "a") })
        #expect(Set(folds.signals.keys.map(\.account)) == ["a"])
        #expect(folds.signals.keys.map(\.strength).max() == 7.0 / 8)
    }
}
