/// What a charge is about: which innocent explanations can fit it.
enum AppealTopic: CaseIterable {
    /// Others at the same address or network, device, mailbox or telephone, card, API key.
    case network, device, contact, card, apiKey
    /// Places that are too far apart.
    case hopping
    /// Used in several places, or on many devices, at once.
    case concurrent
    /// Used from where the service is not offered.
    case region
    /// A throw-away address or number.
    case disposable
    case payment
    /// Through a relay, or from a data centre.
    case relay
    case policy
    case language
    /// Somebody else got in.
    case takeover
    /// Tied to a banned account.
    case tie
    /// Accounts that are like each other.
    case likeness
    /// Use of the API that is not its owner's own.
    case api
    case other

    /// - Parameters:
    ///   - kind: the code that the rule runs.
    ///   - entity: the kind of entity that the evidence hangs on.
    init(heuristic: String?, kind: String?, entity: String?) {
        if let topic = Self.byKind[kind ?? ""] {
            self = topic
        } else if let topic = Self.byHeuristic[heuristic ?? ""] {
            self = topic
        } else if let topic = Self.byEntity[entity ?? ""] {
            self = topic
        } else {
            self = Self.withoutEntity[heuristic ?? ""] ?? .other
        }
    }

    private static let byKind: [String: Self] = [
        "travel": .hopping, "overlap": .concurrent, "resale": .apiKey, "rhythm": .likeness, "likeness": .likeness,
        "takeover": .takeover, "ladder": .policy, "association": .tie, "modifier": .language,
    ]

    private static let byHeuristic: [String: Self] = [
        "region_hopping": .hopping, "shared_account": .concurrent, "unsupported_region": .region, "anonymizer": .relay,
        "policy_strikes": .policy, "content_language": .language, "credential_attack": .takeover,
    ]

    private static let byEntity: [String: Self] = [
        "ip": .network, "prefix": .network, "asn": .network, "device": .device, "email": .contact, "mailbox": .contact,
        "email_domain": .contact, "phone": .contact, "phone_prefix": .contact, "card": .card, "card_bin": .card,
        "api_key": .apiKey, "name_template": .likeness, "user_agent": .likeness, "username": .likeness,
    ]

    /// Of heuristics whose rules can do with and without an entity.
    private static let withoutEntity: [String: Self] = [
        "batch_registration": .network, "shared_ip": .network, "shared_device": .device,
        "disposable_contact": .disposable, "payment_risk": .payment, "api_abuse": .api,
    ]
}
