import Decoding
import Detection
import Dispatch
import Enrichment
import RiskModel
import Scoring
import Synchronization

/// What rules, lists and databases make of the pipeline's stages: workers that decode and place, and the three folds.
///
/// A reload makes new ones, and moves the folds' state over by way of its encoding: what a snapshot keeps, a reload keeps.
final class Stages: Sendable {
    private final class Worker: Sendable {
        let state: Mutex<(decoder: EventDecoder, enricher: Enricher, batch: EventBatch)>
        init(_ sources: EnrichmentSources, attributes: [String], mappings: [Mapping]) {
            let decoder = EventDecoder(attributes: attributes, mappings: mappings)
            state = Mutex((decoder, Enricher(sources: sources), EventBatch()))
        }
    }

    /// What hangs on no one key: only the pipeline's own thread uses it.
    private struct Shared: Sendable {
        /// How rare what registrations look like is.
        var frequencies = TraitFrequencies()
        /// What banned accounts used.
        var taints = Taints()
        var campaigns = Campaigns()
    }

    /// Workers in each stage.
    let shards: Int
    let rules: RuleSet
    let sources: EnrichmentSources
    let options: Pipeline.Options
    private let workers: [Worker]
    /// Held while a batch is decoded, since what the workers hold is of one batch: behind a reload the batch that was read
    /// before it is decoded anew while the next one is.
    private let decoding = Mutex(())
    private let profileFold: ProfileFold
    private let entityFold: EntityFold
    private let riskFold: RiskFold
    private let shared = Mutex(Shared())
    private let meter: RuleMeter
    /// Batches that the folds have had.
    private let batches = Atomic(0)

    init(rules: RuleSet, sources: EnrichmentSources, options: Pipeline.Options, hashSeed: UInt64) {
        let inactive = RuleActivation.inactive(rules, sources: sources)
        let pseudonyms = sources.pseudonyms
        let compiled = CompiledRules(
            pseudonyms?.applied(to: rules) ?? rules, inactive: Set(inactive.keys),
            salt: { rule in pseudonyms.map { $0.isSeen(by: rule) ? $0.fingerprint : 0 } ?? 0 },
            networkNames: pseudonyms?.networkFingerprint ?? 0,
            list: { name in
                sources.listIndex(named: name).map { ListBinding(bit: $0, field: sources.lists[$0].kind.field) }
            })
        let hash = KeyHash(seed: hashSeed)
        shards = options.shards
        self.rules = rules
        self.sources = sources
        self.options = options
        workers = (0..<options.shards).map { _ in
            Worker(sources, attributes: rules.attributes, mappings: options.mappings)
        }
        profileFold = ProfileFold(rules: compiled, hash: hash, accountLimit: options.accountLimit)
        entityFold = EntityFold(rules: compiled, hash: hash, entityLimit: options.entityLimit)
        riskFold = RiskFold(rules: rules)
        meter = compiled.meter
    }

    /// Under which names networks are known.
    private var networkNames: UInt64 { sources.pseudonyms?.networkFingerprint ?? 0 }

    /// The seconds that each rule took since it came in force, as far as samples tell.
    private var ruleSeconds: [String: Double] {
        let seconds = rules.rules.map { ($0.id, meter.spent(by: $0) / .seconds(1) * Double(RuleMeter.interval)) }
        return Dictionary(seconds, uniquingKeysWith: { first, _ in first })
    }

    /// Decodes and enriches a batch, side by side in as many runs of frames as there are workers.
    func decode(_ frames: FrameBatch, into batch: inout EventBatch) {
        batch.removeAll()
        let count = frames.frames.count
        let runs = min(workers.count, max(1, count / 64))
        if runs == 1 {
            workers[0].state.withLock { worker in
                worker.decoder.decode(frames, frames: 0..<count, into: &batch)
                worker.enricher.enrich(&batch, events: batch.events.indices)
            }
            return
        }
        let workers = workers
        decoding.withLock { _ in
            DispatchQueue.concurrentPerform(iterations: runs) { run in
                workers[run].state.withLock { worker in
                    worker.batch.removeAll()
                    worker.decoder.decode(
                        frames, frames: count * run / runs..<count * (run + 1) / runs, into: &worker.batch)
                    worker.enricher.enrich(&worker.batch, events: worker.batch.events.indices)
                }
            }
            for run in 0..<runs { workers[run].state.withLock { batch.append($0.batch) } }
        }
    }

    /// Puts pseudonyms in place of what names people in events whose turn has come: from here on nothing else is seen or kept.
    ///
    /// Behind the sequencer, since what waits there may yet be placed anew by other lists, which need the plain texts.
    func pseudonymize(_ batch: inout EventBatch) {
        sources.pseudonyms?.apply(to: &batch)
    }

    /// Places events that wait once more, by other databases and lists. Their attributes are forgotten where the rules may call
    /// them by other names now.
    func annotate(_ batch: inout EventBatch, forgettingAttributes: Bool) {
        workers[0].state.withLock { $0.enricher.enrich(&batch, events: batch.events.indices) }
        guard forgettingAttributes else { return }
        for i in batch.events.indices { batch.events[i].attributes = InlineArray(repeating: .empty) }
    }

    /// Events whose turn has come through the folds; counts what they made.
    ///
    /// A verdict changes what later events mean to accounts in every partition: it passes alone.
    func fold(_ batch: EventBatch, _ counts: inout PipelineStatistics) -> Changes {
        var changes = Changes()
        var start = 0
        for i in batch.events.indices where batch.events[i].type == .verdict {
            if start < i { changes.append(foldEvents(batch.part(start..<i), &counts)) }
            changes.append(foldVerdict(batch.part(i..<i + 1), &counts))
            start = i + 1
        }
        if start < batch.events.count { changes.append(foldEvents(batch.part(start..<batch.events.count), &counts)) }
        return changes
    }

    private func foldEvents(_ batch: EventBatch, _ counts: inout PipelineStatistics) -> Changes {
        var changes = Changes()
        guard let last = batch.events.last else { return changes }
        meter.sample(batches.add(1, ordering: .relaxed).newValue % RuleMeter.interval == 1)
        let (profile, entities) = shared.withLock { shared in
            let profile = profileFold.run(batch, taints: shared.taints, shards: shards)
            let entities = entityFold.run(
                batch, standings: profile.standings, frequencies: &shared.frequencies, shards: shards)
            return (profile, entities)
        }
        let names = profileFold
        let risk = riskFold.run(
            profile.signals + entities.signals, watermark: last.watermark, shards: shards,
            account: { names.account($0) })
        changes.watermark = last.watermark
        changes.newAccounts = profile.newAccounts
        take(risk, into: &changes)
        for signal in entities.entitySignals.sorted(by: { ($0.order, $0.rule) < ($1.order, $1.rule) }) {
            changes.entities[.init(entity: signal.entity, rule: signal.rule)] = signal
        }
        counts.events += batch.events.count
        counts.signals += risk.signals.count
        counts.alerts += changes.alerts.count
        counts.orphanSignals += risk.orphans
        counts.accounts += profile.newAccounts.count
        return changes
    }

    /// An analyst's word: what he says of the account, and what that says of those who are tied to it.
    private func foldVerdict(_ batch: EventBatch, _ counts: inout PipelineStatistics) -> Changes {
        var changes = Changes()
        guard let event = batch.events.first, let verdict = Verdict(packed: batch.string(event.verdict)) else {
            return changes
        }
        let account = batch.string(event.account)
        let profile = shared.withLock { shared in
            let profile = profileFold.run(batch, taints: shared.taints, shards: shards)
            shared.taints.remove(of: account)
            if verdict.kind == .banned {
                let ties = profileFold.ties(of: profile.standings[0].account)
                shared.taints.add(ties, of: account, since: event.time, until: verdict.until)
            }
            return profile
        }
        changes.watermark = event.watermark
        changes.newAccounts = profile.newAccounts
        let score = riskFold.decide(
            verdict, on: profile.standings[0].account, at: event.watermark, seq: event.seq, order: event.order,
            find: { [profileFold] in profileFold.account($0) })
        if let score { changes.scores[ExactText(score.account)] = score }
        changes.verdicts.append(
            RecordedVerdict(
                account: account, verdict: verdict, time: event.time, seq: event.seq, order: event.order))
        counts.events += 1
        counts.accounts += profile.newAccounts.count
        return changes
    }

    /// Adds what the risk fold has made, with the campaigns that come of it.
    private func take(_ risk: RiskOutput, into changes: inout Changes) {
        let campaigns = shared.withLock { $0.campaigns.run(risk.ties, alerts: risk.alerts, rules: rules) }
        for score in risk.scores { changes.scores[ExactText(score.account)] = score }
        changes.alerts += campaigns.alerts
        changes.signals += risk.signals
        changes.campaigns.merge(campaigns.campaigns) { $1 }
        changes.campaignMembers += campaigns.members
    }

    /// Forgets what is spent, and makes room where a table is over its limit; gives the last scores of what is forgotten, and
    /// who has gone.
    func maintain(round: UInt64, watermark: Timestamp, _ counts: inout PipelineStatistics) -> Changes {
        var changes = Changes()
        let turn = Int(round % UInt64(Partition.count))
        for score in riskFold.maintain(turn: turn, watermark: watermark) {
            changes.scores[ExactText(score.account)] = score
        }
        shared.withLock { $0.campaigns.maintain(watermark: watermark) }
        counts.evictedEntities += entityFold.maintain(turn: turn, watermark: watermark, shards: shards)
        let riskFold = riskFold
        let gone = profileFold.maintain(shards: shards) { riskFold.rank($0) }
        counts.evictedAccounts += gone.count
        counts.evictedRecords += depart(gone, into: &changes)
        counts.accounts -= gone.count
        return changes
    }

    /// Lets those go that were last seen before a time, but for those on whom a verdict holds; they leave their campaigns too.
    func release(seenBefore time: Timestamp, watermark: Timestamp, _ counts: inout PipelineStatistics) -> Changes {
        var changes = Changes()
        let riskFold = riskFold
        let gone = profileFold.release(seenBefore: time, shards: shards) { riskFold.verdictEnd($0) > watermark }
        shared.withLock { $0.campaigns.remove(gone.map(\.account)) }
        _ = depart(gone, into: &changes)
        counts.accounts -= gone.count
        return changes
    }

    /// - Returns: of how many a rule had spoken.
    private func depart(_ gone: [DepartedAccount], into changes: inout Changes) -> Int {
        for account in gone {
            changes.departures[ExactText(account.name)] = Departure(
                lastSeen: account.lastSeen, span: options.accountSpan,
                heldUntil: riskFold.verdictEnd(account.account))
        }
        return riskFold.remove(gone.map(\.account))
    }

    /// Counts the keys that are kept now, and what the rules cost.
    func count(_ counts: inout PipelineStatistics) {
        counts.accounts = profileFold.accountCount
        counts.entities = entityFold.entityCount
        counts.riskyAccounts = riskFold.recordCount
        // They change after each batch that is measured, and not between.
        if batches.load(ordering: .relaxed) % RuleMeter.interval == 1 { counts.ruleSeconds = ruleSeconds }
    }

    /// Weighs every account anew, after the rules or the policy have changed.
    func rescore(at watermark: Timestamp, into changes: inout Changes) {
        take(riskFold.rescore(at: watermark), into: &changes)
    }

    // MARK: - State

    /// The kinds of state, in the order in which they are written.
    enum Part: UInt32, CaseIterable { case profile = 1, entity, risk }

    /// Writes the state of one partition of one fold.
    func encode(_ part: Part, _ partition: Int, into writer: inout StateWriter) {
        switch part {
        case .profile: profileFold.encode(partition, into: &writer)
        case .entity: entityFold.encode(partition, into: &writer)
        case .risk: riskFold.encode(partition, into: &writer)
        }
    }

    /// Reads what was written, perhaps under other rules; every byte must be used.
    func decode(
        _ part: Part, _ partition: Int, from bytes: [UInt8], substitution: NameSubstitution? = nil
    ) throws(StateFault) {
        var reader = StateReader(bytes, substitution: substitution)
        switch part {
        case .profile: try profileFold.decode(partition, from: &reader)
        case .entity: try entityFold.decode(partition, from: &reader)
        case .risk: try riskFold.decode(partition, from: &reader)
        }
        try reader.finish()
    }

    /// Writes what hangs on no one key.
    func encodeShared(into writer: inout StateWriter) {
        writer.write(networkNames)
        shared.withLock { shared in
            shared.frequencies.encode(into: &writer)
            shared.taints.encode(into: &writer)
            shared.campaigns.encode(into: &writer)
        }
    }

    /// Reads what was written.
    func decodeShared(from reader: inout StateReader) throws(StateFault) {
        let knowsNetworks = try reader.read(UInt64.self) == networkNames
        var decoded = Shared(
            frequencies: try TraitFrequencies(from: &reader), taints: try Taints(from: &reader),
            campaigns: try Campaigns(from: &reader))
        if !knowsNetworks { decoded.frequencies.forgetNetworks() }
        shared.withLock { $0 = decoded }
    }

    /// Lets an account go, and entities that were its alone: nobody's numbers change by that.
    func forget(_ account: NameSearch, entities: Set<EntityValue>) {
        if let gone = profileFold.forget(account.name) { _ = riskFold.remove([gone]) }
        entityFold.forget(entities, mentioning: account)
    }

    /// Accounts of whose names another is a word.
    func names(mentioning search: NameSearch) -> [String] { profileFold.names(mentioning: search) }

    /// Takes the state over from other stages, partition by partition; with another name in place of one.
    func takeState(of other: Stages, substitution: NameSubstitution? = nil) throws(StateFault) {
        var writer = StateWriter()
        other.encodeShared(into: &writer)
        var reader = StateReader(writer.bytes, substitution: substitution)
        try decodeShared(from: &reader)
        for part in Part.allCases {
            for partition in 0..<Partition.count {
                writer.removeAll()
                other.encode(part, partition, into: &writer)
                try decode(part, partition, from: writer.bytes, substitution: substitution)
            }
        }
    }
}

extension ListKind {
    /// What of an event a list of this kind names.
    var field: Field {
        switch self {
        case .cidr: .ip
        case .asn: .asn
        case .country: .country
        case .prefix: .phone
        case .domain: .email
        case .bin: .cardBin
        }
    }
}
