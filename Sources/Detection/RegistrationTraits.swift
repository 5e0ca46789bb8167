import Glibc
package import RiskModel

/// What a registration looks like, and how rare each of its traits is among the registrations so far.
///
/// Two registrations that share a trait of which every second one has it say one bit; that share one in a thousand, ten. So
/// what everybody has in common counts little by itself, without a list of what is common. The device is not among the traits:
/// who shares one is told by rules of their own, and the same fact shall not count twice.
struct RegistrationTraits: Sendable {
    /// What is compared, each with the most bits that it can say.
    enum Trait: Int, CaseIterable, Sendable {
        case nameTemplate, emailDomain, client, phonePrefix, network, language

        var field: Field {
            switch self {
            case .nameTemplate: .nameTemplate
            case .emailDomain: .emailDomain
            case .client: .userAgent
            case .phonePrefix: .phonePrefix
            case .network: .prefix
            case .language: .language
            }
        }

        var maximumBits: Float {
            switch self {
            case .nameTemplate, .emailDomain, .client: 7
            case .phonePrefix, .network: 8
            case .language: 3
            }
        }

        var label: String {
            switch self {
            case .nameTemplate: "shape of the name"
            case .emailDomain: "e-mail domain"
            case .client: "client"
            case .phonePrefix: "beginning of the phone number"
            case .network: "network"
            case .language: "language"
            }
        }
    }

    /// By trait: 32 bits of the value's hash; 0 where absent.
    var marks = InlineArray<6, UInt32>(repeating: 0)
    /// By trait: how much it says that another has the same value.
    var bits = InlineArray<6, Float>(repeating: 0)
    /// Whether the e-mail's domain is a school's or a company's: ``DomainUse/isOrganisation``.
    var isOrganisation = false

    /// Bits that these traits share with earlier ones, but for one trait that all have in common.
    func sharedBits(with earlier: InlineArray<6, UInt32>, except: Trait?) -> Float {
        var sum: Float = 0
        for trait in marks.indices where marks[trait] != 0 && marks[trait] == earlier[trait] {
            if trait != except?.rawValue { sum += bits[trait] }
        }
        return sum
    }
}

extension RegistrationTraits {
    /// Which traits are there on both sides and the same, but for one that all have in common.
    func shared(with other: RegistrationTraits, except: Trait?) -> [Int] {
        marks.indices.filter { $0 != except?.rawValue && marks[$0] != 0 && marks[$0] == other.marks[$0] }
    }

    /// Whether both have a trait, and not the same.
    func differs(from other: RegistrationTraits, in trait: Int) -> Bool {
        marks[trait] != 0 && other.marks[trait] != 0 && marks[trait] != other.marks[trait]
    }

    func encode(into writer: inout StateWriter) {
        for trait in marks.indices {
            writer.write(marks[trait])
            writer.write(bits[trait])
        }
        writer.write(isOrganisation)
    }

    init(from reader: inout StateReader) throws(StateFault) {
        for trait in marks.indices {
            marks[trait] = try reader.read()
            bits[trait] = try reader.readFloat()
            guard bits[trait] >= 0, bits[trait] <= 64 else { throw .invalid("a trait") }
        }
        isOrganisation = try reader.readBool()
    }
}

/// How often each value of each trait was seen, in a decaying count.
///
/// At most ``limit`` values of a trait are told apart; then, and as days go by, all counts fall and those below a half are
/// forgotten. What is forgotten counts as new.
package struct TraitFrequencies: Sendable {
    private static let limit = 65_536
    /// What is left of a count after a day.
    private static let keep: Float = 0.97

    private var counts: [[UInt32: Float]] = RegistrationTraits.Trait.allCases.map { _ in [:] }
    private var totals: [Float] = RegistrationTraits.Trait.allCases.map { _ in 0 }
    private var day: Int64 = 0
    private var nameModel = NameModel()
    /// By e-mail domain: from whose networks it was registered.
    private var domains: [UInt32: DomainUse] = [:]

    package init() {}

    /// The traits of a registration, which is counted.
    mutating func observe(_ event: Event, text: Span<UInt8>, hash: KeyHash) -> RegistrationTraits {
        turn(to: event.time.microseconds / 86_400_000_000)
        var traits = RegistrationTraits()
        let isDrawnByLot = nameModel.observe(text.extracting(event.spelling.range))
        for trait in RegistrationTraits.Trait.allCases {
            guard
                let member = trait.field.member(of: event, account: .none, text: text, hash: hash)
            else { continue }
            // Names drawn by lot have a shape of their own.
            let kind = UInt64(trait.rawValue) | (trait == .nameTemplate && isDrawnByLot ? 1 << 8 : 0)
            let mark = UInt32(truncatingIfNeeded: hash.hash(kind, member)) | 1
            let i = trait.rawValue
            let count = counts[i][mark] ?? 0
            // So few registrations cannot tell what is rare.
            let total = totals[i] + 16
            traits.marks[i] = mark
            traits.bits[i] = min(trait.maximumBits, max(0, log2f(total / (count + 1))))
            if count > 0 || counts[i].count < Self.limit { counts[i][mark] = count + 1 }
            totals[i] += 1
        }
        traits.isOrganisation = isOrganisation(traits, event, hash)
        return traits
    }

    /// Notes from which provider's network a domain was registered, and whether it is an organisation's.
    private mutating func isOrganisation(_ traits: RegistrationTraits, _ event: Event, _ hash: KeyHash) -> Bool {
        let domain = traits.marks[RegistrationTraits.Trait.emailDomain.rawValue]
        guard domain != 0, event.hasAddress else { return false }
        var use = domains[domain] ?? DomainUse()
        use.observe(
            provider: UInt32(truncatingIfNeeded: event.provider(hash)) | 1, country: event.place.country.rawValue)
        if domains[domain] != nil || domains.count < Self.limit { domains[domain] = use }
        return use.isOrganisation
    }

    private mutating func turn(to day: Int64) {
        let isFull = counts.contains { $0.count >= Self.limit }
        guard day > self.day || isFull else { return }
        let days = self.day > 0 ? max(0, day - self.day) : 0
        let factor = days > 0 ? powf(Self.keep, Float(min(days, 400))) : isFull ? 0.5 : 1
        self.day = max(day, self.day)
        guard factor < 1 else { return }
        nameModel.fade(factor)
        for i in counts.indices {
            counts[i] = counts[i].compactMapValues { $0 * factor < 0.5 ? nil : $0 * factor }
            totals[i] *= factor
        }
        let names = counts[RegistrationTraits.Trait.emailDomain.rawValue]
        domains = domains.filter { names[$0.key] != nil }.mapValues { $0.faded(by: factor) }
    }

    /// Where networks have other names than before, each would look rare: what was counted of them is nothing then.
    package mutating func forgetNetworks() {
        counts[RegistrationTraits.Trait.network.rawValue] = [:]
        totals[RegistrationTraits.Trait.network.rawValue] = 0
        domains = [:]
    }

    package func encode(into writer: inout StateWriter) {
        writer.write(day)
        nameModel.encode(into: &writer)
        for i in counts.indices {
            writer.write(totals[i])
            writer.write(count: counts[i].count)
            for (mark, count) in counts[i].sorted(by: { $0.key < $1.key }) {
                writer.write(mark)
                writer.write(count)
            }
        }
        writer.write(count: domains.count)
        for (domain, use) in domains.sorted(by: { $0.key < $1.key }) {
            writer.write(domain)
            use.encode(into: &writer)
        }
    }

    package init(from reader: inout StateReader) throws(StateFault) {
        day = try reader.read()
        nameModel = try NameModel(from: &reader)
        for i in counts.indices {
            totals[i] = try reader.readFloat()
            guard totals[i] >= 0, totals[i].isFinite else { throw .invalid("a total") }
            let count = try reader.readCount(bytesEach: 8)
            guard count <= Self.limit else { throw .invalid("the values of a trait") }
            for _ in 0..<count {
                let mark = try reader.read(UInt32.self)
                let value = try reader.readFloat()
                guard value >= 0, value.isFinite, counts[i].updateValue(value, forKey: mark) == nil else {
                    throw .invalid("a count")
                }
            }
        }
        let count = try reader.readCount(bytesEach: 42)
        guard count <= Self.limit else { throw .invalid("the domains") }
        for _ in 0..<count {
            let domain = try reader.read(UInt32.self)
            guard domains.updateValue(try DomainUse(from: &reader), forKey: domain) == nil else {
                throw .invalid("a domain")
            }
        }
    }
}
