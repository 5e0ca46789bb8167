/// A rule's word on an account: how strongly, on what evidence, when, caused by which event.
package struct Signal: Sendable, Hashable {
    package var account: AccountRef
    /// Index of the rule in its rule set.
    package var rule: Int
    /// The event that caused the signal, which may be another account's.
    package var seq: UInt64
    /// That event's ``Event/order``: signals are weighed in its order.
    package var order: UInt64
    package var time: Timestamp
    /// The highest event time up to and including `seq`: "now" for whoever weighs the signal.
    package var watermark: Timestamp
    /// Above 0, at most 1.
    package var strength: Double
    package var evidence: Evidence

    package init(
        account: AccountRef, rule: Int, seq: UInt64, order: UInt64, time: Timestamp, watermark: Timestamp,
        strength: Double, evidence: Evidence
    ) {
        self.account = account
        self.rule = rule
        self.seq = seq
        self.order = order
        self.time = time
        self.watermark = watermark
        self.strength = strength
        self.evidence = evidence
    }
}

/// A rule's word on an entity.
package struct EntitySignal: Sendable, Hashable {
    package var entity: EntityKey
    package var rule: Int
    package var seq: UInt64
    /// The causing event's ``Event/order``.
    package var order: UInt64
    package var time: Timestamp
    package var strength: Double
    /// How many of its members or events stood in the window.
    package var count: Int
    /// The first event that the entity was seen in, while its state lived.
    package var firstSeen: Timestamp

    package init(
        entity: EntityKey, rule: Int, seq: UInt64, order: UInt64, time: Timestamp, strength: Double, count: Int,
        firstSeen: Timestamp
    ) {
        self.entity = entity
        self.rule = rule
        self.seq = seq
        self.order = order
        self.time = time
        self.strength = strength
        self.count = count
        self.firstSeen = firstSeen
    }
}

/// What a rule saw.
package enum Evidence: Sendable, Hashable {
    /// Members or events counted on an entity, or on the account itself where `entity` is `nil`.
    ///
    /// `fresh` is how many of the members are newly registered accounts; `names` are at most six of the members where
    /// they can be told (countries, networks).
    case count(entity: EntityKey?, count: Int, fresh: Int, names: [String])
    /// A journey that no person can make, the latest of `count`.
    case journey(from: Waypoint, to: Waypoint, distanceKilometres: Double, count: Int)
    /// A listed or flagged address, contact or country, and how many attempts stood in the window.
    case match(value: String, count: Int)
}

/// An account at a place at a time.
package struct Waypoint: Sendable, Hashable {
    package var time: Timestamp
    package var address: IPAddress
    package var country: CountryCode

    package init(time: Timestamp, address: IPAddress, country: CountryCode) {
        self.time = time
        self.address = address
        self.country = country
    }
}

extension Evidence {
    /// One sentence that the accused would understand, without a full stop.
    package func sentence(for rule: Rule) -> String {
        switch (self, rule.kind) {
        case (.count(let entity, let count, let fresh, let names), .distinct(let parameters)):
            var text = "\(count) \(parameters.member.plural)"
            if let verb = rule.condition.onlyType?.pastTense { text += " \(verb)" }
            if let entity { text += " \(rule.key.preposition) \(entity.kind.label) \(entity.text)" }
            text += " within \(parameters.window)"
            if fresh > 0, rule.condition.onlyType != .registration {
                text += fresh == count ? ", all newly registered" : ", \(fresh) of them newly registered"
            }
            if !names.isEmpty { text += " (\(names.joined(separator: ", ")))" }
            return text
        case (.count(let entity, let count, _, _), .rate(let parameters)):
            var text = "\(count) events"
            if let type = rule.condition.onlyType { text = "\(count) \(type.name) events" }
            if let entity { text += " \(rule.key.preposition) \(entity.kind.label) \(entity.text)" }
            return text + " within \(parameters.window)"
        case (.journey(let from, let to, let distance, let count), _):
            let span = to.time - from.time
            var text = "\(from.country) to \(to.country), at least \(Int(distance)) km in \(span.approximate)"
            text += " (\(from.address), then \(to.address))"
            return count > 1 ? text + ", \(count) such journeys" : text
        case (.match(let value, let count), .match(let parameters)):
            let times = count == 1 ? "once" : "\(count) times"
            switch parameters.test {
            case .list(let name): return "\(value), in the list \(name), \(times) within \(parameters.window)"
            case .flags: return "access through \(value), \(times) within \(parameters.window)"
            }
        default:
            return rule.reason
        }
    }

    /// The evidence as one JSON object, keys in a fixed order.
    package var json: String {
        switch self {
        case .count(let entity, let count, let fresh, let names):
            var text = "{"
            if let entity {
                text += "\"entity\":\(JSONText.quote(entity.kind.name)),\"key\":\(JSONText.quote(entity.text)),"
            }
            text += "\"count\":\(count)"
            if fresh > 0 { text += ",\"new\":\(fresh)" }
            if !names.isEmpty { text += ",\"members\":[" + names.map(JSONText.quote).joined(separator: ",") + "]" }
            return text + "}"
        case .journey(let from, let to, let distance, let count):
            return "{\"from\":\(from.json),\"to\":\(to.json),\"distance_km\":\(Int(distance)),\"count\":\(count)}"
        case .match(let value, let count):
            return "{\"value\":\(JSONText.quote(value)),\"count\":\(count)}"
        }
    }
}

extension Waypoint {
    var json: String {
        "{\"time\":\"\(time)\",\"ip\":\"\(address)\",\"country\":\"\(country)\"}"
    }
}

extension EventType {
    fileprivate var pastTense: String? {
        switch self {
        case .registration: "registered"
        case .login: "logged in"
        case .logout: "logged out"
        case .payment: "paid"
        case .apiCall: "called the API"
        case .policyViolation, .message: nil
        }
    }
}

extension Field {
    fileprivate var preposition: String {
        switch self {
        case .ip, .prefix, .prefix48, .asn: "from"
        case .device: "on"
        default: "with"
        }
    }
}

extension EntityKind {
    fileprivate var label: String {
        switch self {
        case .ip: "address"
        case .prefix: "network"
        case .apiKey: "API key"
        case .asn, .device, .phone, .email, .card: name
        }
    }
}
