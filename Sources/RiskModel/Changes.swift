/// An account's first event.
package struct NewAccount: Sendable, Hashable {
    package var account: String
    package var firstSeen: Timestamp
    /// The highest event time up to that event; ``Timestamp/epoch`` where that is of no account.
    package var watermark: Timestamp

    package init(account: String, firstSeen: Timestamp, watermark: Timestamp = .epoch) {
        self.account = account
        self.firstSeen = firstSeen
        self.watermark = watermark
    }
}

/// An account that the state has let go: its rows stay until it is over.
package struct Departure: Sendable, Hashable {
    package var lastSeen: Timestamp
    /// How long after it was last seen an account is over; `nil` for never.
    package var span: Interval?
    /// Until when a verdict on it holds; ``Timestamp/epoch`` without one.
    package var heldUntil: Timestamp

    package init(lastSeen: Timestamp, span: Interval?, heldUntil: Timestamp = .epoch) {
        self.lastSeen = lastSeen
        self.span = span
        self.heldUntil = heldUntil
    }

    /// Whether whoever comes under its name at `watermark` begins a new life.
    func isOver(at watermark: Timestamp) -> Bool {
        guard let span else { return false }
        return lastSeen < watermark - span && heldUntil <= watermark
    }
}

/// A signal that changed a score, with the account's name.
package struct RecordedSignal: Sendable, Hashable {
    package var account: String
    package var signal: Signal

    package init(account: String, signal: Signal) {
        self.account = account
        self.signal = signal
    }
}

/// What came from one source.
package struct SourceCounts: Sendable, Hashable {
    package var frames = 0
    package var bytes = 0
    package var events = 0
    package var rejected = 0
    /// Events dropped because their `id` had been seen.
    package var duplicates = 0
    /// Events older than the allowed lateness; they count, at the place at which they came.
    package var late = 0
    /// Lines that a mapping knows and that are no events.
    package var ignored = 0
    /// The latest event time seen from it.
    package var lastEvent: Timestamp = .epoch

    package init() {}

    /// Adds what came later.
    package mutating func add(_ later: SourceCounts) {
        frames += later.frames
        bytes += later.bytes
        events += later.events
        rejected += later.rejected
        duplicates += later.duplicates
        late += later.late
        ignored += later.ignored
        lastEvent = max(lastEvent, later.lastEvent)
    }
}

/// Everything that the store must write to go from one applied `seq` to a later one; committed as a whole.
///
/// Later values of the same account or entity replace earlier ones; alerts, signals and rejections are kept all, in
/// order of (`seq`, account, rule). So the database's content does not depend on where the changes were cut.
package struct Changes: Sendable {
    /// The last `seq` that is included. 0: nothing yet.
    package var throughSeq: UInt64 = 0
    /// Highest event time up to `throughSeq`.
    package var watermark: Timestamp = .epoch
    package var newAccounts: [NewAccount] = []
    /// By account.
    package var scores: [ExactText: Score] = [:]
    package var alerts: [Alert] = []
    package var signals: [RecordedSignal] = []
    /// By entity and rule.
    package var entities: [EntityRule: EntitySignal] = [:]
    package var rejections: [Rejection] = []
    package var verdicts: [RecordedVerdict] = []
    /// By id.
    package var campaigns: [UInt64: Campaign] = [:]
    /// In the order in which they joined; an account that comes again under another campaign has moved there.
    package var campaignMembers: [CampaignMember] = []
    /// Accounts that the state has no longer.
    package var departures: [ExactText: Departure] = [:]
    /// Accounts of which a life ended before what else there is of them here: what the database has of them goes first.
    package var ended: Set<ExactText> = []
    /// Frames of the quarantine that were tried again: their rows go, whatever became of them.
    package var retried: [UInt64] = []
    /// What came since the changes before, by source.
    package var sources: [Source: SourceCounts] = [:]

    package struct EntityRule: Hashable, Sendable {
        package var entity: EntityKey
        package var rule: Int

        package init(entity: EntityKey, rule: Int) {
            self.entity = entity
            self.rule = rule
        }
    }

    package init() {}

    /// How many rows these changes are worth, for limits: a score has some contributions, a rejection up to 4 KiB.
    package var rowCount: Int {
        newAccounts.count + scores.count * 4 + alerts.count * 4 + signals.count + entities.count + rejections.count * 16
            + retried.count + verdicts.count + campaigns.count + campaignMembers.count + departures.count + ended.count
    }

    /// Replaces what is there, without a copy where nothing is.
    private static func merge<Key: Hashable, Value>(_ later: [Key: Value], into all: inout [Key: Value]) {
        if all.isEmpty { all = later } else { all.merge(later) { $1 } }
    }

    /// Adds the changes that follow directly on these; empty ones change nothing.
    package mutating func append(_ later: Changes) {
        throughSeq = max(throughSeq, later.throughSeq)
        watermark = max(watermark, later.watermark)
        end(livesBefore: later)
        newAccounts.append(contentsOf: later.newAccounts)
        Self.merge(later.scores, into: &scores)
        alerts.append(contentsOf: later.alerts)
        signals.append(contentsOf: later.signals)
        Self.merge(later.entities, into: &entities)
        rejections.append(contentsOf: later.rejections)
        verdicts.append(contentsOf: later.verdicts)
        Self.merge(later.campaigns, into: &campaigns)
        campaignMembers.append(contentsOf: later.campaignMembers)
        Self.merge(later.departures, into: &departures)
        retried.append(contentsOf: later.retried)
        for (source, counts) in later.sources { sources[source, default: SourceCounts()].add(counts) }
    }

    /// Takes in who comes back: an account that was over begins anew, so what was here of it goes.
    private mutating func end(livesBefore later: Changes) {
        var over = later.ended
        if !departures.isEmpty {
            for account in later.newAccounts {
                guard let departure = departures.removeValue(forKey: ExactText(account.account)) else { continue }
                if departure.isOver(at: account.watermark) { over.insert(ExactText(account.account)) }
            }
        }
        guard !over.isEmpty else { return }
        for name in over {
            scores[name] = nil
            departures[name] = nil
        }
        newAccounts.removeAll { over.contains(ExactText($0.account)) }
        campaignMembers.removeAll { over.contains(ExactText($0.account)) }
        ended.formUnion(over)
    }
}
