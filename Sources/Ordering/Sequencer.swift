package import RiskModel

/// Gives events their order: drops those that came before, keeps unbelievable times out, and lets events that came out of
/// order wait for each other. `docs/time.md` tells it from the user's side.
///
/// A pure state machine: what leaves, in which order and with which watermark, follows from the frames and events in order
/// of `seq` and from the limits; neither the cutting into batches nor any clock has a part in it. Invariants:
///
/// - `latest` is the highest time of the events admitted so far. The `horizon` is `latest` less the lateness, and more where
///   events had to leave before; it never falls.
/// - An event's *effective* time is its time, or the horizon when it was admitted if that is later. Events leave in order
///   of (effective time, `seq`) as soon as their effective time is not above the horizon, so what comes later cannot
///   belong before them. The effective time is the event's watermark.
/// - Without lateness the horizon is `latest`, so every event leaves at once, and nothing is copied.
package struct Sequencer: Sendable {
    /// How much later than its time an event may come, how much earlier, and how much is remembered of it.
    package var limits: Limits {
        didSet {
            seen.change(limit: limits.duplicateCount, span: limits.duplicateSpan)
            raiseHorizon()
        }
    }
    /// The number of the last event that left.
    package private(set) var order: UInt64 = 0
    /// The watermark of the last event that left.
    package private(set) var watermark = Timestamp.epoch

    /// The highest event time admitted; `nil` before the first event.
    private var latest: Timestamp?
    private var horizon = Timestamp.epoch
    private var clock = ServiceClock()
    private var seen: SeenIDs
    private var held = HeldEvents()
    private var doubts = Doubts()

    private let hashSeed: UInt64
    private let hash: IDHash
    /// Of the events of the batch at hand. Reused from batch to batch.
    private var digests: [IDDigest] = []
    /// Of no meaning: what reading ahead came to.
    private var warmth: UInt64 = 0
    private var counts = Statistics()
    /// By raw value of the source.
    private var sourceCounts = Self.noCounts

    private static let noCounts: [SourceCounts] = Array(
        repeating: SourceCounts(), count: Source.allCases.reduce(0) { max($0, Int($1.rawValue)) } + 1)

    /// - Parameter hashSeed: Secret; it decides where ids lie in memory, and has no influence on results.
    package init(limits: Limits, hashSeed: UInt64) {
        self.limits = limits
        self.hashSeed = hashSeed
        hash = IDHash(seed: hashSeed)
        seen = SeenIDs(limit: limits.duplicateCount, span: limits.duplicateSpan)
    }

    /// What has been dropped and moved since the start, and what waits now.
    package var statistics: Statistics {
        var counts = counts
        counts.held = held.count
        counts.inDoubt = doubts.waiting.count
        return counts
    }

    /// What was dropped as a duplicate or came late since the last call, by source; sources without either are left out.
    package mutating func takeSourceCounts() -> [Source: SourceCounts] {
        defer { sourceCounts = Self.noCounts }
        return Source.allCases.reduce(into: [:]) { result, source in
            let counts = sourceCounts[Int(source.rawValue)]
            if counts != SourceCounts() { result[source] = counts }
        }
    }

    // MARK: - Frames

    /// Takes the events of some frames, and gives out the events whose turn has come.
    ///
    /// - Parameters:
    ///   - arrived: The events and rejections that these frames became, in order of `seq`; left empty. A frame of source
    ///     ``Source/pause`` becomes none; here, events stop waiting for others at its place.
    ///   - frames: The frames themselves are `range` of these, in order of `seq` and following on those taken before.
    ///   - ready: Gets the events, with `order` and `watermark`, and the rejections, each where they arise.
    package mutating func take(
        _ arrived: inout EventBatch, of frames: FrameBatch, range: Range<Int>, into ready: inout EventBatch
    ) {
        Self.moveTexts(of: &arrived, into: &ready)
        readAhead(arrived.events, ready.text.span)
        release(into: &ready)
        var event = 0
        var rejection = 0
        for frame in frames.frames[range] {
            clock.tick(frame.received, latest: latest, tolerance: limits.futureTolerance)
            if frame.source == .pause { pause(into: &ready) }
            if event < arrived.events.count, arrived.events[event].seq == frame.seq {
                take(&arrived.events[event], digests[event], of: frame, in: frames, into: &ready)
                event += 1
            } else if rejection < arrived.rejections.count, arrived.rejections[rejection].seq == frame.seq {
                ready.rejections.append(arrived.rejections[rejection])
                ready.rejections[ready.rejections.count - 1].received = frame.received
                rejection += 1
            }
        }
        precondition(
            event == arrived.events.count && rejection == arrived.rejections.count,
            "events and rejections are of the frames in the range")
        arrived.removeAll()
    }

    /// Nothing more will come: gives out what waits, and refuses what is in doubt. Where nothing has been believed so far,
    /// the doubts are all that there is, and are believed.
    package mutating func finish(into ready: inout EventBatch) {
        if latest == nil, let last = doubts.waiting.map(\.event.time).max() { clock.advance(to: last) }
        settleDoubts(refutingOthers: true, into: &ready)
        doubts.end()
        pause(into: &ready)
    }

    /// Lets `body` place the events anew that wait or are in doubt: after databases or lists have changed, and after the
    /// state was read back, since what is written down of a place refers to those of its time.
    package mutating func annotateWaiting(_ body: (inout EventBatch) -> Void) {
        held.annotate(body)
        doubts.annotate(body)
    }

    /// Removes events that wait or are in doubt, as if they had never come.
    ///
    /// - Parameter isGone: gets each event with the arena that its texts stand in.
    package mutating func removeWaiting(where isGone: (Event, Span<UInt8>) -> Bool) {
        held.removeAll(where: isGone)
        doubts.removeAll(where: isGone)
    }

    /// Moves the texts of `arrived` into `ready`; its events' slices are of there from then on.
    private static func moveTexts(of arrived: inout EventBatch, into ready: inout EventBatch) {
        guard !ready.text.isEmpty else {
            swap(&arrived.text, &ready.text)
            return
        }
        let base = UInt32(ready.text.count)
        ready.text.append(contentsOf: arrived.text)
        for i in arrived.events.indices {
            arrived.events[i].mapTexts { TextSlice(offset: $0.offset + base, count: $0.count) }
        }
    }

    private mutating func readAhead(_ events: [Event], _ text: Span<UInt8>) {
        digests.removeAll(keepingCapacity: true)
        for event in events {
            digests.append(event.id.isEmpty ? .none : hash.digest(of: text.extracting(event.id.range)))
        }
        warmth &+= seen.warm(digests, at: latest ?? .epoch)
    }

    // MARK: - Events

    /// Takes one event, whose texts stand in `ready`.
    private mutating func take(
        _ event: inout Event, _ digest: IDDigest, of frame: Frame, in frames: FrameBatch,
        into ready: inout EventBatch
    ) {
        let source = Int(event.source.rawValue)
        if !event.id.isEmpty, seen.contains(digest, at: latest ?? .epoch) {
            counts.duplicates += 1
            sourceCounts[source].duplicates += 1
        } else if clock.believes(event.time, tolerance: limits.futureTolerance, latest: latest) {
            settleDoubts(refutingOthers: true, into: &ready)
            doubts.end()
            admit(&event, digest, into: &ready)
        } else if !event.id.isEmpty, doubts.waiting.contains(where: { $0.digest == digest }) {
            counts.duplicates += 1
            sourceCounts[source].duplicates += 1
        } else {
            doubt(event, digest, of: frame, in: frames, into: &ready)
        }
    }

    /// Gives an event its effective time, and lets it leave or wait.
    private mutating func admit(_ event: inout Event, _ digest: IDDigest, into ready: inout EventBatch) {
        if event.time < horizon {
            counts.late += 1
            sourceCounts[Int(event.source.rawValue)].late += 1
        }
        event.watermark = max(event.time, horizon)
        let latest = max(event.time, latest ?? .epoch)
        self.latest = latest
        if !event.id.isEmpty { seen.insert(digest, at: latest) }
        raiseHorizon()
        if event.watermark <= horizon {
            while held.isFirst(before: event.watermark, seq: event.seq) { releaseFirst(into: &ready) }
            leave(&event, &ready)
        } else {
            held.insert(event, textsIn: ready.text.span)
        }
        release(into: &ready)
        while held.count > limits.heldEvents || held.textCount > limits.heldBytes, let first = held.firstEffective {
            horizon = max(horizon, first)
            let before = held.count
            release(into: &ready)
            counts.releasedEarly += before - held.count
        }
    }

    private mutating func raiseHorizon() {
        guard let latest else { return }
        horizon = max(horizon, latest - limits.lateness)
    }

    /// Lets the events leave whose turn has come.
    private mutating func release(into ready: inout EventBatch) {
        while let first = held.firstEffective, first <= horizon { releaseFirst(into: &ready) }
    }

    private mutating func releaseFirst(into ready: inout EventBatch) {
        held.removeFirst(into: &ready)
        var event = ready.events.removeLast()
        leave(&event, &ready)
    }

    private mutating func leave(_ event: inout Event, _ ready: inout EventBatch) {
        order += 1
        event.order = order
        watermark = event.watermark
        ready.events.append(event)
    }

    /// Nothing has come for a while: events stop waiting for others, and doubts that the clock has caught up with are
    /// believed.
    private mutating func pause(into ready: inout EventBatch) {
        // Nothing was ever believed, so nothing can be spoilt: several events that agree are enough.
        if latest == nil, doubts.waiting.count >= Doubts.enoughAtTheBeginning, let time = doubts.credibleTime {
            clock.advance(to: time)
        }
        settleDoubts(refutingOthers: false, into: &ready)
        if let latest { horizon = max(horizon, latest) }
        release(into: &ready)
    }

    // MARK: - Doubts

    /// Puts an event aside whose time is not believed.
    private mutating func doubt(
        _ event: Event, _ digest: IDDigest, of frame: Frame, in frames: FrameBatch, into ready: inout EventBatch
    ) {
        if doubts.isFull { refuteAll(into: &ready) }
        doubts.append(
            Doubt(event, textsIn: ready.text.span, digest: digest, line: frames.bytes(of: frame)),
            received: frame.received)
        guard doubts.isConfirmed(at: frame.received), let time = doubts.credibleTime else { return }
        clock.advance(to: time)
        settleDoubts(refutingOthers: true, into: &ready)
        doubts.end()
    }

    /// Admits the doubts whose time is believed by now; the others are refuted, or wait on.
    private mutating func settleDoubts(refutingOthers: Bool, into ready: inout EventBatch) {
        guard !doubts.waiting.isEmpty else { return }
        var waiting: [Doubt] = []
        swap(&waiting, &doubts.waiting)
        for doubt in waiting {
            if clock.believes(doubt.event.time, tolerance: limits.futureTolerance, latest: latest) {
                ready.append(doubt.event, textsIn: doubt.text.span)
                var event = ready.events.removeLast()
                admit(&event, doubt.digest, into: &ready)
            } else if refutingOthers {
                refute(doubt, into: &ready)
            } else {
                doubts.waiting.append(doubt)
            }
        }
    }

    private mutating func refuteAll(into ready: inout EventBatch) {
        for doubt in doubts.waiting { refute(doubt, into: &ready) }
        doubts.waiting = []
    }

    private mutating func refute(_ doubt: Doubt, into ready: inout EventBatch) {
        counts.refuted += 1
        ready.rejections.append(doubt.rejection)
    }
}

// MARK: - State

extension Sequencer {
    /// Writes everything that later events depend on. What the counters say is not part of it.
    package func encode(into writer: inout StateWriter) {
        writer.write(hashSeed)
        writer.write(order)
        writer.write(watermark)
        writer.write(latest != nil)
        writer.write(latest ?? .epoch)
        writer.write(horizon)
        clock.encode(into: &writer)
        seen.encode(into: &writer, at: latest ?? .epoch)
        held.encode(into: &writer)
        doubts.encode(into: &writer)
    }

    /// Puts another name in place of one in the events that wait; texts that the enrichment makes of others are empty then.
    package mutating func substitute(_ substitution: NameSubstitution) throws(StateFault) {
        guard held.count > 0 || !doubts.waiting.isEmpty else { return }
        var writer = StateWriter()
        held.encode(into: &writer)
        doubts.encode(into: &writer)
        var reader = StateReader(writer.bytes, substitution: substitution)
        held = try HeldEvents(decoding: &reader, within: watermark...(latest ?? watermark))
        doubts = try Doubts(decoding: &reader)
        try reader.finish()
    }

    /// Reads what ``encode(into:)`` wrote. The limits may be others than they were: what they no longer allow leaves with
    /// the next batch, or is forgotten, the earliest first.
    package init(decoding reader: inout StateReader, limits: Limits) throws(StateFault) {
        self.init(limits: limits, hashSeed: try reader.read())
        order = try reader.read()
        watermark = try reader.readTimestamp()
        let hasLatest = try reader.readBool()
        let last = try reader.readTimestamp()
        horizon = try reader.readTimestamp()
        guard order < .max / 2, watermark <= horizon, horizon <= last else { throw .invalid("an order") }
        latest = hasLatest ? last : nil
        clock = try ServiceClock(decoding: &reader)
        seen = try SeenIDs(
            decoding: &reader, limit: limits.duplicateCount, span: limits.duplicateSpan, through: last)
        held = try HeldEvents(decoding: &reader, within: watermark...last)
        doubts = try Doubts(decoding: &reader)
        raiseHorizon()
    }
}
