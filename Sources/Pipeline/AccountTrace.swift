import Detection
import Enrichment
package import RiskModel

/// What frames tell of one account: which are its own, and what it used that nobody else did.
///
/// Two passes over all frames: ``noteOwn(_:by:)`` gathers what the account used, ``removeShared(_:by:)`` takes out what others
/// used too. Then ``redactions(of:by:)`` says what is to become of each frame, and what of the name stays.
package struct AccountTrace: Sendable {
    /// Something that the account used.
    private struct Use: Sendable {
        /// As the frames have it, and as folds and database do.
        var plain: EntityValue
        var folded: EntityValue
        var entity: EntityKey
    }

    /// What becomes of a frame.
    package enum Redaction: Sendable {
        case erase
        /// The same line with another text, of the same length, for the name.
        case line([UInt8])
    }

    /// What becomes of some frames.
    package struct Redactions: Sendable {
        /// By index in the batch.
        package var frames: [Int: Redaction] = [:]
        /// How often the name stays as a word, since it says something else there.
        package var left = 0
    }

    /// Events of others in which the name is a word.
    package struct Elsewhere: Sendable, Hashable {
        package var events = 0
        /// How many accounts have them; no more are counted than the limit.
        package var accounts: Int { names.count }
        /// How many of them have it in a field; those in none have it where banrisk does not look.
        package var fields: [String: Int] = [:]
        fileprivate var names: Set<ExactText> = []
    }

    /// More than this are not told apart; the rest stays until it is idle.
    private static let limit = 65_536

    package let account: String
    package let search: NameSearch
    package private(set) var elsewhere = Elsewhere()
    private let name: [UInt8]
    private var uses: [EntityValue: Use] = [:]
    private var fields: Set<Field> = []

    /// - Parameters:
    ///   - account: the name in events, not empty.
    ///   - isOrdinary: whether it says something else in events of others.
    package init(account: String, isOrdinary: Bool = false) {
        self.account = account
        search = NameSearch(account, isOrdinary: isOrdinary)
        name = Array(account.utf8)
    }

    /// The rows of what was the account's alone.
    package var ownEntities: [EntityKey] { uses.values.map(\.entity) }

    var ownValues: Set<EntityValue> { Set(uses.values.map(\.folded)) }

    /// Whether there is anything left that ``removeShared(_:by:)`` could find.
    package var hasUses: Bool { !uses.isEmpty }

    /// Gathers what the account used in these frames.
    package mutating func noteOwn(_ frames: FrameBatch, by pipeline: Pipeline) {
        let all = pipeline.decoded(frames)
        let attributes = pipeline.attributes
        noteElsewhere(all, frames, attributes)
        var own = EventBatch()
        own.text = all.text
        own.events = all.events.filter { isOwn($0, all.text.span) }
        guard !own.events.isEmpty else { return }
        var folded = own
        pipeline.pseudonymize(&folded)
        for i in own.events.indices {
            let plain = EntityValue.all(of: own.events[i], in: own, attributes: attributes)
            let kept = EntityValue.all(of: folded.events[i], in: folded, attributes: attributes)
            for (plain, kept) in zip(plain, kept) where uses.count < Self.limit {
                uses[plain.value] = Use(plain: plain.value, folded: kept.value, entity: kept.entity)
                fields.insert(plain.value.field)
            }
        }
    }

    private mutating func noteElsewhere(_ batch: EventBatch, _ frames: FrameBatch, _ attributes: [String]) {
        var others: [UInt64: Event] = [:]
        for event in batch.events where !isOwn(event, batch.text.span) { others[event.seq] = event }
        for (i, frame) in frames.frames.enumerated() {
            guard let event = others[frame.seq], !search.quotedWords(in: line(i, frames).span).isEmpty else { continue }
            elsewhere.events += 1
            if elsewhere.names.count < Self.limit {
                elsewhere.names.insert(ExactText(batch.string(event.account)))
            }
            for (value, entity) in EntityValue.all(of: event, in: batch, attributes: attributes)
            where !search.words(in: Array(entity.text.utf8).span).isEmpty {
                elsewhere.fields[value.field.name, default: 0] += 1
            }
        }
    }

    /// Takes out what others used in these frames.
    package mutating func removeShared(_ frames: FrameBatch, by pipeline: Pipeline) {
        guard !uses.isEmpty else { return }
        let batch = pipeline.decoded(frames)
        for event in batch.events where !isOwn(event, batch.text.span) {
            for field in fields {
                guard let value = EntityValue(of: event, in: batch, field), uses.removeValue(forKey: value) != nil
                else { continue }
                if !uses.keys.contains(where: { $0.field == field }) { fields.remove(field) }
            }
        }
    }

    /// What is to become of these frames.
    ///
    /// Frames of the account go, and lines that are no events and speak of it. In events of others the name is overwritten
    /// wherever it is a word, keys too; where the event would then be none, or another's, only where it is a whole value. An
    /// ordinary name stays there, and takes only those lines that are certainly the account's.
    package func redactions(of frames: FrameBatch, by pipeline: Pipeline) -> Redactions {
        var redactions = Redactions()
        let suspects = frames.frames.indices.filter {
            !frames.frames[$0].flags.contains(.erased) && search.isFound(in: line($0, frames).span)
        }
        guard !suspects.isEmpty else { return redactions }
        let batch = pipeline.decoded(frames)
        var events: [UInt64: Event] = [:]
        for event in batch.events { events[event.seq] = event }
        var others: [Int] = []
        for i in suspects {
            let event = events[frames.frames[i].seq]
            if let event, isOwn(event, batch.text.span) {
                redactions.frames[i] = .erase
            } else if !search.words(in: line(i, frames).span).isEmpty {
                let isGone = event == nil && (!search.isOrdinary || search.isAccount(in: line(i, frames).span))
                if isGone { redactions.frames[i] = .erase } else { others.append(i) }
            }
        }
        // Such a name says something else wherever it stands by itself.
        if !search.isOrdinary, name.count >= 4, !Self.vocabulary.contains(account) {
            alter(others, of: frames, batch, by: pipeline, into: &redactions) { search.quotedWords(in: $0) }
            let rest = others.filter { redactions.frames[$0] == nil }
            alter(rest, of: frames, batch, by: pipeline, into: &redactions) { search.values(in: $0) }
        }
        for i in others {
            if case .line(let altered)? = redactions.frames[i] {
                redactions.left += search.words(in: altered.span).count
            } else {
                redactions.left += search.words(in: line(i, frames).span).count
            }
        }
        return redactions
    }

    /// Overwrites places in some lines, where what is left is an event of the same account, time and kind.
    private func alter(
        _ indices: [Int], of frames: FrameBatch, _ batch: EventBatch, by pipeline: Pipeline,
        into redactions: inout Redactions, _ places: (Span<UInt8>) -> [Range<Int>]
    ) {
        var altered = FrameBatch()
        var origins: [UInt64: Int] = [:]
        for i in indices {
            var line = line(i, frames)
            let places = places(line.span)
            if places.isEmpty { continue }
            for place in places { for byte in place { line[byte] = UInt8(ascii: "x") } }
            let frame = frames.frames[i]
            origins[frame.seq] = i
            altered.append(
                line.span, seq: frame.seq, source: frame.source, flags: frame.flags, received: frame.received,
                origin: frame.origin)
        }
        guard !origins.isEmpty else { return }
        let after = pipeline.decoded(altered)
        var before: [UInt64: Event] = [:]
        for event in batch.events where origins[event.seq] != nil { before[event.seq] = event }
        var kept: Set<UInt64> = []
        for event in after.events {
            if let old = before[event.seq], Self.isSame(old, batch, event, after) { kept.insert(event.seq) }
        }
        for frame in altered.frames where kept.contains(frame.seq) {
            if let i = origins[frame.seq] { redactions.frames[i] = .line(Array(altered.bytes(of: frame))) }
        }
    }

    /// Whether an event says the same of the same account, but for its texts.
    private static func isSame(_ a: Event, _ aBatch: EventBatch, _ b: Event, _ bBatch: EventBatch) -> Bool {
        guard a.type == b.type, a.outcome == b.outcome, a.time == b.time, a.severity == b.severity,
            a.address == b.address, a.cardCountry == b.cardCountry,
            aBatch.text[a.account.range] == bBatch.text[b.account.range]
        else { return false }
        var (a, b) = (a, b)
        var (lengths, others): ([UInt32], [UInt32]) = ([], [])
        a.mapTexts {
            lengths.append($0.count)
            return $0
        }
        b.mapTexts {
            others.append($0.count)
            return $0
        }
        return zip(lengths, others).allSatisfy { ($0 == 0) == ($1 == 0) }
    }

    /// Words that events have anyway.
    private static let vocabulary: Set<String> = Set(
        EventType.allCases.map(\.name) + Outcome.allCases.map(\.name) + Verdict.Kind.allCases.map(\.rawValue)
            + ["high", "medium", "critical", "true", "false", "null"])

    private func line(_ i: Int, _ frames: FrameBatch) -> [UInt8] { Array(frames.bytes(of: frames.frames[i])) }

    /// Whether it is an event of the account, or a failed login under its name.
    func isOwn(_ event: Event, _ text: Span<UInt8>) -> Bool {
        let slice = event.account.isEmpty ? event.username : event.account
        guard Int(slice.count) == name.count else { return false }
        for i in name.indices where text[Int(slice.offset) + i] != name[i] { return false }
        return true
    }
}
