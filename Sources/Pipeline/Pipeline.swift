import Decoding
package import Enrichment
package import Ordering
package import RiskModel
import Scoring
import Synchronization

/// The order of the stages, once: frames in, changes for the store out.
///
/// A pure function of the frames in order of `seq`, the rules, the lists and the databases: shards, the size of batches, and
/// whether frames come live or from a file make no difference. Each batch passes the stages with a barrier between them:
///
///     decode ─► enrich ─► order ─► profile fold ─► entity fold ─► risk fold ─► changes
///
/// Housekeeping runs where ``Event/order`` passes a multiple of ``housekeepingInterval``, so that it too follows from the
/// events alone. Only ``statistics`` and ``decode(_:)`` may be called beside another call.
package final class Pipeline: Sendable {
    /// Events between two rounds of housekeeping; no batch reaches across.
    package static let housekeepingInterval: UInt64 = 65_536

    package struct Options: Sendable {
        /// Workers in each stage, 1 to ``Partition/count``.
        package var shards: Int
        package var accountLimit: Int
        package var entityLimit: Int
        package var ordering: Sequencer.Limits
        /// How lines that are not of the native format become events.
        package var mappings: [Mapping]
        /// How long an account is kept that is not seen; `nil`: for as long as there is room.
        package var accountSpan: Interval?

        package init(
            shards: Int, accountLimit: Int, entityLimit: Int, ordering: Sequencer.Limits = .init(),
            mappings: [Mapping] = [], accountSpan: Interval? = nil
        ) {
            self.shards = min(max(1, shards), Partition.count)
            self.accountLimit = accountLimit
            self.entityLimit = entityLimit
            self.ordering = ordering
            self.mappings = mappings
            self.accountSpan = accountSpan
        }
    }

    /// Everything that the next batch depends on.
    struct State {
        /// The seed of the tables' hashes: it has no influence on results, but states refer to what it made.
        var hashSeed: UInt64
        var stages: Stages
        var sequencer: Sequencer
        var housekeepingRound: UInt64 = 0
        /// The day of event time at whose beginning accounts that are over were last let go.
        var releaseDay: Int64 = 0
        /// The highest event time that the folds have seen.
        var watermark = Timestamp.epoch
        /// The last frame that was taken.
        var throughSeq: UInt64 = 0
        /// Reused from batch to batch.
        var ready = EventBatch()
    }

    private let state: Mutex<State>
    /// Those of the state, for who must not wait for it.
    private let stages: Mutex<Stages>
    private let counts = Mutex(PipelineStatistics())

    package init(rules: RuleSet, sources: EnrichmentSources, options: Options) {
        let seed = UInt64.random(in: .min ... .max)
        let stages = Stages(rules: rules, sources: sources, options: options, hashSeed: seed)
        state = Mutex(
            State(hashSeed: seed, stages: stages, sequencer: Sequencer(limits: options.ordering, hashSeed: seed)))
        self.stages = Mutex(stages)
    }

    /// Workers in each stage.
    var shards: Int { stages.withLock { $0.shards } }

    /// What has been processed so far.
    package var statistics: PipelineStatistics { counts.withLock { $0 } }

    /// Decodes and places the frames of a batch; may run while the batch before is being processed.
    package func decode(_ batch: inout DecodedBatch) {
        batch.decode(by: stages.withLock(\.self))
    }

    /// Takes the next frames in order of `seq` and returns what they change.
    package func process(_ frames: FrameBatch) -> Changes {
        var batch = DecodedBatch()
        batch.frames = frames
        return process(&batch)
    }

    /// Takes the next batch in order of `seq` and returns what it changes; decodes it where that was not done yet, or not
    /// by what is in force.
    package func process(_ batch: inout DecodedBatch) -> Changes {
        state.withLock { state in
            guard let last = batch.frames.frames.last else { return Changes() }
            if batch.stages !== state.stages { batch.decode(by: state.stages) }
            var changes = arrive(&batch, &state)
            changes.append(fold(&state))
            state.throughSeq = last.seq
            changes.throughSeq = last.seq
            counts.withLock { counts in
                counts.frames += batch.frames.frames.count
                counts.rejected += changes.rejections.count
                note(state, in: &counts)
            }
            return changes
        }
    }

    /// Lets everything through that waits for others: nothing comes any more.
    package func finish() -> Changes {
        state.withLock { state in
            state.sequencer.finish(into: &state.ready)
            var changes = fold(&state)
            changes.throughSeq = state.throughSeq
            counts.withLock { counts in
                counts.rejected += changes.rejections.count
                note(state, in: &counts)
            }
            return changes
        }
    }

    /// Hands the events of a batch to the sequencer.
    private func arrive(_ batch: inout DecodedBatch, _ state: inout State) -> Changes {
        let frames = batch.frames
        var changes = Changes()
        changes.sources = SourceCounts.count(frames.frames, batch.events)
        for frame in frames.frames where frame.source == .quarantine { changes.retried.append(frame.origin.ordinal) }
        state.sequencer.take(&batch.events, of: frames, range: frames.frames.indices, into: &state.ready)
        return changes
    }

    /// Takes the events whose turn has come through the folds.
    private func fold(_ state: inout State) -> Changes {
        var changes = Changes()
        var counted = counts.withLock { $0 }
        changes.rejections = state.ready.rejections.map {
            $0.reason == .timeInFuture ? EventDecoder.masked($0) : $0
        }
        for (source, counts) in state.sequencer.takeSourceCounts() {
            changes.sources[source, default: SourceCounts()].add(counts)
        }
        state.stages.pseudonymize(&state.ready)
        let events = state.ready.events
        var start = 0
        while start < events.count {
            let round = (events[start].order - 1) / Self.housekeepingInterval
            if round > state.housekeepingRound {
                changes.append(state.stages.maintain(round: round, watermark: state.watermark, &counted))
                state.housekeepingRound = round
            }
            let room = Int((round + 1) * Self.housekeepingInterval + 1 - events[start].order)
            var end = min(events.count, start + room)
            if let span = state.stages.options.accountSpan {
                changes.append(Self.release(before: events[start], span: span, &state, &counted))
                end = events[start..<end].firstIndex { $0.watermark.day > state.releaseDay } ?? end
            }
            changes.append(state.stages.fold(state.ready.part(start..<end), &counted))
            state.watermark = events[end - 1].watermark
            start = end
        }
        state.ready.removeAll()
        counts.withLock { $0 = counted }
        return changes
    }

    /// Lets accounts go that were not seen for so long, before the first event of a day.
    private static func release(
        before event: Event, span: Interval, _ state: inout State, _ counts: inout PipelineStatistics
    ) -> Changes {
        let day = event.watermark.day
        guard day > state.releaseDay else { return Changes() }
        state.releaseDay = day
        let begin = Timestamp(seconds: day * 86_400)
        return state.stages.release(seenBefore: begin - span, watermark: begin, &counts)
    }

    /// Notes how the state stands, so that nobody else needs to look into it.
    private func note(_ state: borrowing State, in counts: inout PipelineStatistics) {
        counts.throughSeq = state.throughSeq
        counts.watermark = state.watermark
        counts.ordering = state.sequencer.statistics
        state.stages.count(&counts)
    }
}

extension Timestamp {
    /// Days since 1970.
    fileprivate var day: Int64 { microseconds / 86_400_000_000 }
}

// MARK: - State

extension Pipeline {
    /// Goes on under other rules, lists, databases and limits, with the state of every rule that is the same as before.
    ///
    /// - Returns: What the change of rules alone does to scores; nothing where they are the same.
    package func adopt(rules: RuleSet, sources: EnrichmentSources, options: Options) throws(StateFault) -> Changes {
        try state.withLock { state throws(StateFault) in
            let next = Stages(rules: rules, sources: sources, options: options, hashSeed: state.hashSeed)
            try next.takeState(of: state.stages)
            let old = state.stages.rules
            let isReweighed = next.rules != old
            enforce(next, in: &state)
            state.sequencer.limits = options.ordering
            let isRenamed = next.rules.attributes != old.attributes
            state.sequencer.annotateWaiting { next.annotate(&$0, forgettingAttributes: isRenamed) }
            return isReweighed ? rescore(&state) : Changes()
        }
    }

    /// Puts other stages in force.
    func enforce(_ next: Stages, in state: inout State) {
        state.stages = next
        stages.withLock { $0 = next }
    }

    /// Weighs every account anew, as of the last event.
    func rescore(_ state: inout State) -> Changes {
        var changes = Changes()
        changes.throughSeq = state.throughSeq
        changes.watermark = state.watermark
        state.stages.rescore(at: changes.watermark, into: &changes)
        counts.withLock { $0.alerts += changes.alerts.count }
        return changes
    }

    /// Calls `body` with the state, to look at it.
    func reading<Result>(_ body: (borrowing State) -> Result) -> Result where Result: Sendable {
        state.withLock { body($0) }
    }

    /// Calls `body` with the state, to change it between two batches.
    func changing(_ body: (inout State) throws(StateFault) -> Void) throws(StateFault) {
        try state.withLock { state throws(StateFault) in
            try body(&state)
            counts.withLock { note(state, in: &$0) }
        }
    }

    /// Calls `body` with the state, while nothing changes it.
    func withState<Result>(_ body: (inout State) throws(SnapshotError) -> Result) throws(SnapshotError) -> Result
    where Result: Sendable {
        try state.withLock { state throws(SnapshotError) in
            let result = try body(&state)
            counts.withLock { note(state, in: &$0) }
            return result
        }
    }
}
