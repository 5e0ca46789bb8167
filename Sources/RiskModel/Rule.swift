/// One configured heuristic.
package struct Rule: Sendable, Hashable {
    /// The name in tables, alerts and explanations; unique in its rule set.
    package var id: String
    /// The row of the ban report that the rule serves.
    package var heuristic: String
    package var family: Family
    package let kind: RuleKind
    /// What the rule's evidence rests on; follows from the kind and the family where nothing else is said.
    package let basis: Basis
    package var condition: Condition
    package var blame: Blame
    /// What a signal of strength 1 is worth, in log-odds; of a modifier, the share by which it raises what there is. Not
    /// negative.
    package var weight: Double
    /// After this span of event time a signal is worth half.
    package var halfLife: Interval
    /// One line that says why the rule exists.
    package var reason: String
    /// The rule is watched only: its signals are kept, and count nothing.
    package var isShadow: Bool
    /// Whether accounts that the rule speaks of by one entity belong together: a campaign.
    package var tiesAccounts: Bool
    /// The names of the attributes that ``Field/attribute0`` and the others stand for; the same for all rules of a set.
    package var attributes: [String]

    package init(
        id: String, heuristic: String, family: Family, kind: RuleKind, condition: Condition, blame: Blame = .accounts,
        weight: Double, halfLife: Interval, reason: String, basis: Basis? = nil, isShadow: Bool = false,
        tiesAccounts: Bool = false, attributes: [String] = []
    ) {
        self.id = id
        self.heuristic = heuristic
        self.family = family
        self.kind = kind
        self.basis = basis ?? Basis(kind, family)
        self.condition = condition
        self.blame = blame
        self.weight = weight
        self.halfLife = halfLife
        self.reason = reason
        self.isShadow = isShadow
        self.tiesAccounts = tiesAccounts
        self.attributes = attributes
    }

    /// The field that the rule's state hangs on.
    package var key: Field { kind.key }

    /// What the field is called: `ip`, `attributes.plan`.
    package func name(of field: Field) -> String {
        guard let slot = field.attributeSlot else { return field.name }
        return "attributes." + (slot < attributes.count ? attributes[slot] : "?")
    }

    /// The plural of the field for sentences.
    package func plural(of field: Field) -> String {
        field.attributeSlot == nil ? field.plural : "values of " + name(of: field)
    }

    /// What must be loaded for the rule to see anything.
    package var requirements: Set<DataRequirement> {
        var needed = Set(([key] + kind.fields).compactMap(DataRequirement.init(field:)))
        switch kind {
        case .travel: needed.insert(.location)
        case .resale: needed.insert(.asn)
        case .distinct(let parameters) where parameters.networks != nil: needed.insert(.asn)
        case .match(let parameters):
            switch parameters.test {
            case .list(let name): needed.insert(.list(name))
            case .flags(let flags): needed.insert(.flags(flags))
            case .differ, .any: break
            }
        default: break
        }
        for clause in condition.clauses where !clause.isNegated {
            switch clause.test {
            case .list(let name): needed.insert(.list(name))
            case .flags(let flags): needed.insert(.flags(flags))
            case .country: needed.insert(.country)
            case .text, .present, .newAccount, .captive, .oneDevice, .noOtherDevice, .first: break
            }
        }
        return needed
    }

    /// The lists that the rule names.
    package var lists: Set<String> {
        var names = Set<String>()
        if case .match(let parameters) = kind, case .list(let name) = parameters.test { names.insert(name) }
        for clause in condition.clauses { if case .list(let name) = clause.test { names.insert(name) } }
        return names
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
    /// Where the account is used: its journeys, its regions.
    case place
    /// What the account does: strikes, declined payments, volumes.
    case conduct
    /// Addresses and networks.
    case address
    case device
    /// Mailboxes and telephones.
    case contact
    case card
    case apiKey
    /// How accounts resemble each other: names, clients, rhythm.
    case pattern
    /// Ties to accounts that were banned.
    case tie

    package var name: String {
        switch self {
        case .place: "place"
        case .conduct: "conduct"
        case .address: "address"
        case .device: "device"
        case .contact: "contact"
        case .card: "card"
        case .apiKey: "api_key"
        case .pattern: "pattern"
        case .tie: "tie"
        }
    }

    init(_ kind: RuleKind, _ family: Family) {
        switch kind {
        case .rhythm, .likeness: self = .pattern
        case .association: self = .tie
        default:
            self =
                switch kind.key {
                case .ip, .prefix, .prefix48, .asn: .address
                case .device: .device
                case .email, .mailbox, .emailDomain, .phone, .phonePrefix: .contact
                case .card, .cardBin: .card
                case .apiKey: .apiKey
                case .nameTemplate, .userAgent, .username: .pattern
                case .account, .country, .session, .language, .cardCountry, .attribute0, .attribute1, .attribute2,
                    .attribute3, .attribute4, .attribute5, .attribute6, .attribute7:
                    Basis(family)
                }
        }
    }

    /// What an account's own rules rest on.
    private init(_ family: Family) {
        self =
            switch family {
            case .network: .address
            case .geography: .place
            case .device: .device
            case .identity: .contact
            case .payment: .card
            case .behaviour, .policy: .conduct
            }
    }
}
