import Decoding
import Detection
import Enrichment
import Ordering
import RiskModel
import Scoring
import Settings

/// The state of one stage, as a snapshot keeps it, with damage: it is refused, or it is a state with which the stages go on.
///
/// The input is damage to a state that was made of events, so that inputs stay of use when the encoding changes: the stage,
/// the partition, and then for each edit where (two bytes), how, and with what.
@Sendable func fuzzState(_ input: [UInt8]) {
    guard input.count >= 2 else { return }
    let part = Part.allCases[Int(input[0]) % Part.allCases.count]
    let partition = Int(input[1]) % Partition.count
    var bytes = Chain.used.encode(part, partition)
    for edit in stride(from: 2, to: input.count - 3, by: 4) where !bytes.isEmpty {
        let at = (Int(input[edit]) << 8 | Int(input[edit + 1])) % bytes.count
        let value = input[edit + 3]
        switch input[edit + 2] % 4 {
        case 0: bytes[at] = value
        case 1: bytes[at] ^= value
        case 2: bytes.removeSubrange(at..<min(at + Int(value), bytes.count))
        default: bytes.insert(contentsOf: [UInt8](repeating: 0xff, count: Int(value)), at: at)
        }
    }
    let chain = Chain()
    guard (try? chain.decode(part, partition, bytes)) != nil else { return }
    let again = chain.encode(part, partition)
    let twin = Chain()
    check((try? twin.decode(part, partition, again)) != nil, "a state of \(part) that it does not take back")
    check(twin.encode(part, partition) == again, "another state of \(part) behind the way through its bytes")
    chain.run(Chain.events(1_000..<1_040))
    chain.maintain()
}

private enum Part: CaseIterable { case profile, entity, risk, sequencer, frequencies, taints, campaigns }

/// The stages that keep a state, one behind the other. Of one thread.
private final class Chain {
    private static let rules = RuleSet.embedded()
    private static let limits = Sequencer.Limits(
        lateness: Interval(seconds: 600), duplicateCount: 1_000, heldEvents: 1_000, heldBytes: 1 << 20)
    /// Has seen events that leave something in every stage.
    nonisolated(unsafe) static let used = {
        let chain = Chain()
        chain.run(events(0..<600))
        return chain
    }()

    private let profile: ProfileFold
    private let entity: EntityFold
    private let risk = RiskFold(rules: rules)
    private var sequencer = Sequencer(limits: limits, hashSeed: 1)
    private var frequencies = TraitFrequencies()
    private var taints = Taints()
    private var campaigns = Campaigns()

    init() {
        let rules = CompiledRules(Self.rules, inactive: []) { _ in ListBinding(bit: 0, field: .country) }
        profile = ProfileFold(rules: rules, hash: KeyHash(seed: 1), accountLimit: 10_000)
        entity = EntityFold(rules: rules, hash: KeyHash(seed: 1), entityLimit: 10_000)
    }

    /// Of 150 accounts that share addresses, devices, cards and names, in two countries by turns; and verdicts on some.
    static func events(_ numbers: Range<Int>) -> (frames: FrameBatch, events: EventBatch) {
        var frames = FrameBatch()
        for i in numbers {
            let types = [
                "registration", "login", "api_call", "payment", "policy_violation", "message", "login", "api_call",
            ]
            let type = i < 150 ? types[0] : types[i % types.count]
            let outcome = i % 5 == 0 ? "failure" : "success"
            let line =
                #"{"ts":\#(1_740_830_400 + i * 30 - i % 7 * 60),"type":"\#(type)","account":"a\#(i % 150)","#
                + #""ip":"198.51.100.\#(i % 9)","device":"d\#(i % 11)","id":"\#(i)","outcome":"\#(outcome)","#
                + #""email":"someone\#(i % 40)@d\#(i % 3).example","phone":"+4312345\#(i % 8)77","severity":"high","#
                + #""card":"411111******1\#(i % 6)","card_country":"AT","user_agent":"agent/\#(i % 2)","#
                + #""api_key":"k\#(i % 4)","language":"xx","session":"s\#(i % 13)","attributes":{"plan":"trial"}}"#
            frames.append(Array(line.utf8).span, seq: UInt64(i + 1), source: .stream, flags: [])
        }
        var decoder = EventDecoder(attributes: rules.attributes)
        var events = EventBatch()
        decoder.decode(frames, frames: frames.frames.indices, into: &events)
        if let sources = try? EnrichmentSources(databases: [], lists: []) {
            Enricher(sources: sources).enrich(&events, events: events.events.indices)
        }
        for i in events.events.indices {
            events.events[i].place.country = CountryCode(i % 2 == 0 ? "DE" : "BR") ?? .unknown
            events.events[i].place.latitude = i % 2 == 0 ? 52.5 : -23.5
            events.events[i].place.asn = UInt32(64_496 + i % 5)
            events.events[i].place.flags = i % 4 == 0 ? .vpn : []
            events.events[i].place.hasLocation = true
            events.events[i].listed = UInt64(i % 2)
        }
        return (frames, events)
    }

    func run(_ input: (frames: FrameBatch, events: EventBatch)) {
        var arrived = input.events
        var ready = EventBatch()
        sequencer.take(&arrived, of: input.frames, range: input.frames.frames.indices, into: &ready)
        guard let last = ready.events.last else { return }
        let profiles = profile.run(ready, taints: taints, shards: 1)
        let entities = entity.run(ready, standings: profiles.standings, frequencies: &frequencies, shards: 1)
        let profile = profile
        let risks = risk.run(
            profiles.signals + entities.signals, watermark: last.watermark, shards: 1, account: { profile.account($0) })
        _ = campaigns.run(risks.ties, alerts: risks.alerts, rules: Self.rules)
        // Analysts have their say on the first few.
        for (number, standing) in profiles.standings.prefix(8).enumerated() where standing.account != .none {
            let verdict = Verdict(
                kind: Verdict.Kind.allCases[number % 4], until: last.watermark + Interval(seconds: 900), by: "a",
                why: "w")
            _ = risk.decide(
                verdict, on: standing.account, at: last.watermark, seq: last.seq, order: last.order,
                find: { profile.account($0) })
            guard let name = profile.account(standing.account)?.account else { continue }
            taints.remove(of: name)
            taints.add(profile.ties(of: standing.account), of: name, since: last.time, until: verdict.until)
        }
    }

    func maintain() {
        let watermark = sequencer.watermark
        for turn in 0..<Partition.count {
            _ = risk.maintain(turn: turn, watermark: watermark)
            _ = entity.maintain(turn: turn, watermark: watermark, shards: 1)
        }
        let risk = risk
        _ = risk.remove(profile.maintain(shards: 1) { risk.rank($0) }.map(\.account))
        let risks = risk.rescore(at: watermark)
        _ = campaigns.run(risks.ties, alerts: risks.alerts, rules: Self.rules)
        campaigns.maintain(watermark: watermark)
    }

    func encode(_ part: Part, _ partition: Int) -> [UInt8] {
        var writer = StateWriter()
        switch part {
        case .profile: profile.encode(partition, into: &writer)
        case .entity: entity.encode(partition, into: &writer)
        case .risk: risk.encode(partition, into: &writer)
        case .sequencer: sequencer.encode(into: &writer)
        case .frequencies: frequencies.encode(into: &writer)
        case .taints: taints.encode(into: &writer)
        case .campaigns: campaigns.encode(into: &writer)
        }
        return writer.bytes
    }

    func decode(_ part: Part, _ partition: Int, _ bytes: [UInt8]) throws(StateFault) {
        var reader = StateReader(bytes)
        switch part {
        case .profile: try profile.decode(partition, from: &reader)
        case .entity: try entity.decode(partition, from: &reader)
        case .risk: try risk.decode(partition, from: &reader)
        case .sequencer: sequencer = try Sequencer(decoding: &reader, limits: Self.limits)
        case .frequencies: frequencies = try TraitFrequencies(from: &reader)
        case .taints: taints = try Taints(from: &reader)
        case .campaigns: campaigns = try Campaigns(from: &reader)
        }
        try reader.finish()
    }
}
