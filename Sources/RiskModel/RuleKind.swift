// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// The code that a rule runs, with its parameters.
package enum RuleKind: Sendable, Hashable {
    case distinct(DistinctParameters)
    case rate(RateParameters)
    case travel(TravelParameters)
    case overlap(OverlapParameters)
    case resale(ResaleParameters)
    case match(MatchParameters)
    case rhythm(RhythmParameters)
    case likeness(LikenessParameters)
    case takeover(TakeoverParameters)
    case ladder(LadderParameters)
    case association(AssociationParameters)
    case modifier(ModifierParameters)

    /// The field that the rule's state hangs on.
    package var key: Field {
        switch self {
        case .distinct(let parameters): parameters.key
        case .rate(let parameters): parameters.key
        case .overlap(let parameters): parameters.key
        case .resale(let parameters): parameters.key
        case .rhythm(let parameters): parameters.key
        case .likeness(let parameters): parameters.key
        case .takeover(let parameters): parameters.key
        case .travel, .match, .ladder, .association, .modifier: .account
        }
    }

    /// The fields besides the key that the rule reads.
    package var fields: [Field] {
        switch self {
        case .distinct(let parameters): [parameters.member]
        case .overlap(let parameters): [parameters.member]
        case .modifier(let parameters): [parameters.field]
        case .match(let parameters):
            if case .differ(let one, let other) = parameters.test { [one, other] } else { [] }
        case .rate, .travel, .resale, .rhythm, .likeness, .takeover, .ladder, .association: []
        }
    }

    package var name: String {
        switch self {
        case .distinct: "distinct"
        case .rate: "rate"
        case .travel: "travel"
        case .overlap: "overlap"
        case .resale: "resale"
        case .match: "match"
        case .rhythm: "rhythm"
        case .likeness: "likeness"
        case .takeover: "takeover"
        case .ladder: "ladder"
        case .association: "association"
        case .modifier: "modifier"
        }
    }

    /// How long back the rule looks.
    package var window: Interval {
        switch self {
        case .distinct(let parameters): parameters.window
        case .rate(let parameters): parameters.window
        case .travel(let parameters): parameters.window
        case .overlap(let parameters): parameters.window
        case .resale(let parameters): parameters.window
        case .match(let parameters): parameters.window
        case .rhythm(let parameters): parameters.window
        case .likeness(let parameters): parameters.window
        case .takeover(let parameters): parameters.window
        case .ladder(let parameters): parameters.window
        case .association(let parameters): parameters.window
        case .modifier(let parameters): parameters.window
        }
    }
}

/// From a count to a strength: nothing up to `allow`, then linear, 1 from `saturate` on.
public struct Ramp: Sendable, Hashable {
    /// The innocents' share.
    public var allow: Double
    public var saturate: Double

    public init(allow: Double, saturate: Double) {
        self.allow = allow
        self.saturate = saturate
    }

    /// 0 to 1.
    @inlinable @inline(__always)
    public func strength(_ count: Double) -> Double {
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
    /// What the key's own past says is normal is taken off the count. Only where the members are accounts.
    package var baseline: Baseline?
    /// The key's networks (ASN) in the window, without relays and data centres: the strength is at most theirs.
    package var networks: Ramp?

    package init(
        key: Field, member: Field, window: Interval, ramp: Ramp, establishedWeight: Double = 1,
        newFor: Interval = Interval(seconds: 7 * 86_400), baseline: Baseline? = nil, networks: Ramp? = nil
    ) {
        self.key = key
        self.member = member
        self.window = window
        self.ramp = ramp
        self.establishedWeight = establishedWeight
        self.newFor = newFor
        self.baseline = baseline
        self.networks = networks
    }
}

/// How a key learns its own normal.
///
/// Of each day the most established accounts that stood in the window at once is taken into a slow average. What a network
/// of so many established accounts has of new ones on an ordinary day is taken off the count.
package struct Baseline: Sendable, Hashable {
    /// How many new accounts an established one explains.
    package var share: Double
    /// The average moves by a half in this many days.
    package var halfLifeDays: Double
    /// The strength is at most this while the key is not yet known for `warmUp`.
    package var unknownCap: Double
    package var warmUp: Interval

    package init(
        share: Double = 0.1, halfLifeDays: Double = 7, unknownCap: Double = 1,
        warmUp: Interval = Interval(seconds: 3 * 86_400)
    ) {
        self.share = share
        self.halfLifeDays = halfLifeDays
        self.unknownCap = unknownCap
        self.warmUp = warmUp
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

/// Several members of a key at work at the same time, kept up.
package struct OverlapParameters: Sendable, Hashable {
    package var key: Field
    package var member: Field
    /// So many different members within a slot are too many at once.
    package var concurrent: Int
    /// Within this they are "at once".
    package var slot: Interval
    package var window: Interval
    /// From slots with too many at once in the window to strength.
    package var ramp: Ramp

    package init(key: Field, member: Field, concurrent: Int, slot: Interval, window: Interval, ramp: Ramp) {
        self.key = key
        self.member = member
        self.concurrent = concurrent
        self.slot = slot
        self.window = window
        self.ramp = ramp
    }
}

/// A key that serves many: independent networks × devices × round the clock × more than its own past.
package struct ResaleParameters: Sendable, Hashable {
    package var key: Field
    /// Networks and devices are counted within this, and the hours of the day that see the key.
    package var window: Interval
    /// From independent networks (autonomous systems that are not hosting or relays) to a factor.
    package var networks: Ramp
    /// From devices or clients to a factor.
    package var devices: Ramp
    /// From hours of the day in use to a factor.
    package var hours: Ramp

    package init(key: Field, window: Interval, networks: Ramp, devices: Ramp, hours: Ramp) {
        self.key = key
        self.window = window
        self.networks = networks
        self.devices = devices
        self.hours = hours
    }
}

/// Repeated events of an account that a list or a flag names, or in which two fields disagree.
package struct MatchParameters: Sendable, Hashable {
    package enum Test: Sendable, Hashable {
        /// The operator list of this name.
        case list(String)
        /// Any of these flags of the address.
        case flags(NetworkFlags)
        /// Both fields are there and differ.
        case differ(Field, Field)
        /// Every event that the rule looks at.
        case any
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

/// Events that follow each other more regularly, or faster, than a person's.
package struct RhythmParameters: Sendable, Hashable {
    package var key: Field
    package var window: Interval
    /// From events in a row, of that kind, to strength.
    package var ramp: Ramp
    /// Intervals whose standard deviation is below this share of their mean are too regular.
    package var maximumVariation: Double
    /// Intervals with a mean below this are too short for a person.
    package var minimumInterval: Interval

    package init(
        key: Field, window: Interval, ramp: Ramp, maximumVariation: Double, minimumInterval: Interval
    ) {
        self.key = key
        self.window = window
        self.ramp = ramp
        self.maximumVariation = maximumVariation
        self.minimumInterval = minimumInterval
    }
}

/// Registrations that are alike beyond chance.
package struct LikenessParameters: Sendable, Hashable {
    /// Only registrations that share this are compared.
    package var key: Field
    package var window: Interval
    /// Two registrations are alike from so many bits of shared rarity on.
    package var minimumBits: Double
    /// Only registrations from different networks are compared: what one network has in common, a school has.
    package var acrossNetworks: Bool
    /// From alike registrations to strength.
    package var ramp: Ramp

    package init(key: Field, window: Interval, minimumBits: Double, ramp: Ramp, acrossNetworks: Bool = false) {
        self.acrossNetworks = acrossNetworks
        self.key = key
        self.window = window
        self.minimumBits = minimumBits
        self.ramp = ramp
    }
}

/// Failures over many accounts from one source, then a success from a place that is new to the account.
package struct TakeoverParameters: Sendable, Hashable {
    package var key: Field
    package var window: Interval
    /// From accounts that a source failed to get into to strength.
    package var ramp: Ramp
    /// At least this share of the accounts that the source tried must have held.
    package var minimumShare: Double

    package init(key: Field, window: Interval, ramp: Ramp, minimumShare: Double) {
        self.key = key
        self.window = window
        self.ramp = ramp
        self.minimumShare = minimumShare
    }
}

/// Strikes with memory: a warning, then more.
package struct LadderParameters: Sendable, Hashable {
    package var window: Interval
    /// From the sum of what the strikes in the window are worth to strength.
    package var ramp: Ramp
    /// What a strike is worth by severity: unstated, low, medium, high, critical.
    package var worth: [Double]

    package init(window: Interval, ramp: Ramp, worth: [Double]) {
        self.window = window
        self.ramp = ramp
        self.worth = worth
    }
}

/// Ties to accounts that got the verdict `banned`.
package struct AssociationParameters: Sendable, Hashable {
    /// What ties: device, card, phone, mailbox, email, api_key.
    package var ties: [Field]
    /// For this long after the verdict.
    package var window: Interval
    /// From ties to strength.
    package var ramp: Ramp

    package init(ties: [Field], window: Interval, ramp: Ramp) {
        self.ties = ties
        self.window = window
        self.ramp = ramp
    }
}

/// Something that may raise evidence that there is, and makes none.
package struct ModifierParameters: Sendable, Hashable {
    package var field: Field
    /// The values of the field that count.
    package var values: [String]
    package var window: Interval
    /// From events with one of the values to strength; nothing unless all events in the window have one.
    package var ramp: Ramp

    package init(field: Field, values: [String], window: Interval, ramp: Ramp) {
        self.field = field
        self.values = values
        self.window = window
        self.ramp = ramp
    }
}
