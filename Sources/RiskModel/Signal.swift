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

/// What a rule saw. Boxed, for a signal is copied more often than its evidence is looked at.
package indirect enum Evidence: Sendable, Hashable {
    /// Members or events counted on an entity, or on the account itself where `entity` is `nil`.
    ///
    /// `fresh` is how many of the members are newly registered accounts; `names` are at most six of the members where
    /// they can be told (countries, networks).
    case count(entity: EntityKey?, count: Int, fresh: Int, names: [String])
    /// A journey that no person can make, the latest of `count`.
    case journey(from: Waypoint, to: Waypoint, distanceKilometres: Double, count: Int)
    /// A listed or flagged address, contact or country, and how many attempts stood in the window.
    case match(value: String, count: Int)
    /// What cannot be told by a count alone: how many of what the rule looks for, on which entity, and the particulars in
    /// words.
    case pattern(entity: EntityKey?, count: Int, traits: [String])
}

extension Evidence {
    /// The entity that the evidence hangs on, where it hangs on one.
    package var entity: EntityKey? {
        switch self {
        case .count(let entity, _, _, _): entity
        case .pattern(let entity, _, _): entity
        case .journey, .match: nil
        }
    }
}

/// An account at a place at a time.
package struct Waypoint: Sendable, Hashable {
    package var time: Timestamp
    package var address: IPAddress
    package var country: CountryCode
    package var subdivision: SubdivisionCode
    /// The device, or as much of its name as is kept; empty where unknown.
    package var device: String

    package init(
        time: Timestamp, address: IPAddress, country: CountryCode, subdivision: SubdivisionCode = .unknown,
        device: String = ""
    ) {
        self.time = time
        self.address = address
        self.country = country
        self.subdivision = subdivision
        self.device = device
    }

    /// `AT-9`, or the country alone.
    package var place: String { subdivision == .unknown ? "\(country)" : "\(country)-\(subdivision)" }
}

extension Evidence {
    /// One sentence that the accused would understand, without a full stop.
    package func sentence(for rule: Rule) -> String {
        switch (self, rule.kind) {
        case (.count(let entity, let count, let fresh, let names), .distinct(let parameters)):
            var text = "\(count) \(rule.plural(of: parameters.member))"
            if let verb = rule.condition.onlyType?.pastTense, parameters.member == .account { text += " \(verb)" }
            if let entity { text += " " + entity.phrase }
            text += " within \(parameters.window)"
            if fresh > 0, rule.condition.onlyType != .registration {
                text += fresh == count ? ", all newly registered" : ", \(fresh) of them newly registered"
            }
            if !names.isEmpty { text += " (\(names.joined(separator: ", ")))" }
            return text
        case (.count(let entity, let count, _, _), .rate(let parameters)):
            var text = "\(count) \(rule.condition.eventWords)"
            if let entity { text += " " + entity.phrase }
            return text + " within \(parameters.window)"
        case (.journey(let from, let to, let distance, let count), _):
            let span = to.time - from.time
            var text = "\(from.place) to \(to.place), at least \(Int(distance)) km in \(span.approximate)"
            text += " (\(from.label), then \(to.label))"
            return count > 1 ? text + ", \(count) such journeys" : text
        case (.match(let value, let count), .match(let parameters)):
            let times = count == 1 ? "once" : "\(count) times"
            switch parameters.test {
            case .list(let name): return "\(value), in the list \(name), \(times) within \(parameters.window)"
            case .flags: return "access through \(value), \(times) within \(parameters.window)"
            case .differ: return "\(value), \(times) within \(parameters.window)"
            case .any: return "\(rule.reason.lowercasedFirst), \(times) within \(parameters.window)"
            }
        case (.pattern(let entity, let count, let traits), let kind):
            return Self.sentence(kind, entity, count, traits, rule)
        default:
            return rule.reason
        }
    }

    private static func sentence(
        _ kind: RuleKind, _ entity: EntityKey?, _ count: Int, _ traits: [String], _ rule: Rule
    ) -> String {
        let on = entity.map { " " + $0.phrase } ?? ""
        let details = traits.isEmpty ? "" : ": " + traits.joined(separator: ", ")
        switch kind {
        case .distinct(let parameters):
            return "\(count) \(rule.plural(of: parameters.member))\(on) within \(parameters.window)\(details)"
        case .overlap(let parameters):
            let what = rule.plural(of: parameters.member)
            return "\(parameters.concurrent) or more \(what) at once\(on), on \(count) occasions within "
                + "\(parameters.window)\(details)"
        case .resale: return "used\(on) by many at once\(details)"
        case .rhythm: return "\(count) \(rule.condition.eventWords)\(on) as a machine makes them\(details)"
        case .likeness: return "\(count) other registrations\(on) are alike\(details)"
        case .takeover where entity != nil:
            return "logged in\(on), which failed to get into \(count) accounts\(details)"
        case .takeover:
            let failures = count == 0 ? "" : " after \(count) failed logins from elsewhere"
            return "used from where it never was before\(failures)\(details)"
        case .ladder: return "\(count) violations of policy within \(kind.window)\(details)"
        case .association: return "shares\(on.isEmpty ? " something" : on) with a banned account\(details)"
        case .modifier: return "all \(count) messages\(details)"
        default: return rule.reason
        }
    }

    /// The evidence as one JSON object, keys in a fixed order.
    package var json: String {
        var text = ""
        text.reserveCapacity(128)
        switch self {
        case .count(let entity, let count, let fresh, let names):
            text.append("{")
            Self.append(entity, to: &text)
            text.append("\"count\":\(count)")
            if fresh > 0 { text.append(",\"new\":\(fresh)") }
            if !names.isEmpty { Self.append(names, as: "members", to: &text) }
        case .journey(let from, let to, let distance, let count):
            text.append("{\"from\":\(from.json),\"to\":\(to.json)")
            text.append(",\"distance_km\":\(Int(distance)),\"count\":\(count)")
        case .match(let value, let count):
            text.append("{\"value\":")
            JSONText.append(value, to: &text)
            text.append(",\"count\":\(count)")
        case .pattern(let entity, let count, let traits):
            text.append("{")
            Self.append(entity, to: &text)
            text.append("\"count\":\(count)")
            Self.append(traits, as: "traits", to: &text)
        }
        text.append("}")
        return text
    }

    private static func append(_ entity: EntityKey?, to text: inout String) {
        guard let entity else { return }
        text.append("\"entity\":")
        JSONText.append(entity.kind.name, to: &text)
        text.append(",\"key\":")
        JSONText.append(entity.text, to: &text)
        text.append(",")
    }

    private static func append(_ values: [String], as name: String, to text: inout String) {
        text.append(",\"\(name)\":[")
        for (place, value) in values.enumerated() {
            if place > 0 { text.append(",") }
            JSONText.append(value, to: &text)
        }
        text.append("]")
    }
}

extension Waypoint {
    var json: String {
        var text = "{\"time\":\"\(time)\",\"ip\":\"\(address)\",\"country\":\"\(country)\""
        if subdivision != .unknown { text += ",\"subdivision\":\"\(subdivision)\"" }
        if !device.isEmpty { text += ",\"device\":\(JSONText.quote(device))" }
        return text + "}"
    }

    /// The address, and the device where it is known.
    fileprivate var label: String { device.isEmpty ? "\(address)" : "\(address) on device \(device)" }
}

extension Condition {
    /// What the rule counts: `failed login events`.
    fileprivate var eventWords: String {
        let outcome = outcomes == 1 << Outcome.failure.rawValue ? "failed " : ""
        guard let onlyType else { return outcome + "events" }
        switch onlyType {
        case .registration: return outcome + "registrations"
        case .login: return outcome + "logins"
        case .payment: return outcome + "payments"
        case .apiCall: return outcome + "API calls"
        default: return outcome + onlyType.name + " events"
        }
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

extension EventType {
    fileprivate var pastTense: String? {
        switch self {
        case .registration: "registered"
        case .login: "logged in"
        case .logout: "logged out"
        case .payment: "paid"
        case .apiCall: "called the API"
        case .policyViolation, .message, .verdict: nil
        }
    }
}

extension EntityKey {
    /// The entity in a sentence: `from address 192.0.2.1`.
    package var phrase: String {
        switch kind {
        case .ip: "from address \(text)"
        case .prefix: "from network \(text)"
        case .asn: "from \(text)"
        case .country: "from country \(text)"
        case .device: "on device \(text)"
        case .phone: "with phone \(text)"
        case .email: "with e-mail address \(text)"
        case .card: "with card \(text)"
        case .apiKey: "with API key \(text)"
        case .mailbox: "with mailbox \(text)"
        case .emailDomain: "with e-mail domain \(text)"
        case .phonePrefix: "with phone numbers \(text)…"
        case .cardBin: "with cards \(text)…"
        case .nameTemplate: "with names like \(text)"
        case .userAgent: "with client \(text)"
        case .username: "with user name \(text)"
        case .session: "in session \(text)"
        case .language: "in language \(text)"
        case .attribute: "with \(text)"
        }
    }
}
