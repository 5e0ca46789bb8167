package import RiskModel

/// Where an operator list's bit stands in ``Event/listed``, and what of an event it names.
package struct ListBinding: Sendable {
    package var bit: Int
    package var field: Field

    package init(bit: Int, field: Field) {
        self.bit = bit
        self.field = field
    }
}

/// The rules, sorted by the fold and the key that they run on.
package struct CompiledRules: Sendable {
    /// A rule with what its kind needs to run.
    struct Bound<Parameters: Sendable>: Sendable {
        /// Index in the rule set.
        var index: Int
        /// See ``RiskModel/Rule/shape``.
        var shape: UInt64
        var condition: Condition
        var blame: Blame
        var parameters: Parameters
    }

    /// Rules that hang on the same key and look at the same events share their keys.
    struct EntityGroup: Sendable {
        var key: Field
        var kind: EntityKind
        var condition: Condition
        var distinct: [Bound<DistinctParameters>] = []
        var rate: [Bound<RateParameters>] = []
        /// After this long without an event, nothing of a key is in any window.
        var idleAfter: Interval = .zero

        /// What makes keys and events those of one group.
        struct Identity: Hashable, Sendable {
            var key: Field
            var condition: Condition
        }

        var identity: Identity { Identity(key: key, condition: condition) }
    }

    /// A match rule with its list found.
    struct BoundMatch: Sendable {
        var rule: Bound<MatchParameters>
        var list: ListBinding?
    }

    var accountDistinct: [Bound<DistinctParameters>] = []
    var accountRate: [Bound<RateParameters>] = []
    var travel: [Bound<TravelParameters>] = []
    var match: [BoundMatch] = []
    var groups: [EntityGroup] = []

    /// - Parameters:
    ///   - inactive: Identifiers of rules that cannot run, for want of a database or a list.
    ///   - list: Finds a loaded operator list by its name.
    package init(_ ruleSet: RuleSet, inactive: Set<String>, list: (String) -> ListBinding?) {
        for (index, rule) in ruleSet.rules.enumerated() where !inactive.contains(rule.id) {
            func bind<P: Sendable>(_ parameters: P) -> Bound<P> {
                Bound(
                    index: index, shape: rule.shape, condition: rule.condition, blame: rule.blame,
                    parameters: parameters)
            }
            switch rule.kind {
            case .travel(let parameters): travel.append(bind(parameters))
            case .match(let parameters):
                var binding: ListBinding?
                if case .list(let name) = parameters.test { binding = list(name) }
                match.append(BoundMatch(rule: bind(parameters), list: binding))
            case .distinct(let parameters):
                if let group = group(for: rule) {
                    groups[group].distinct.append(bind(parameters))
                    groups[group].idleAfter = max(groups[group].idleAfter, parameters.window)
                } else {
                    accountDistinct.append(bind(parameters))
                }
            case .rate(let parameters):
                if let group = group(for: rule) {
                    groups[group].rate.append(bind(parameters))
                    groups[group].idleAfter = max(groups[group].idleAfter, parameters.window)
                } else {
                    accountRate.append(bind(parameters))
                }
            }
        }
    }

    /// The group of an entity's rule, made if it is the first; `nil` for a rule on accounts.
    private mutating func group(for rule: Rule) -> Int? {
        guard let kind = rule.key.entityKind else { return nil }
        let identity = EntityGroup.Identity(key: rule.key, condition: rule.condition)
        if let found = groups.firstIndex(where: { $0.identity == identity }) { return found }
        groups.append(EntityGroup(key: rule.key, kind: kind, condition: rule.condition))
        return groups.count - 1
    }
}

extension CompiledRules.EntityGroup.Identity {
    func encode(into writer: inout StateWriter) {
        writer.write(key.rawValue)
        writer.write(condition.types)
        writer.write(condition.outcomes)
    }

    init(from reader: inout StateReader) throws(StateFault) {
        guard let key = Field(rawValue: try reader.read()) else { throw .invalid("a key of rules") }
        self.key = key
        condition = Condition()
        condition.types = try reader.read()
        condition.outcomes = try reader.read()
    }
}

extension Field {
    /// The two words that are the key of an address, a network or a number; `nil` where the event has none, or where the
    /// key is a text.
    @inline(__always)
    func words(of event: borrowing Event) -> (high: UInt64, low: UInt64)? {
        switch self {
        case .ip: event.hasAddress ? (event.address.high, event.address.low) : nil
        case .prefix, .prefix48: network(of: event.address).map { ($0.address.high, $0.address.low) }
        case .asn: event.place.asn == 0 ? nil : (0, UInt64(event.place.asn))
        case .country: event.place.country == .unknown ? nil : (0, UInt64(event.place.country.rawValue))
        default: nil
        }
    }

    /// IPv4 /24 and IPv6 /64; or the IPv6 /48 alone.
    func network(of address: IPAddress) -> IPPrefix? {
        guard address != .none else { return nil }
        if self == .prefix48 { return address.isV4 ? nil : IPPrefix(address, length: 48) }
        return IPPrefix(address, length: address.isV4 ? 120 : 64)
    }

    /// The text of the field, empty where absent or where the field is no text.
    @inline(__always)
    func text(of event: borrowing Event) -> TextSlice {
        switch self {
        case .account: event.account
        case .device: event.device
        case .email: event.email
        case .phone: event.phone
        case .card: event.card
        case .apiKey: event.apiKey
        case .session: event.session
        case .username: event.username
        case .userAgent: event.userAgent
        case .ip, .prefix, .prefix48, .asn, .country: .empty
        }
    }

    /// Whether the key is a text of the event, and not made of two words.
    var isText: Bool {
        switch self {
        case .ip, .prefix, .prefix48, .asn, .country: false
        default: true
        }
    }

    /// How the event's value of this field is named in evidence.
    func label(of event: Event, in batch: EventBatch) -> String {
        switch self {
        case .ip: event.address.description
        case .prefix, .prefix48: network(of: event.address)?.description ?? ""
        case .asn: "AS\(event.place.asn)"
        case .country: event.place.country.description
        default: batch.string(text(of: event))
        }
    }

    /// The event's value as a number that tells members apart: exact for accounts, countries, networks and IPv4 addresses;
    /// for longer values a seeded 64-bit hash, so that a count may fall short by one once in 2⁶⁴ pairs. `nil` where absent.
    @inline(__always)
    func member(of event: borrowing Event, account: AccountRef, text arena: Span<UInt8>, hash: KeyHash) -> UInt64? {
        switch self {
        case .account: return account == .none ? nil : account.rawValue
        case .ip where event.address.isV4: return UInt64(event.address.v4Bits)
        case .asn, .country: return words(of: event)?.low
        case .ip, .prefix, .prefix48:
            guard let words = words(of: event) else { return nil }
            return Self.wide(hash.hash(words.high, words.low))
        default:
            let slice = text(of: event)
            return slice.isEmpty ? nil : Self.wide(hash.hash(arena.extracting(slice.range)))
        }
    }

    /// Keeps hashes apart from the exact numbers, which are smaller, and from `UInt64.max`, which is no member.
    private static func wide(_ hash: UInt64) -> UInt64 { hash >> 2 | 1 << 62 }

    /// The name of a member, where the number tells it.
    func memberName(_ id: UInt64) -> String? {
        switch self {
        case .country: CountryCode(rawValue: UInt16(truncatingIfNeeded: id)).description
        case .asn: "AS\(id)"
        default: nil
        }
    }
}
