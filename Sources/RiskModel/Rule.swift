import Glibc

/// One configured heuristic.
package struct Rule: Sendable, Hashable {
    /// The name in tables, alerts and explanations; unique in its rule set.
    package var id: String
    /// The row of the ban report that the rule serves.
    package var heuristic: String
    package var family: Family
    package let kind: RuleKind
    /// What the rule's evidence rests on; follows from the kind, and is asked for often.
    package let basis: Basis
    package var condition: Condition
    package var blame: Blame
    /// What a signal of strength 1 is worth, in log-odds. Not negative.
    package var weight: Double
    /// After this span of event time a signal is worth half.
    package var halfLife: Interval
    /// One line that says why the rule exists.
    package var reason: String

    package init(
        id: String, heuristic: String, family: Family, kind: RuleKind, condition: Condition, blame: Blame = .accounts,
        weight: Double, halfLife: Interval, reason: String
    ) {
        self.id = id
        self.heuristic = heuristic
        self.family = family
        self.kind = kind
        basis = Basis(kind)
        self.condition = condition
        self.blame = blame
        self.weight = weight
        self.halfLife = halfLife
        self.reason = reason
    }

    /// The field that the rule's state hangs on.
    package var key: Field { kind.key }

    /// What must be loaded for the rule to see anything.
    package var requirements: Set<DataRequirement> {
        switch kind {
        case .distinct(let parameters):
            Set([parameters.key, parameters.member].compactMap(DataRequirement.init(field:)))
        case .rate(let parameters): Set([parameters.key].compactMap(DataRequirement.init(field:)))
        case .travel: [.location]
        case .match(let parameters):
            switch parameters.test {
            case .list(let name): [.list(name)]
            case .flags(let flags): [.flags(flags)]
            }
        }
    }
}

/// What a rule needs from the databases and lists.
package enum DataRequirement: Hashable, Sendable {
    /// Coordinates: a City database.
    case location
    /// A country: a City or Country database.
    case country
    /// A network number: an ASN database.
    case asn
    /// Any of these flags: a database that gives one of them.
    case flags(NetworkFlags)
    /// An operator list of this name.
    case list(String)

    /// What a rule needs to see a value of this field; `nil` where every event tells it.
    package init?(field: Field) {
        switch field {
        case .country: self = .country
        case .asn: self = .asn
        default: return nil
        }
    }
}

/// Who gets a rule's signals.
package enum Blame: UInt8, Sendable, CaseIterable {
    /// The accounts behind the key, and the entity.
    case accounts
    /// The entity alone: the accounts are its victims.
    case entity

    package var name: String {
        switch self {
        case .accounts: "accounts"
        case .entity: "entity"
        }
    }
}

/// An independent source of evidence.
package enum Family: UInt8, Sendable, CaseIterable {
    case network, geography, device, identity, payment, behaviour, policy

    package var name: String {
        switch self {
        case .network: "network"
        case .geography: "geography"
        case .device: "device"
        case .identity: "identity"
        case .payment: "payment"
        case .behaviour: "behaviour"
        case .policy: "policy"
        }
    }
}

/// What evidence rests on. Two families that rest on the same thing say the same fact twice: forty registrations from one
/// address are a batch, and a shared address, and still one fact.
package enum Basis: UInt8, Sendable, CaseIterable {
    /// The account's own doings: its journeys, its regions.
    case account
    /// Addresses and networks.
    case address
    case device
    /// Mailboxes and telephones.
    case contact
    case card
    case apiKey

    init(_ kind: RuleKind) {
        self =
            switch kind.key {
            case .ip, .prefix, .prefix48, .asn: .address
            case .device: .device
            case .email, .phone: .contact
            case .card: .card
            case .apiKey: .apiKey
            case .account, .country, .session, .username, .userAgent: .account
            }
    }
}

/// Which events a rule looks at.
package struct Condition: Sendable, Hashable {
    /// Bit *i* is set where the type with raw value *i* counts.
    package var types: UInt8
    /// Bit *i* is set where the outcome with raw value *i* counts.
    package var outcomes: UInt8

    /// Empty lists mean every type and every outcome.
    package init(types: [EventType] = [], outcomes: [Outcome] = []) {
        self.types = types.isEmpty ? .max : types.reduce(0) { $0 | 1 << $1.rawValue }
        self.outcomes = outcomes.isEmpty ? .max : outcomes.reduce(0) { $0 | 1 << $1.rawValue }
    }

    @inline(__always)
    package func holds(for event: Event) -> Bool {
        types & 1 << event.type.rawValue != 0 && outcomes & 1 << event.outcome.rawValue != 0
    }

    /// The one type that counts, where it is one.
    package var onlyType: EventType? {
        types.nonzeroBitCount == 1 ? EventType(rawValue: UInt8(types.trailingZeroBitCount)) : nil
    }
}

/// The code that a rule runs, with its parameters.
package enum RuleKind: Sendable, Hashable {
    case distinct(DistinctParameters)
    case rate(RateParameters)
    case travel(TravelParameters)
    case match(MatchParameters)

    /// The field that the rule's state hangs on.
    var key: Field {
        switch self {
        case .distinct(let parameters): parameters.key
        case .rate(let parameters): parameters.key
        case .travel, .match: .account
        }
    }

    package var name: String {
        switch self {
        case .distinct: "distinct"
        case .rate: "rate"
        case .travel: "travel"
        case .match: "match"
        }
    }
}

/// From a count to a strength: nothing up to `allow`, then linear, 1 from `saturate` on.
package struct Ramp: Sendable, Hashable {
    /// The innocents' share.
    package var allow: Double
    package var saturate: Double

    package init(allow: Double, saturate: Double) {
        self.allow = allow
        self.saturate = saturate
    }

    /// 0 to 1.
    @inline(__always)
    package func strength(_ count: Double) -> Double {
        count <= allow ? 0 : min(1, (count - allow) / (saturate - allow))
    }
}

/// Distinct members of a key in a sliding window.
package struct DistinctParameters: Sendable, Hashable {
    package var key: Field
    package var member: Field
    package var window: Interval
    package var ramp: Ramp
    /// What an account counts that is not known to be new, 0 to 1. Only where the members are accounts.
    package var establishedWeight: Double
    /// An account counts as new for this long after its registration.
    package var newFor: Interval

    package init(
        key: Field, member: Field, window: Interval, ramp: Ramp, establishedWeight: Double = 1,
        newFor: Interval = Interval(seconds: 7 * 86_400)
    ) {
        self.key = key
        self.member = member
        self.window = window
        self.ramp = ramp
        self.establishedWeight = establishedWeight
        self.newFor = newFor
    }
}

/// Events of a key in a sliding window.
package struct RateParameters: Sendable, Hashable {
    package var key: Field
    package var window: Interval
    package var ramp: Ramp

    package init(key: Field, window: Interval, ramp: Ramp) {
        self.key = key
        self.window = window
        self.ramp = ramp
    }
}

/// Journeys that no person can make.
package struct TravelParameters: Sendable, Hashable {
    /// Faster than this, in kilometres per hour, is no journey.
    package var maximumSpeed: Double
    /// Shorter journeys, less both accuracy radii, are not judged: kilometres.
    package var minimumDistance: Double
    /// Impossible journeys count for this long.
    package var window: Interval
    /// From journeys between different pairs of places to strength.
    package var ramp: Ramp

    package init(maximumSpeed: Double, minimumDistance: Double, window: Interval, ramp: Ramp) {
        self.maximumSpeed = maximumSpeed
        self.minimumDistance = minimumDistance
        self.window = window
        self.ramp = ramp
    }
}

/// Repeated events of an account that a list or a flag names.
package struct MatchParameters: Sendable, Hashable {
    package enum Test: Sendable, Hashable {
        /// The operator list of this name.
        case list(String)
        /// Any of these flags of the address.
        case flags(NetworkFlags)
    }

    package var test: Test
    package var window: Interval
    /// A match closer than this to an attempt is part of it.
    package var gap: Interval
    /// From attempts in the window to strength.
    package var ramp: Ramp

    package init(test: Test, window: Interval, gap: Interval, ramp: Ramp) {
        self.test = test
        self.window = window
        self.gap = gap
        self.ramp = ramp
    }
}

/// How evidence becomes a score, and a score a level.
package struct ScorePolicy: Sendable, Hashable {
    /// Log-odds of an account without evidence.
    package var prior: Double
    /// The most that each family can be worth, in log-odds, by the family's raw value.
    package var caps: [Double]
    /// The score from which each level above `normal` holds: watch, review, ban.
    package var thresholds: [Double]
    /// How far the score must fall below a threshold for the level to fall.
    package var hysteresis: Double
    /// An alert for the same or a lower level is not repeated within this span of event time.
    package var cooldown: Interval
    /// What each of two families, on two different bases, must be worth in log-odds for the level `ban`.
    package var independentEvidence: Double

    package init(
        prior: Double, caps: [Double], thresholds: [Double], hysteresis: Double, cooldown: Interval,
        independentEvidence: Double
    ) {
        self.prior = prior
        self.caps = caps
        self.thresholds = thresholds
        self.hysteresis = hysteresis
        self.cooldown = cooldown
        self.independentEvidence = independentEvidence
    }
}

extension ScorePolicy {
    /// The score that log-odds make, 0 to 100: the logistic function.
    package static func score(logOdds z: Double) -> Double { 100 / (1 + exp(-z)) }

    /// A score in hundredths of a point.
    package static func points(_ score: Double) -> Int { Int((score * 100).rounded()) }

    /// What an account without evidence has, in hundredths of a point.
    package var basePoints: Int { Self.points(Self.score(logOdds: prior)) }
}

/// The rules in force and the policy that weighs them.
package struct RuleSet: Sendable, Hashable {
    package var rules: [Rule]
    package var policy: ScorePolicy

    package init(rules: [Rule], policy: ScorePolicy) {
        self.rules = rules
        self.policy = policy
    }

    /// A number that differs where rules or policy differ; only good for comparing.
    package var fingerprint: UInt64 { KeyHash(seed: 0).hash(Array("\(self)".utf8).span) }
}
