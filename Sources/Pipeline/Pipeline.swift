import Decoding
import Detection
import Dispatch
package import Enrichment
package import RiskModel
import Scoring
import Synchronization

/// The order of the stages, once: frames in, changes for the store out.
///
/// A pure function of the frames in order of `seq`, the rules, the lists and the databases: shards, the size of batches, and
/// whether frames come live or from a file make no difference. Each batch passes the stages with a barrier between them:
///
///     decode ─► enrich ─► profile fold ─► entity fold ─► risk fold ─► changes
///
/// Housekeeping runs where `seq` passes a multiple of ``housekeepingInterval``, so that it too follows from `seq` alone.
package final class Pipeline: Sendable {
    /// Frames between two rounds of housekeeping; no batch reaches across.
    package static let housekeepingInterval: UInt64 = 65_536

    package struct Options: Sendable {
        /// Workers in each stage, 1 to ``Partition/count``.
        package var shards: Int
        package var accountLimit: Int
        package var entityLimit: Int
        /// The seed of the tables' hashes; it has no influence on results.
        package var hashSeed: UInt64

        package init(shards: Int, accountLimit: Int, entityLimit: Int, hashSeed: UInt64) {
            self.shards = min(max(1, shards), Partition.count)
            self.accountLimit = accountLimit
            self.entityLimit = entityLimit
            self.hashSeed = hashSeed
        }
    }

    private struct State {
        var watermark = Timestamp.epoch
        var housekeepingRound: UInt64 = 0
        var batch = EventBatch()
    }

    private final class Worker: Sendable {
        let state: Mutex<(decoder: EventDecoder, enricher: Enricher, batch: EventBatch)>
        init(_ sources: EnrichmentSources) {
            state = Mutex((EventDecoder(), Enricher(sources: sources), EventBatch()))
        }
    }

    private let shards: Int
    private let workers: [Worker]
    private let profileFold: ProfileFold
    private let entityFold: EntityFold
    private let riskFold: RiskFold
    private let state = Mutex(State())
    private let counts = Mutex(PipelineStatistics())

    package init(rules: RuleSet, sources: EnrichmentSources, options: Options) {
        let inactive = RuleActivation.inactive(rules, sources: sources)
        let compiled = CompiledRules(rules, inactive: Set(inactive.keys)) { name in
            sources.listIndex(named: name).map { ListBinding(bit: $0, field: sources.lists[$0].kind.field) }
        }
        let hash = KeyHash(seed: options.hashSeed)
        shards = options.shards
        workers = (0..<options.shards).map { _ in Worker(sources) }
        profileFold = ProfileFold(rules: compiled, hash: hash, accountLimit: options.accountLimit)
        entityFold = EntityFold(rules: compiled, hash: hash, entityLimit: options.entityLimit)
        riskFold = RiskFold(rules: rules)
    }

    /// What has been processed so far.
    package var statistics: PipelineStatistics { counts.withLock { $0 } }

    /// Takes the next frames in order of `seq` and returns what they change.
    package func process(_ frames: FrameBatch) -> Changes {
        state.withLock { state in
            var changes = Changes()
            var start = 0
            while start < frames.frames.count {
                let round = frames.frames[start].seq / Self.housekeepingInterval
                var end = start + 1
                while end < frames.frames.count, frames.frames[end].seq / Self.housekeepingInterval == round {
                    end += 1
                }
                if round > state.housekeepingRound {
                    for score in housekeep(&state, round: round) { changes.scores[ExactText(score.account)] = score }
                }
                changes.append(run(frames, start..<end, &state))
                start = end
            }
            return changes
        }
    }

    /// One batch through all stages.
    private func run(_ frames: FrameBatch, _ range: Range<Int>, _ state: inout State) -> Changes {
        decode(frames, range, into: &state.batch)
        stamp(&state.batch.events, &state.watermark)
        let batch = state.batch
        let profile = profileFold.run(batch, shards: shards)
        let entities = entityFold.run(batch, standings: profile.standings, shards: shards)
        let profileFold = profileFold
        let risk = riskFold.run(
            profile.signals + entities.signals, watermark: state.watermark, shards: shards,
            account: { profileFold.account($0) })

        var changes = Changes()
        changes.throughSeq = frames.frames[range.upperBound - 1].seq
        changes.watermark = state.watermark
        changes.newAccounts = profile.newAccounts
        for score in risk.scores { changes.scores[ExactText(score.account)] = score }
        changes.alerts = risk.alerts
        changes.signals = risk.signals
        for signal in entities.entitySignals.sorted(by: { ($0.seq, $0.rule) < ($1.seq, $1.rule) }) {
            changes.entities[.init(entity: signal.entity, rule: signal.rule)] = signal
        }
        changes.rejections = batch.rejections
        changes.sources = SourceCounts.count(frames.frames[range], batch)
        counts.withLock { counts in
            counts.frames += range.count
            counts.events += batch.events.count
            counts.rejected += batch.rejections.count
            counts.signals += risk.signals.count
            counts.alerts += risk.alerts.count
            counts.orphanSignals += risk.orphans
            counts.accounts += profile.newAccounts.count
            counts.throughSeq = changes.throughSeq
            counts.watermark = state.watermark
        }
        return changes
    }

    /// Decodes and enriches, side by side in as many runs of frames as there are workers.
    private func decode(_ frames: FrameBatch, _ range: Range<Int>, into batch: inout EventBatch) {
        batch.removeAll()
        let runs = min(workers.count, max(1, range.count / 64))
        if runs == 1 {
            workers[0].state.withLock { worker in
                worker.decoder.decode(frames, frames: range, into: &batch)
                worker.enricher.enrich(&batch, events: batch.events.indices)
            }
            return
        }
        let workers = workers
        DispatchQueue.concurrentPerform(iterations: runs) { run in
            let from = range.lowerBound + range.count * run / runs
            let to = range.lowerBound + range.count * (run + 1) / runs
            workers[run].state.withLock { worker in
                worker.batch.removeAll()
                worker.decoder.decode(frames, frames: from..<to, into: &worker.batch)
                worker.enricher.enrich(&worker.batch, events: worker.batch.events.indices)
            }
        }
        for run in 0..<runs { workers[run].state.withLock { batch.append($0.batch) } }
    }

    /// Gives each event the highest event time so far.
    private func stamp(_ events: inout [Event], _ watermark: inout Timestamp) {
        for i in events.indices {
            watermark = max(watermark, events[i].time)
            events[i].watermark = watermark
        }
    }

    /// Forgets what is spent, and makes room where a table is over its limit.
    private func housekeep(_ state: inout State, round: UInt64) -> [Score] {
        state.housekeepingRound = round
        let turn = Int(round % UInt64(Partition.count))
        let lastScores = riskFold.maintain(turn: turn, watermark: state.watermark)
        let entities = entityFold.maintain(turn: turn, watermark: state.watermark, shards: shards)
        let riskFold = riskFold
        let accounts = profileFold.maintain(shards: shards) { riskFold.holds($0) }
        counts.withLock { counts in
            counts.evictedEntities += entities
            counts.evictedAccounts += accounts
            counts.accounts -= accounts
        }
        return lastScores
    }

    /// Keys that the entity fold keeps now.
    package var entityCount: Int { entityFold.entityCount }
    /// Accounts that some rule has spoken of and that are kept now.
    package var riskCount: Int { riskFold.recordCount }
}

extension SourceCounts {
    /// Counts frames and what became of them, by source.
    fileprivate static func count(_ frames: ArraySlice<Frame>, _ batch: EventBatch) -> [Source: SourceCounts] {
        var counts: [Source: SourceCounts] = [:]
        for source in Source.allCases {
            var sum = SourceCounts()
            for frame in frames where frame.source == source {
                sum.frames += 1
                sum.bytes += frame.count
            }
            guard sum.frames > 0 else { continue }
            for event in batch.events where event.source == source {
                sum.events += 1
                sum.lastEvent = max(sum.lastEvent, event.time)
            }
            for rejection in batch.rejections where rejection.source == source { sum.rejected += 1 }
            counts[source] = sum
        }
        return counts
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
