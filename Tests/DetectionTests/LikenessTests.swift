import Glibc
import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct LikenessTests {
    private static func parameters(
        _ key: Field = .prefix, bits: Double = 6, acrossNetworks: Bool = false
    ) -> LikenessParameters {
        LikenessParameters(
            key: key, window: Interval(seconds: 20_000), minimumBits: bits, ramp: Ramp(allow: 1, saturate: 9),
            acrossNetworks: acrossNetworks)
    }

    private static func folds(_ parameters: LikenessParameters, _ clauses: [Clause] = []) -> Folds {
        let types: [EventType] = clauses.isEmpty ? [.registration] : [.registration, .login]
        return Folds(CompiledRules([.of(.likeness(parameters), Condition(types: types, clauses: clauses))]))
    }

    /// A registration from a network, with an address at a provider that everybody uses.
    private static func registration(
        _ account: String, _ seconds: Int64, ip: String, template: String, client: String,
        domain: String = "mail.example"
    ) -> Fact {
        Fact(
            seconds: 1_000_000 + seconds, type: .registration, account: account, ip: ip,
            mailbox: "\(account)@\(domain)", nameTemplate: template, userAgent: client, language: "de")
    }

    /// Many that have little in common, from networks all over.
    private static func crowd(_ count: Int) -> [Fact] {
        (0..<count).map {
            registration(
                "crowd\($0)", 0, ip: "10.\($0 % 200).\($0 / 200).1", template: "t\($0 % 60)", client: "c\($0 % 50)")
        }
    }

    private static func twins(_ count: Int, template: String = "a.a9", client: String = "robot") -> [Fact] {
        (0..<count).map {
            registration("twin\($0)", 100 + Int64($0), ip: "192.0.2.\($0)", template: template, client: client)
        }
    }

    // MARK: - Rarity

    @Test func `a trait says as many bits as it is rare among the registrations before`() {
        var random = SeededGenerator(seed: 6)
        var frequencies = TraitFrequencies()
        let hash = KeyHash(seed: 3)
        var seen: [String] = []
        let client = RegistrationTraits.Trait.client.rawValue
        for batch in batches(
            (0..<3_000).map { _ in
                let common = Int.random(in: 0..<3, using: &random) > 0
                return Fact(
                    seconds: 86_400 * 20_000, type: .registration, account: "a",
                    userAgent: common ? "browser" : "c\(Int.random(in: 0..<900, using: &random))")
            }, size: 1)
        {
            let event = batch.events[0]
            let name = batch.string(event.userAgent)
            let traits = frequencies.observe(event, text: batch.text.span, hash: hash)
            let rarity = log2(Double(seen.count + 16) / Double(seen.count { $0 == name } + 1))
            #expect(abs(Double(traits.bits[client]) - min(7, max(0, rarity))) < 1e-4)
            // What is absent says nothing.
            #expect(traits.marks[client] != 0 && traits.marks[RegistrationTraits.Trait.nameTemplate.rawValue] == 0)
            seen.append(name)
        }
    }

    @Test func `what was frequent long ago is rare again`() {
        var frequencies = TraitFrequencies()
        let client = RegistrationTraits.Trait.client.rawValue
        func bits(_ name: String, _ day: Int64) -> Float {
            let fact = Fact(seconds: 86_400 * day, type: .registration, account: "a", userAgent: name)
            let batch = batches([fact], size: 1)[0]
            return frequencies.observe(batch.events[0], text: batch.text.span, hash: KeyHash(seed: 3)).bits[client]
        }
        for _ in 0..<200 { _ = bits("old", 20_000) }
        for i in 0..<200 { _ = bits("other\(i % 4)", 20_000) }
        #expect(bits("old", 20_000) < 1.2)
        for i in 0..<200 { _ = bits("other\(i % 4)", 20_200) }
        #expect(bits("old", 20_200) > 6)
    }

    // MARK: - Pairs

    @Test func `registrations that are alike by what is rare are told, the earlier ones too`() {
        var folds = Self.folds(Self.parameters())
        folds.run(Self.crowd(600) + Self.twins(4))
        // The third has two like it, beyond the one that is allowed; so have the first two by then.
        #expect(folds.told(at: 603) == ["twin0", "twin1", "twin2"])
        #expect(folds.told(at: 604) == ["twin0", "twin1", "twin2", "twin3"])
        #expect(folds.said().allSatisfy { $0.account.hasPrefix("twin") })
        #expect(Set(folds.said().map(\.strength)) == [0.125, 0.25])
        guard case .pattern(let entity, 3, let traits) = folds.said().last?.evidence else {
            Issue.record("other evidence")
            return
        }
        #expect(entity == EntityKey(kind: .prefix, text: "192.0.2.0/24"))
        #expect(traits.contains("the same client") && traits.contains("the same shape of the name"))
        // The key itself says nothing.
        #expect(!traits.contains("the same network"))
    }

    @Test func `what all have in common says nothing`() {
        var folds = Self.folds(Self.parameters())
        folds.run(
            (0..<400).map {
                Self.registration("a\($0)", Int64($0), ip: "192.0.2.\($0 % 250)", template: "a9", client: "browser")
            })
        // But for the first few, of which nobody can say how rare they are.
        #expect(folds.said().allSatisfy { $0.seq < 40 })
    }

    @Test func `an account that registers again and again is one`() {
        var folds = Self.folds(Self.parameters())
        let again = (0..<20).map {
            Self.registration("twin0", 200 + Int64($0), ip: "192.0.2.1", template: "a.a9", client: "robot")
        }
        folds.run(Self.crowd(600) + Self.twins(2) + again)
        #expect(folds.signals.isEmpty)
    }

    @Test func `across networks those of one network are not compared`() {
        let apart = (0..<6).map {
            Self.registration("apart\($0)", 100, ip: "172.16.\($0).1", template: "a.a9", client: "robot")
        }
        var folds = Self.folds(Self.parameters(.userAgent, bits: 4, acrossNetworks: true))
        folds.run(Self.crowd(600) + Self.twins(6, client: "tool"))
        #expect(folds.signals.isEmpty)
        folds.run(apart)
        #expect(Set(folds.said().map(\.account)) == Set((0..<6).map { "apart\($0)" }))
    }

    @Test func `registrations are kept, and compared when the condition holds for their accounts`() {
        var folds = Self.folds(Self.parameters(), [Clause(.captive)])
        folds.run(Self.crowd(600))
        let day: Int64 = 86_400
        // On three days, which the window must hold.
        var parameters = Self.parameters()
        parameters.window = Interval(seconds: 10 * day)
        folds = Self.folds(parameters, [Clause(.captive)])
        folds.run(Self.crowd(600) + Self.twins(6))
        #expect(folds.signals.isEmpty)
        func back(_ account: Int, _ number: Int64) -> Fact {
            Fact(seconds: 1_000_000 + number * day, account: "twin\(account)", ip: "192.0.2.\(account)")
        }
        folds.run((0..<4).flatMap { account in (1...2).map { back(account, $0) } })
        #expect(Set(folds.said().map(\.account)) == ["twin0", "twin1", "twin2", "twin3"])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>, [false, true])
    func `degrees agree with a comparison of all pairs`(seed: UInt64, acrossNetworks: Bool) {
        struct Entry {
            var account: String
            var network: String
            var traits: RegistrationTraits
            var seconds: Int64
            var degree = 0.0
            var unlike = 0.0
            var step = 0.0
        }
        struct Told: Hashable {
            var seq: UInt64
            var account: String
            var strength: Double
            var degree: Int
        }
        var random = SeededGenerator(seed: seed)
        let parameters = Self.parameters(acrossNetworks ? .userAgent : .prefix, bits: 3, acrossNetworks: acrossNetworks)
        let shared: RegistrationTraits.Trait = acrossNetworks ? .client : .network
        let domain = RegistrationTraits.Trait.emailDomain.rawValue
        var now: Int64 = 0
        let facts = (0..<700).map { number in
            now += Int64.random(in: 0...150, using: &random)
            // Each network has its own kind, more or less.
            let network = Int.random(in: 0..<12, using: &random)
            let isOwn = Int.random(in: 0..<5, using: &random) > 0
            let kind = isOwn ? network : Int.random(in: 0..<12, using: &random)
            var fact = Self.registration(
                "a\(number)", now, ip: "192.0.\(network).\(number % 200)", template: "t\(kind % 8)",
                client: "c\(kind % 5)", domain: kind == 3 ? "school.example" : isOwn ? "mail.example" : "post.example")
            fact.place.asn = UInt32(kind == 3 ? 1 : network + 1)
            return fact
        }
        var frequencies = TraitFrequencies()
        var entries: [String: [Entry]] = [:]
        var expected: Set<Told> = []
        for (number, batch) in batches(facts, size: 1).enumerated() {
            let fact = facts[number]
            let traits = frequencies.observe(batch.events[0], text: batch.text.span, hash: KeyHash(seed: 1))
            let network = String(fact.ip.split(separator: ".")[2])
            let key = acrossNetworks ? fact.userAgent : network
            var own = Entry(account: fact.account, network: network, traits: traits, seconds: fact.seconds)
            var peers = Array((entries[key] ?? []).filter { $0.seconds > fact.seconds - 20_000 }.suffix(47))
            func tell(_ entry: inout Entry) {
                let strength = min(1, max(0, (entry.degree - entry.unlike * LikenessColumn.contrast - 1) / 8))
                let step = (strength * 8).rounded(.up)
                if step > entry.step {
                    expected.insert(
                        Told(
                            seq: UInt64(number + 1), account: entry.account, strength: strength,
                            degree: Int(entry.degree)))
                }
                entry.step = step
            }
            for i in peers.indices where !(acrossNetworks && peers[i].network == network) {
                let same = traits.marks.indices.filter {
                    $0 != shared.rawValue && traits.marks[$0] != 0 && traits.marks[$0] == peers[i].traits.marks[$0]
                }
                // Colleagues belong together.
                if traits.isOrganisation, same.contains(domain) { continue }
                let bits = same.reduce(0) { $0 + traits.bits[$1] }
                if bits >= 3, same.contains(domain) {
                    own.degree += 1
                    peers[i].degree += 1
                    tell(&peers[i])
                } else if !acrossNetworks {
                    own.unlike += 1
                    peers[i].unlike += 1
                }
            }
            tell(&own)
            entries[key] = peers + [own]
        }
        var folds = Self.folds(parameters)
        folds.run(facts, size: 13)
        let found = Set(
            folds.said().map { signal -> Told in
                guard case .pattern(_, let degree, _) = signal.evidence else {
                    return Told(seq: 0, account: "", strength: 0, degree: 0)
                }
                return Told(seq: signal.seq, account: signal.account, strength: signal.strength, degree: degree)
            })
        #expect(found == expected)
        #expect(expected.count > 20)
    }
}
