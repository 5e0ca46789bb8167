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
        init(_ sources: EnrichmentSources) {
            state = Mutex((EventDecoder(), Enricher(sources: sources), EventBatch()))
        }
    }

    /// Workers in each stage.
    let shards: Int
    let rules: RuleSet
    private let workers: [Worker]
    private let profileFold: ProfileFold
    private let entityFold: EntityFold
    private let riskFold: RiskFold

    init(rules: RuleSet, sources: EnrichmentSources, options: Pipeline.Options, hashSeed: UInt64) {
        let inactive = RuleActivation.inactive(rules, sources: sources)
        let compiled = CompiledRules(rules, inactive: Set(inactive.keys)) { name in
            sources.listIndex(named: name).map { ListBinding(bit: $0, field: sources.lists[$0].kind.field) }
        }
        let hash = KeyHash(seed: hashSeed)
        shards = options.shards
        self.rules = rules
        workers = (0..<options.shards).map { _ in Worker(sources) }
        profileFold = ProfileFold(rules: compiled, hash: hash, accountLimit: options.accountLimit)
        entityFold = EntityFold(rules: compiled, hash: hash, entityLimit: options.entityLimit)
        riskFold = RiskFold(rules: rules)
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

    /// Places events once more, by other databases and lists.
    func enrich(_ batch: inout EventBatch) {
        workers[0].state.withLock { $0.enricher.enrich(&batch, events: batch.events.indices) }
    }

    /// Events whose turn has come through the three folds; counts what they made.
    func fold(_ batch: EventBatch, _ counts: inout PipelineStatistics) -> Changes {
        var changes = Changes()
        guard let last = batch.events.last else { return changes }
        let profile = profileFold.run(batch, shards: shards)
        let entities = entityFold.run(batch, standings: profile.standings, shards: shards)
        let profileFold = profileFold
        let risk = riskFold.run(
            profile.signals + entities.signals, watermark: last.watermark, shards: shards,
            account: { profileFold.account($0) })
        changes.watermark = last.watermark
        changes.newAccounts = profile.newAccounts
        changes.take(risk)
        for signal in entities.entitySignals.sorted(by: { ($0.order, $0.rule) < ($1.order, $1.rule) }) {
            changes.entities[.init(entity: signal.entity, rule: signal.rule)] = signal
        }
        counts.events += batch.events.count
        counts.signals += risk.signals.count
        counts.alerts += risk.alerts.count
        counts.orphanSignals += risk.orphans
        counts.accounts += profile.newAccounts.count
        return changes
    }

    /// Forgets what is spent, and makes room where a table is over its limit; gives the last scores of what is forgotten.
    func maintain(round: UInt64, watermark: Timestamp, _ counts: inout PipelineStatistics) -> [Score] {
        let turn = Int(round % UInt64(Partition.count))
        let lastScores = riskFold.maintain(turn: turn, watermark: watermark)
        counts.evictedEntities += entityFold.maintain(turn: turn, watermark: watermark, shards: shards)
        let riskFold = riskFold
        let gone = profileFold.maintain(shards: shards) { riskFold.rank($0) }
        counts.evictedAccounts += gone.count
        counts.evictedRecords += riskFold.remove(gone)
        counts.accounts -= gone.count
        return lastScores
    }

    /// Counts the keys that are kept now.
    func count(_ counts: inout PipelineStatistics) {
        counts.accounts = profileFold.accountCount
        counts.entities = entityFold.entityCount
        counts.riskyAccounts = riskFold.recordCount
    }

    /// Weighs every account anew, after the rules or the policy have changed.
    func rescore(at watermark: Timestamp) -> RiskOutput { riskFold.rescore(at: watermark) }

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
    func decode(_ part: Part, _ partition: Int, from bytes: [UInt8]) throws(StateFault) {
        var reader = StateReader(bytes)
        switch part {
        case .profile: try profileFold.decode(partition, from: &reader)
        case .entity: try entityFold.decode(partition, from: &reader)
        case .risk: try riskFold.decode(partition, from: &reader)
        }
        try reader.finish()
    }

    /// Takes the state over from other stages, partition by partition.
    func takeState(of other: Stages) throws(StateFault) {
        var writer = StateWriter()
        for part in Part.allCases {
            for partition in 0..<Partition.count {
                writer.removeAll()
                other.encode(part, partition, into: &writer)
                try decode(part, partition, from: writer.bytes)
            }
        }
    }
}

extension Changes {
    /// Adds what the risk fold has made.
    mutating func take(_ risk: RiskOutput) {
        for score in risk.scores { scores[ExactText(score.account)] = score }
        alerts += risk.alerts
        signals += risk.signals
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
        }
    }
}
