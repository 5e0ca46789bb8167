import RiskModel
import Testing

@testable import Detection

@Suite struct TakeoverTests {
    private static let parameters = TakeoverParameters(
        key: .ip, window: Interval(seconds: 3_600), ramp: Ramp(allow: 4, saturate: 8), minimumShare: 0.8)
    private static let start: Int64 = 1_700_000_000
    private static let source = "203.0.113.9"

    private static func login(
        _ account: String, _ seconds: Int64, _ outcome: Outcome = .success, at place: City = .sydney,
        ip: String = source, device: String = "attacker", username: String = ""
    ) -> Fact {
        Fact(
            seconds: start + seconds, outcome: outcome, account: account, ip: ip, device: device, username: username,
            place: Place(place))
    }

    /// Accounts that lived at home for days, long before.
    private static func homes(_ accounts: [String]) -> [Fact] {
        (0..<4 as Range<Int64>).flatMap { day in
            accounts.map { login($0, (day - 40) * 86_400, at: .london, ip: "192.0.2.1", device: "own-\($0)") }
        }
    }

    private static func failures(_ count: Int, from seconds: Int64) -> [Fact] {
        (0..<count).map { login("tried\($0)", seconds + Int64($0), .failure) }
    }

    private func run(_ facts: [Fact]) -> Folds {
        var folds = Folds(CompiledRules([.of(.takeover(Self.parameters), Condition(types: [.login]))]))
        folds.run(facts)
        return folds
    }

    private static let entity = EntityKey(kind: .ip, text: source)

    @Test func `who is logged in to from an attacking source, from a new place, is taken over`() {
        let folds = run(Self.homes(["victim"]) + Self.failures(6, from: 0) + [Self.login("victim", 10)])
        #expect(folds.said().map(\.account) == ["victim"])
        #expect(folds.said().map(\.strength) == [0.5])
        guard case .pattern(Self.entity, 6, let traits) = folds.said().first?.evidence else {
            Issue.record("other evidence")
            return
        }
        #expect(traits.contains("from a new device") && traits.contains("from a new network"))
        #expect(folds.entitySignals.keys.allSatisfy { $0.entity == Self.entity })
        #expect(!folds.entitySignals.isEmpty)
    }

    @Test func `it is told once, and those that were first in when the source is known`() {
        let early = Self.homes(["first", "second"]) + [Self.login("first", 0), Self.login("second", 1)]
        let folds = run(early + Self.failures(8, from: 10) + [Self.login("second", 30)])
        // At the fifth failure both are told, and once.
        let fifth = UInt64(early.count + 5)
        #expect(folds.told(at: fifth) == ["first", "second"])
        #expect(folds.said().count { $0.account == "first" } == 1)
    }

    @Test func `an account that uses what it knows is not taken over`() {
        let own = Self.login("victim", 10, device: "own-victim")
        var known = Self.homes(["victim"])
        // It was seen in this network before.
        known.append(Self.login("victim", -86_400, ip: "203.0.113.50", device: "own-victim"))
        #expect(run(known + Self.failures(8, from: 0) + [own]).signals.isEmpty)
    }

    @Test func `a source behind which most get in does not attack`() {
        let many = (0..<6).map { "neighbour\($0)" }
        // They lived there before.
        let neighbours = many.map { Self.login($0, -86_400, device: "own-\($0)") }
        let visits = many.enumerated().map { Self.login($1, Int64($0), device: "own-\($1)") }
        let attack = Self.failures(8, from: 20) + [Self.login("victim", 40)]
        #expect(run(Self.homes(["victim"]) + neighbours + visits + attack).signals.isEmpty)
        // A share of 0.8 must have held: two of ten may get in.
        let few = Self.homes(["victim"]) + neighbours + visits.prefix(2) + attack
        #expect(run(few).said().map(\.account) == ["victim"])
    }

    @Test func `names that nobody has are accounts that were tried`() {
        let names = (0..<6).map { Self.login("", Int64($0), .failure, username: "name\($0)") }
        let folds = run(Self.homes(["victim"]) + names + [Self.login("victim", 10)])
        #expect(folds.said().map(\.account) == ["victim"])
        let same = (0..<6).map { Self.login("", Int64($0), .failure, username: "name") }
        #expect(run(Self.homes(["victim"]) + same + [Self.login("victim", 10)]).signals.isEmpty)
    }

    @Test func `attempts leave with the window, and so do those that were logged in to before it`() {
        let late = run(Self.homes(["victim"]) + Self.failures(8, from: 0) + [Self.login("victim", 3_700)])
        #expect(late.signals.isEmpty)
        let early = run(Self.homes(["victim"]) + [Self.login("victim", 0)] + Self.failures(8, from: 3_600))
        #expect(early.signals.isEmpty)
        let inside = run(Self.homes(["victim"]) + [Self.login("victim", 0)] + Self.failures(8, from: 3_590))
        #expect(inside.said().map(\.account) == ["victim"])
    }

    @Test func `an account that is hours old may be the attacker's own`() {
        func said(registered hours: Int64) -> Int {
            let registration = Fact(
                seconds: Self.start - hours * 3_600, type: .registration, account: "young", ip: "192.0.2.1",
                device: "own", place: Place(.london))
            return run([registration] + Self.failures(8, from: 0) + [Self.login("young", 10)]).signals.count
        }
        #expect(said(registered: 2) == 0 && said(registered: 480) == 1)
    }

    // MARK: - One account by itself

    private static func own(_ facts: [Fact]) -> [Folds.NamedSignal] {
        var parameters = Self.parameters
        parameters.key = .account
        var folds = Folds(CompiledRules([.of(.takeover(parameters))]))
        folds.run(homes(["victim"]) + facts)
        return folds.said()
    }

    /// From another country, network and device.
    private static func stranger(_ seconds: Int64, _ outcome: Outcome = .success, type: EventType = .login) -> Fact {
        var fact = login("victim", seconds, outcome)
        fact.type = type
        return fact
    }

    @Test func `a success from a new place within a day of a failure from such a place is a takeover`() {
        let said = Self.own([Self.stranger(0, .failure), Self.stranger(60, .failure), Self.stranger(86_460)])
        #expect(said.map(\.strength) == [1])
        guard case .pattern(nil, 2, _) = said.first?.evidence else {
            Issue.record("other evidence")
            return
        }
        let late = Self.own([Self.stranger(0, .failure), Self.stranger(86_401)])
        #expect(late.allSatisfy { $0.strength == TakeoverColumn.suspicion })
    }

    @Test func `by itself a new place is a suspicion, and a takeover when a violation follows within days`() {
        func violation(_ seconds: Int64) -> Fact {
            Fact(seconds: Self.start + seconds, type: .policyViolation, account: "victim")
        }
        #expect(Self.own([Self.stranger(0)]).map(\.strength) == [TakeoverColumn.suspicion])
        let followed = Self.own([Self.stranger(0), violation(5 * 86_400)])
        #expect(followed.count == 2 && (followed.last?.strength ?? 0) > TakeoverColumn.suspicion)
        #expect(Self.own([Self.stranger(0), violation(5 * 86_400 + 1)]).count == 1)
        #expect(Self.own([violation(0)]).isEmpty)
    }

    @Test func `one's own device in another network, and a new device at home, are nothing`() {
        let journey = Self.login("victim", 60, device: "own-victim")
        #expect(Self.own([Self.stranger(0, .failure), journey]).isEmpty)
        let telephone = Self.login("victim", 60, at: .london, ip: "192.0.2.1", device: "new")
        #expect(Self.own([Self.stranger(0, .failure), telephone]).isEmpty)
    }

    @Test func `whose own clients tell no device is not known by one`() {
        func said(_ own: String) -> [Double] {
            var parameters = Self.parameters
            parameters.key = .account
            var folds = Folds(CompiledRules([.of(.takeover(parameters))]))
            let home = (0..<4 as Range<Int64>).map { day in
                Self.login("victim", (day - 40) * 86_400, at: .london, ip: "192.0.2.1", device: own)
            }
            folds.run(home + [Self.stranger(0, .failure), Self.stranger(60)])
            return folds.said().map(\.strength)
        }
        #expect(said("") == [1] && said("own") == [1])
        // The device that it has had since is its own.
        #expect(said("attacker").isEmpty)
    }
}
