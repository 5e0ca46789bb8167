import Glibc
import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct ResaleTests {
    private static let day: Int64 = 86_400
    private static let parameters = ResaleParameters(
        key: .apiKey, window: Interval(seconds: 7 * day), networks: Ramp(allow: 1, saturate: 6),
        devices: Ramp(allow: 1, saturate: 9), hours: Ramp(allow: 2, saturate: 18))

    private static func call(
        _ seconds: Int64, network: Int, device: Int, flags: NetworkFlags = [], key: String = "k"
    ) -> Fact {
        var city = City.london
        city.asn = UInt32(65_000 + network)
        return Fact(
            seconds: 20_000 * day + seconds, type: .apiCall, account: "a", device: "d\(device)", apiKey: key,
            place: Place(city, flags: flags))
    }

    private func run(_ facts: [Fact]) -> Folds {
        var folds = Folds(CompiledRules([.of(.resale(Self.parameters))]))
        folds.run(facts)
        return folds
    }

    /// Calls around the clock on a day.
    private static func calls(on number: Int64 = 0, networks: Int, devices: Int, count: Int = 96) -> [Fact] {
        (0..<count).map {
            call(number * day + Int64($0) * day / Int64(count), network: $0 % networks, device: $0 % devices)
        }
    }

    @Test func `many networks, many devices, round the clock make a key that is sold`() {
        let said = run(Self.calls(networks: 8, devices: 12)).said()
        // Without a past to compare with, a quarter is taken off.
        #expect(said.last?.strength == 0.75)
        let entity = EntityKey(kind: .apiKey, text: "k")
        guard case .pattern(entity, 8, let traits) = said.last?.evidence else {
            Issue.record("other evidence")
            return
        }
        #expect(traits.first == "8 independent networks")
        #expect(traits.contains { $0.hasSuffix("hours of the day") })
    }

    @Test func `where one of the three is missing nothing is said`() {
        #expect(run(Self.calls(networks: 1, devices: 12)).entitySignals.isEmpty)
        #expect(run(Self.calls(networks: 8, devices: 1)).entitySignals.isEmpty)
        let busy = (0..<96).map { Self.call(Int64($0) * 60, network: $0 % 8, device: $0 % 12) }
        #expect(run(busy).entitySignals.isEmpty)
        // A fleet in hosting has no network of its own.
        let fleet = Self.calls(networks: 8, devices: 12).map { fact in
            var fact = fact
            fact.place.flags = .hosting
            return fact
        }
        #expect(run(fleet).entitySignals.isEmpty)
    }

    @Test func `more than twice its usual volume takes nothing off`() {
        let quiet = (0..<4 as Range<Int64>).flatMap { Self.calls(on: $0, networks: 1, devices: 1, count: 24) }
        let said = run(quiet + Self.calls(on: 4, networks: 8, devices: 12)).said()
        #expect(said.last?.strength == 1)
        guard case .pattern(_, _, let traits) = said.last?.evidence else { return }
        #expect(traits.last == "more than twice its usual volume")
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>) func `strength is what all events of the window make`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var facts: [Fact] = []
        var expected: [UInt64: Double] = [:]
        var now: Int64 = 0
        var usual = 0.0
        var volume = 0.0
        // All within one window.
        for seq in 1...400 as ClosedRange<UInt64> {
            let before = now / Self.day
            now += Int64.random(in: 0...(seq > 300 ? 200 : 3_000), using: &random)
            if now / Self.day > before, seq > 1 {
                // Days without events have no volume of their own.
                usual = usual == 0 ? volume : usual * 0.8 + volume * 0.2
                volume = 0
            }
            volume += 1
            facts.append(
                Self.call(
                    now, network: .random(in: 0..<8, using: &random), device: .random(in: 0..<12, using: &random),
                    flags: Int.random(in: 0..<4, using: &random) == 0 ? .vpn : []))
            let networks = Set(facts.filter { $0.place.flags.isEmpty }.map(\.place.asn)).count
            let devices = Set(facts.map(\.device)).count
            let hours = Set(facts.map { $0.seconds / 3_600 % 24 }).count
            let factors = [
                Self.parameters.networks.strength(Double(networks)),
                Self.parameters.devices.strength(Double(devices)), Self.parameters.hours.strength(Double(hours)),
            ]
            let strength = cbrt(factors.reduce(1, *)) * (usual > 0 && volume > 2 * usual ? 1 : 0.75)
            if strength > 0 { expected[seq] = strength }
        }
        #expect(now < 6 * Self.day)
        let said = run(facts).said()
        #expect(said.count > 5 && said.count < expected.count / 2)
        for signal in said {
            guard let strength = expected[signal.seq] else {
                Issue.record("nothing should be said at \(signal.seq)")
                continue
            }
            #expect(abs(signal.strength - strength) < 1e-6)
        }
        // It is told when it is a step worse, so what was told last is within a step of the worst.
        let worst = expected.values.max() ?? 0
        #expect((said.map(\.strength).max() ?? 0) >= worst - 0.125)
    }
}
