import Glibc
import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct TravelTests {
    private static let parameters = TravelParameters(
        maximumSpeed: 1000, minimumDistance: 500, window: Interval(seconds: 7 * 86_400),
        ramp: Ramp(allow: 0, saturate: 3))

    private func event(
        _ city: City, hours: Double, ip: String = "192.0.2.1", radius: UInt16 = 0, flags: NetworkFlags = []
    ) -> Event {
        var event = Event()
        event.time = Timestamp(microseconds: 1_700_000_000_000_000 + Int64(hours * 3.6e9))
        event.address = IPAddress(ip) ?? .none
        event.place = Place(city, radius: radius, flags: flags)
        return event
    }

    /// The findings of a sequence of events.
    private func observe(_ events: [Event], _ parameters: TravelParameters = Self.parameters) -> [TravelColumn.Finding?]
    {
        var column = TravelColumn(Bound(parameters))
        column.grow(to: 1)
        return events.map { column.observe(0, $0, [UInt8]().span) }
    }

    // MARK: - Distance

    @Test(arguments: [
        (City.london, City.newYork, 5_570.0), (.london, .sydney, 16_994), (.paris, .tokyo, 9_712),
        (.london, .paris, 344), (.london, .london, 0),
    ])
    func `distances between cities are those of the atlas`(a: City, b: City, kilometres: Double) {
        let distance = greatCircleKilometres(
            from: (Double(a.latitude), Double(a.longitude)), to: (Double(b.latitude), Double(b.longitude)))
        #expect(abs(distance - kilometres) <= max(2, kilometres * 0.002))
    }

    @Test func `distances agree with the angle between the two vectors`() {
        var random = SeededGenerator(seed: 13)
        func vector(_ p: (latitude: Double, longitude: Double)) -> (Double, Double, Double) {
            let (a, b) = (p.latitude * .pi / 180, p.longitude * .pi / 180)
            return (cos(a) * cos(b), cos(a) * sin(b), sin(a))
        }
        for _ in 0..<2_000 {
            let a = (
                latitude: Double.random(in: -90...90, using: &random),
                longitude: Double.random(in: -180...180, using: &random)
            )
            let near = Bool.random(using: &random)
            let b =
                near
                ? (latitude: max(-90, a.latitude - 0.01), longitude: -180 + abs(a.longitude))
                : (
                    latitude: Double.random(in: -90...90, using: &random),
                    longitude: Double.random(in: -180...180, using: &random)
                )
            let (u, v) = (vector(a), vector(b))
            let cross = (u.1 * v.2 - u.2 * v.1, u.2 * v.0 - u.0 * v.2, u.0 * v.1 - u.1 * v.0)
            let sine = (cross.0 * cross.0 + cross.1 * cross.1 + cross.2 * cross.2).squareRoot()
            let angle = atan2(sine, u.0 * v.0 + u.1 * v.1 + u.2 * v.2)
            #expect(abs(greatCircleKilometres(from: a, to: b) - 6371 * angle) < 0.01)
        }
        let antipodes = greatCircleKilometres(from: (12, 34), to: (-12, -146))
        #expect(abs(antipodes - 6371 * .pi) < 0.01)
    }

    // MARK: - Journeys

    @Test func `a flight is a journey that a person can make, an hour is not`() {
        #expect(observe([event(.london, hours: 0), event(.newYork, hours: 8)])[1] == nil)
        let finding = observe([event(.london, hours: 0), event(.newYork, hours: 1)])[1]
        #expect(finding?.count == 1 && finding?.from.country == CountryCode("GB"))
        #expect(abs((finding?.distanceKilometres ?? 0) - 5_570) < 10)
        #expect(finding?.strength == 1.0 / 3)
    }

    @Test func `no time at all is impossible at any speed`() {
        #expect(observe([event(.london, hours: 0), event(.newYork, hours: 0)])[1] != nil)
        // But not below the shortest distance that is judged.
        #expect(observe([event(.london, hours: 0), event(.paris, hours: 0)])[1] == nil)
    }

    @Test(arguments: [(UInt16(0), UInt16(0), true), (2_000, 2_000, true), (2_540, 2_540, false), (5_570, 0, false)])
    func `both accuracy radii are taken off the distance`(first: UInt16, second: UInt16, isFound: Bool) {
        let findings = observe([event(.london, hours: 0, radius: first), event(.newYork, hours: 0, radius: second)])
        #expect((findings[1] != nil) == isFound)
        if let finding = findings[1] {
            #expect(abs(finding.distanceKilometres - (5_570 - Double(first) - Double(second))) < 10)
        }
    }

    @Test(arguments: [
        NetworkFlags.anonymous, .vpn, .hosting, .publicProxy, .tor, .residentialProxy, .anycast, .satellite, .cellular,
    ])
    func `a relay or a carrier's gateway is neither a journey's end nor its anchor`(flag: NetworkFlags) {
        let away = observe([
            event(.london, hours: 0), event(.sydney, hours: 1, flags: flag), event(.london, hours: 2),
        ])
        #expect(away.allSatisfy { $0 == nil })
        let first = observe([event(.sydney, hours: 0, flags: [flag, .cellular]), event(.london, hours: 1)])
        #expect(first.allSatisfy { $0 == nil })
        // The anchor before it still stands.
        let behind = observe([
            event(.london, hours: 0), event(.sydney, hours: 0.5, flags: flag), event(.newYork, hours: 1),
        ])
        #expect(behind[2]?.from.country == CountryCode("GB"))
    }

    @Test func `what is said of a journey names both places, addresses and devices`() {
        var folds = Folds(CompiledRules([.of(.travel(Self.parameters))]))
        var (home, away) = (Place(.london), Place(.newYork))
        home.subdivision = SubdivisionCode("ENG") ?? .unknown
        away.subdivision = SubdivisionCode("NY") ?? .unknown
        folds.run([
            Fact(seconds: 1_000_000, account: "a", ip: "192.0.2.1", device: "telephone", place: home),
            Fact(
                seconds: 1_003_600, account: "a", ip: "198.51.100.7", device: "ein sehr langer Gerätename", place: away),
        ])
        guard case .journey(let from, let to, _, 1) = folds.signals.keys.first?.evidence else {
            Issue.record("no journey was told")
            return
        }
        #expect(from.time == Timestamp(seconds: 1_000_000) && to.time == Timestamp(seconds: 1_003_600))
        #expect("\(from.address)" == "192.0.2.1" && "\(to.address)" == "198.51.100.7")
        #expect(from.place == "GB-ENG" && to.place == "US-NY")
        #expect(from.device == "telephone" && to.device == "ein sehr lang..")
        let rule = Rule.of(.travel(Self.parameters))
        let sentence = folds.signals.keys.first?.evidence.sentence(for: rule) ?? ""
        for part in ["GB-ENG", "US-NY", "192.0.2.1", "198.51.100.7", "telephone", "60 min"] {
            #expect(sentence.contains(part), "\(part)")
        }
    }

    @Test func `as much of a device's name is kept as fits into 15 bytes, and no half a letter`() {
        for (name, kept) in [("", ""), ("123456789012345", "123456789012345"), ("1234567890123456", "1234567890123..")]
        {
            #expect(Self.kept(name) == kept)
        }
        #expect(Self.kept("123456789012é456") == "123456789012..")
    }

    private static func kept(_ device: String) -> String? {
        var folds = Folds(CompiledRules([.of(.travel(parameters))]))
        folds.run([
            Fact(seconds: 1_000_000, account: "a", ip: "192.0.2.1", device: device, place: Place(.london)),
            Fact(seconds: 1_003_600, account: "a", ip: "198.51.100.7", place: Place(.newYork)),
        ])
        guard case .journey(let from, _, _, _) = folds.signals.keys.first?.evidence else { return nil }
        return from.device
    }

    @Test func `a new place of the same network is no journey`() {
        var moved = City.newYork
        moved.asn = City.london.asn
        #expect(observe([event(.london, hours: 0), event(moved, hours: 1)])[1] == nil)
        // Where the network's number is unknown, neighbouring addresses are one network.
        moved.asn = 0
        let near = observe([event(.london, hours: 0, ip: "192.0.2.1"), event(moved, hours: 1, ip: "192.0.77.1")])
        #expect(near[1] == nil)
        let far = observe([event(.london, hours: 0, ip: "192.0.2.1"), event(moved, hours: 1, ip: "192.1.2.1")])
        #expect(far[1] != nil)
        let six = observe([event(.london, hours: 0, ip: "2001:db8::1"), event(moved, hours: 1, ip: "2001:db8:ffff::1")])
        #expect(six[1] == nil)
        let mixed = observe([event(.london, hours: 0, ip: "192.0.2.1"), event(moved, hours: 1, ip: "2001:db8::1")])
        #expect(mixed[1] != nil)
    }

    @Test func `back and forth between two places is one fact`() {
        let events = (0..<40).map { event($0 % 2 == 0 ? .london : .newYork, hours: Double($0)) }
        let findings = observe(events).compactMap { $0 }
        #expect(findings.allSatisfy { $0.count == 1 })
        // It is told again while it goes on, but not each time.
        #expect((1...3).contains(findings.count))
    }

    @Test func `different pairs of places count up to certainty`() {
        let cities = [City.london, .newYork, .sydney, .paris, .tokyo]
        let findings = observe(cities.enumerated().map { event($1, hours: Double($0)) })
        #expect(findings.map { $0?.count } == [nil, 1, 2, 3, 4])
        #expect(findings.map { $0?.strength } == [nil, 1.0 / 3, 2.0 / 3, 1, 1])
    }

    @Test func `addresses on either side of the date line, and of a degree, are one place`() {
        // The addresses of a town are located a few kilometres apart.
        var findings: [TravelColumn.Finding] = []
        var column = TravelColumn(Bound(Self.parameters))
        column.grow(to: 1)
        for i in 0..<12 {
            var home = City.london
            home.latitude = 51.5 + (i % 4 == 0 ? 0.01 : -0.01)
            home.longitude = 0.5 + (i % 3 == 0 ? 0.01 : -0.01)
            var away = City.newYork
            away.latitude = -17
            away.longitude = i % 5 == 0 ? 179.9 : -179.9
            let city = i % 2 == 0 ? home : away
            if let finding = column.observe(0, event(city, hours: Double(i)), [UInt8]().span) {
                findings.append(finding)
            }
        }
        #expect(!findings.isEmpty && findings.allSatisfy { $0.count == 1 })
    }

    @Test func `a place without coordinates cannot be judged`() {
        var unknown = event(.newYork, hours: 1)
        unknown.place.hasLocation = false
        #expect(observe([event(.london, hours: 0), unknown, event(.london, hours: 2)]).allSatisfy { $0 == nil })
    }

    @Test func `an event that comes late is judged, and does not become the anchor`() {
        let late = observe([event(.london, hours: 10), event(.newYork, hours: 9.5), event(.london, hours: 10.1)])
        #expect(late[1] != nil && late[2] == nil)
        let possible = observe([event(.london, hours: 10), event(.newYork, hours: 1), event(.london, hours: 10.1)])
        #expect(possible.allSatisfy { $0 == nil })
        let after = observe([event(.london, hours: 10), event(.newYork, hours: 1), event(.newYork, hours: 11)])
        #expect(after[1] == nil && after[2] != nil)
    }

    @Test func `journeys are forgotten when the window has passed`() {
        let week = 7.0 * 24
        let findings = observe([
            event(.london, hours: 0), event(.newYork, hours: 1), event(.newYork, hours: 1 + week),
            event(.sydney, hours: 2 + week),
        ])
        #expect(findings[3]?.count == 1)
    }
}
