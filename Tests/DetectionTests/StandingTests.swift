import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct StandingTests {
    /// What an account used last, latest first.
    private struct Known {
        var values: [String] = []
        let limit: Int

        /// Whether something is known and this is not; what succeeded is known then.
        mutating func isFirst(_ value: String, succeeded: Bool) -> Bool {
            let isFirst = !values.isEmpty && !values.contains(value)
            if succeeded { values = Array(([value] + values.filter { $0 != value }).prefix(limit)) }
            return isFirst
        }
    }

    private static func standings(_ facts: [Fact]) -> [Standing] {
        var folds = Folds(CompiledRules([]))
        return batches(facts, size: 1).map { batch in
            folds.run(batch)
            return folds.standings[0]
        }
    }

    @Test(arguments: [(0, 7), (7, 0), (7, 8), (7, 7)] as [(UInt64, UInt64)])
    func `where networks got other names none is a first, and devices are known as before`(
        before: UInt64, after: UInt64
    ) throws {
        let login = Fact(seconds: 1_000_000, account: "a", ip: "192.0.2.1", device: "one")
        var folds = Folds(CompiledRules([], networkNames: before))
        folds.run(batches([login], size: 1)[0])
        var later = Folds(CompiledRules([], networkNames: after))
        try later.restore(folds.state)
        let other = Fact(seconds: 1_000_100, account: "a", ip: "198.51.100.1", device: "two")
        later.run(batches([other], size: 1, firstSeq: 2)[0])
        #expect(later.standings[0].firsts == (before == after ? [.device, .network] : [.device]))
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `firsts are what is none of the last three devices, three networks and two countries`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var devices = Known(limit: 3)
        var networks = Known(limit: 3)
        var countries = Known(limit: 2)
        var expected: [Sights] = []
        let facts = (0..<600).map { step -> Fact in
            var place = Place()
            place.asn = random.pick([0, 0, 1, 2, 3])
            place.country = random.pick([.unknown, CountryCode("AT")!, CountryCode("DE")!, CountryCode("FR")!])
            let ip = random.pick([
                "", "192.0.2.1", "192.0.77.1", "192.9.2.1", "2001:db8::1", "2001:db8:9::1", "2001:dba::1",
            ])
            let fact = Fact(
                seconds: 1_000_000 + Int64(step), type: random.pick([.login, .apiCall]),
                outcome: random.pick(Outcome.allCases), account: "a", ip: ip,
                device: random.pick(["", "one", "two", "three", "four", "five"]), place: place)
            let succeeded = fact.outcome != .failure
            var firsts: Sights = []
            if !fact.device.isEmpty, devices.isFirst(fact.device, succeeded: succeeded) { firsts.insert(.device) }
            if !ip.isEmpty {
                // IPv4 /16 and IPv6 /32.
                let block = ip.hasPrefix("2") ? String(ip.prefix(8)) : ip.split(separator: ".").prefix(2).joined()
                let network = place.asn == 0 ? block : "AS\(place.asn)"
                if networks.isFirst(network, succeeded: succeeded) { firsts.insert(.network) }
                if place.country != .unknown, countries.isFirst("\(place.country)", succeeded: succeeded) {
                    firsts.insert(.country)
                }
            }
            expected.append(firsts)
            return fact
        }
        let known: Sights = [.device, .network, .country]
        #expect(Self.standings(facts).map { $0.firsts.intersection(known) } == expected)
        #expect(expected.count { !$0.isEmpty } > 50)
    }

    @Test func `a registration that succeeded is the account's, and the first of several`() {
        func fact(_ seconds: Int64, _ type: EventType, _ outcome: Outcome = .success) -> Fact {
            Fact(seconds: seconds, type: type, outcome: outcome, account: "a")
        }
        let standings = Self.standings([
            fact(1_000, .login), fact(1_100, .registration, .failure), fact(1_200, .registration, .unknown),
            fact(1_300, .registration), fact(1_400, .login),
        ])
        let registered = Timestamp(seconds: 1_200)
        #expect(standings.map(\.registeredAt) == [.epoch, .epoch, registered, registered, registered])
        #expect(standings.allSatisfy { $0.firstSeen == Timestamp(seconds: 1_000) })
        #expect(standings[4].isFresh(at: Timestamp(seconds: 1_300), for: Interval(seconds: 100)))
        #expect(!standings[4].isFresh(at: Timestamp(seconds: 1_301), for: Interval(seconds: 100)))
    }

    // MARK: - Where it lives

    private static func visit(
        _ day: Int64, ip: String = "192.0.2.1", device: String = "own", type: EventType = .login,
        outcome: Outcome = .success
    ) -> Fact {
        Fact(seconds: (20_000 + day) * 86_400, type: type, outcome: outcome, account: "a", ip: ip, device: device)
    }

    private static func life(_ later: [Fact]) -> Life {
        standings([visit(0, type: .registration)] + later).last?.life ?? Life()
    }

    @Test func `an account that came back on two later days, and was nowhere else, is captive`() {
        #expect(!Self.life([]).isCaptive && !Self.life([Self.visit(0), Self.visit(1)]).isCaptive)
        let back = [Self.visit(1), Self.visit(2)]
        #expect(Self.life(back).isCaptive && Self.life(back).hasOneDevice)
        // The same /24 is the same place, as addresses change there; another is not.
        #expect(Self.life(back + [Self.visit(3, ip: "192.0.2.200")]).isCaptive)
        #expect(!Self.life(back + [Self.visit(3, ip: "192.0.3.1")]).isCaptive)
        #expect(!Self.life([Self.visit(0, ip: "192.0.3.1")] + back).isCaptive)
        // Attempts of others say nothing of where it lives.
        #expect(Self.life(back + [Self.visit(3, ip: "192.0.3.1", outcome: .failure)]).isCaptive)
    }

    @Test func `an IPv6 subscriber keeps his 48 bits`() {
        let home = Self.visit(0, ip: "2001:db8:1:1::1", type: .registration)
        func isCaptive(_ ip: String) -> Bool {
            Self.standings([home, Self.visit(1, ip: ip), Self.visit(2, ip: ip)]).last?.life.isCaptive ?? false
        }
        #expect(isCaptive("2001:db8:1:ffff::9") && !isCaptive("2001:db8:2:1::1"))
    }

    @Test func `another device is another device, and none is none`() {
        let back = [Self.visit(1), Self.visit(2)]
        #expect(!Self.life(back + [Self.visit(3, device: "other")]).hasOneDevice)
        #expect(!Self.life(back + [Self.visit(3, device: "other")]).hasNoOtherDevice)
        #expect(Self.life(Array(back.prefix(1))).hasNoOtherDevice && !Self.life(Array(back.prefix(1))).hasOneDevice)
        #expect(Self.life(back + [Self.visit(3, device: "")]).hasOneDevice)
        #expect(Self.life(back + [Self.visit(3, device: "other")]).isCaptive)
    }

    @Test func `a late event is no later day`() {
        #expect(!Self.life([Self.visit(5), Self.visit(3), Self.visit(4), Self.visit(5)]).isCaptive)
        #expect(Self.life([Self.visit(5), Self.visit(3), Self.visit(6)]).isCaptive)
    }
}
