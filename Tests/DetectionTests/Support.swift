import RiskModel

@testable import Detection

/// A place where events happen.
struct City: Sendable {
    var latitude: Float
    var longitude: Float
    var country: String
    var asn: UInt32

    static let london = City(latitude: 51.5074, longitude: -0.1278, country: "GB", asn: 64_500)
    static let newYork = City(latitude: 40.7128, longitude: -74.0060, country: "US", asn: 64_501)
    static let sydney = City(latitude: -33.8688, longitude: 151.2093, country: "AU", asn: 64_502)
    static let paris = City(latitude: 48.8566, longitude: 2.3522, country: "FR", asn: 64_503)
    static let tokyo = City(latitude: 35.6762, longitude: 139.6503, country: "JP", asn: 64_504)
    static let all = [london, newYork, sydney, paris, tokyo]
}

extension Place {
    init(_ city: City, radius: UInt16 = 0, flags: NetworkFlags = []) {
        self.init()
        latitude = city.latitude
        longitude = city.longitude
        country = CountryCode(city.country) ?? .unknown
        asn = city.asn
        accuracyRadiusKilometres = radius
        hasLocation = true
        self.flags = flags
    }
}

/// An event with its texts, before it is put into a batch.
struct Fact: Sendable {
    var seconds: Int64
    var type = EventType.login
    var outcome = Outcome.success
    var account = ""
    var ip = ""
    var device = ""
    var apiKey = ""
    var email = ""
    var phone = ""
    var card = ""
    var cardBin = ""
    var cardCountry = ""
    var mailbox = ""
    var nameTemplate = ""
    var username = ""
    var session = ""
    var userAgent = ""
    var language = ""
    /// The value of the first attribute that rules ask for.
    var attribute = ""
    var severity: UInt8 = 0
    var place = Place()
    var listed: UInt64 = 0
}

/// Batches of at most `size` facts, numbered from `firstSeq` on, with the watermark running through.
func batches(_ facts: [Fact], size: Int, firstSeq: UInt64 = 1, watermark: Timestamp = .epoch) -> [EventBatch] {
    var watermark = watermark
    return stride(from: 0, to: facts.count, by: size).map { start in
        var batch = EventBatch()
        func slice(_ text: String) -> TextSlice {
            guard !text.isEmpty else { return .empty }
            defer { batch.text += Array(text.utf8) }
            return TextSlice(offset: UInt32(batch.text.count), count: UInt32(text.utf8.count))
        }
        for i in start..<min(facts.count, start + size) {
            let fact = facts[i]
            var event = Event()
            event.seq = firstSeq + UInt64(i)
            // As if frames before had held no events: no order is a `seq`.
            event.order = event.seq + 1_000_000
            event.time = Timestamp(seconds: fact.seconds)
            watermark = max(watermark, event.time)
            event.watermark = watermark
            event.type = fact.type
            event.outcome = fact.outcome
            event.address = IPAddress(fact.ip) ?? .none
            event.place = fact.place
            event.listed = fact.listed
            event.account = slice(fact.account)
            event.device = slice(fact.device)
            event.apiKey = slice(fact.apiKey)
            event.email = slice(fact.email)
            event.phone = slice(fact.phone)
            event.card = slice(fact.card)
            event.cardBin = slice(fact.cardBin)
            event.cardCountry = CountryCode(fact.cardCountry) ?? .unknown
            event.mailbox = slice(fact.mailbox)
            // As the enrichment does it.
            let address = fact.mailbox.isEmpty ? fact.email : fact.mailbox
            event.emailDomain = slice(address.split(separator: "@").dropFirst().last.map(String.init) ?? "")
            event.phonePrefix = slice(
                fact.phone.count < 8 ? "" : String(fact.phone.prefix(min(8, fact.phone.count - 4))))
            event.spelling = slice(fact.username.isEmpty ? fact.mailbox : fact.username)
            event.nameTemplate = slice(fact.nameTemplate)
            event.username = slice(fact.username)
            event.session = slice(fact.session)
            event.userAgent = slice(fact.userAgent)
            event.language = slice(fact.language)
            event.attributes[0] = slice(fact.attribute)
            event.severity = fact.severity
            batch.events.append(event)
        }
        return batch
    }
}

extension Rule {
    static func of(
        _ kind: RuleKind, _ condition: Condition = Condition(), blame: Blame = .accounts, id: String = "rule"
    ) -> Rule {
        Rule(
            id: id, heuristic: "test", family: .network, kind: kind, condition: condition, blame: blame, weight: 1,
            halfLife: Interval(seconds: 86_400), reason: "A test.")
    }
}

extension Bound {
    /// The parameters as those of a rule that looks at every event.
    init(_ parameters: Parameters, blame: Blame = .accounts) {
        self.init(
            index: 0, shape: 0, condition: BoundCondition(Condition()) { _ in nil }, blame: blame,
            parameters: parameters)
    }
}

extension CompiledRules {
    init(_ rules: [Rule], networkNames: UInt64 = 0, list: (String) -> ListBinding? = { _ in nil }) {
        let policy = ScorePolicy(
            prior: -4, caps: Array(repeating: 3, count: Family.allCases.count),
            basisCaps: Array(repeating: 3, count: Basis.allCases.count), thresholds: [30, 60, 90], hysteresis: 5,
            cooldown: Interval(seconds: 86_400), independentEvidence: 1)
        self.init(
            RuleSet(rules: rules, policy: policy, attributes: ["plan"]), inactive: [], networkNames: networkNames,
            list: list)
    }
}

/// What `body` writes.
func encoded(_ body: (inout StateWriter) -> Void) -> [UInt8] {
    var writer = StateWriter()
    body(&writer)
    return writer.bytes
}

/// The profile and entity folds, one behind the other, with what they said under the accounts' names.
struct Folds {
    /// A signal whose account is told by its name, for the numbers depend on the hashes' seed.
    struct NamedSignal: Hashable {
        var account: String
        var rule: Int
        var seq: UInt64
        var order: UInt64
        var time: Timestamp
        var watermark: Timestamp
        var strength: Double
        var evidence: Evidence
    }

    let profile: ProfileFold
    let entity: EntityFold
    let shards: Int
    var frequencies = TraitFrequencies()
    var taints = Taints()
    var signals: [NamedSignal: Int] = [:]
    var entitySignals: [EntitySignal: Int] = [:]
    var newAccounts: [NewAccount] = []
    /// Of the latest batch.
    var standings: [Standing] = []
    var orphans = 0

    init(_ rules: CompiledRules, shards: Int = 1, seed: UInt64 = 1, accounts: Int = 1 << 20, entities: Int = 1 << 20) {
        let hash = KeyHash(seed: seed)
        profile = ProfileFold(rules: rules, hash: hash, accountLimit: accounts)
        entity = EntityFold(rules: rules, hash: hash, entityLimit: entities)
        self.shards = shards
    }

    /// The bytes of every partition's state: those of the profile fold, then those of the entity fold.
    var state: [[UInt8]] {
        (0..<Partition.count).map { partition in encoded { profile.encode(partition, into: &$0) } }
            + (0..<Partition.count).map { partition in encoded { entity.encode(partition, into: &$0) } }
            + [encoded { frequencies.encode(into: &$0) }, encoded { taints.encode(into: &$0) }]
    }

    /// Takes states as ``state`` gives them.
    mutating func restore(_ state: [[UInt8]]) throws(StateFault) {
        for partition in 0..<Partition.count {
            var reader = StateReader(state[partition])
            try profile.decode(partition, from: &reader)
            try reader.finish()
            reader = StateReader(state[Partition.count + partition])
            try entity.decode(partition, from: &reader)
            try reader.finish()
        }
        var reader = StateReader(state[2 * Partition.count])
        frequencies = try TraitFrequencies(from: &reader)
        try reader.finish()
        reader = StateReader(state[2 * Partition.count + 1])
        taints = try Taints(from: &reader)
        try reader.finish()
    }

    /// Takes a batch; a `verdict` bans the account of its event for a thousand seconds, or takes that back, and passes alone.
    mutating func run(_ batch: EventBatch) {
        var start = 0
        for i in batch.events.indices where batch.events[i].type == .verdict {
            if start < i { runEvents(batch.part(start..<i)) }
            runVerdict(batch.part(i..<i + 1))
            start = i + 1
        }
        if start < batch.events.count { runEvents(batch.part(start..<batch.events.count)) }
    }

    private mutating func runVerdict(_ batch: EventBatch) {
        let event = batch.events[0]
        let account = batch.string(event.account)
        let output = profile.run(batch, taints: taints, shards: shards)
        standings = output.standings
        newAccounts += output.newAccounts
        taints.remove(of: account)
        if event.outcome == .failure { return }
        taints.add(
            profile.ties(of: standings[0].account), of: account, since: event.time,
            until: event.time + Interval(seconds: 1_000))
    }

    private mutating func runEvents(_ batch: EventBatch) {
        let output = profile.run(batch, taints: taints, shards: shards)
        standings = output.standings
        newAccounts += output.newAccounts
        let found = entity.run(batch, standings: standings, frequencies: &frequencies, shards: shards)
        for signal in output.signals + found.signals {
            guard let account = profile.account(signal.account)?.account else {
                orphans += 1
                continue
            }
            let named = NamedSignal(
                account: account, rule: signal.rule, seq: signal.seq, order: signal.order, time: signal.time,
                watermark: signal.watermark, strength: signal.strength, evidence: signal.evidence)
            signals[named, default: 0] += 1
        }
        for signal in found.entitySignals { entitySignals[signal, default: 0] += 1 }
    }

    mutating func run(_ facts: [Fact], size: Int = 1_000) {
        for batch in batches(facts, size: size) { run(batch) }
    }

    /// What a rule said, in order.
    func said(by rule: Int = 0) -> [NamedSignal] {
        signals.keys.filter { $0.rule == rule }.sorted { ($0.order, $0.account) < ($1.order, $1.account) }
    }

    /// The accounts that were told at `seq`, in order of their names.
    func told(at seq: UInt64) -> [String] { signals.keys.filter { $0.seq == seq }.map(\.account).sorted() }
}

extension KeyIndex {
    /// The slot of a key of two words that is seen at `time`, made if it is new.
    mutating func slot(high: UInt64, low: UInt64, hash: UInt64, at time: Timestamp) -> (slot: Int, isNew: Bool) {
        if let slot = known(high: high, low: low, hash: hash, at: time) { return (slot, false) }
        return (add(high: high, low: low, hash: hash, at: time), true)
    }
}
