import Detection
import Enrichment
package import RiskModel

/// What frames tell of one account: which are its own, and what it used that nobody else did.
///
/// Two passes over all frames: ``noteOwn(_:by:)`` gathers what the account used, ``removeShared(_:by:)`` takes out what others
/// used too. Then ``redactions(of:by:)`` says what is to become of each frame.
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

    /// More than this are not told apart; the rest stays until it is idle.
    private static let limit = 65_536

    package let account: String
    package let search: NameSearch
    private let name: [UInt8]
    private var uses: [EntityValue: Use] = [:]
    private var fields: Set<Field> = []

    /// - Parameter account: the name in events, not empty.
    package init(account: String) {
        self.account = account
        search = NameSearch(account)
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
        var own = EventBatch()
        own.text = all.text
        own.events = all.events.filter { isOwn($0, all.text.span) }
        guard !own.events.isEmpty else { return }
        var folded = own
        pipeline.pseudonymize(&folded)
        let attributes = pipeline.attributes
        for i in own.events.indices {
            let plain = EntityValue.all(of: own.events[i], in: own, attributes: attributes)
            let kept = EntityValue.all(of: folded.events[i], in: folded, attributes: attributes)
            for (plain, kept) in zip(plain, kept) where uses.count < Self.limit {
                uses[plain.value] = Use(plain: plain.value, folded: kept.value, entity: kept.entity)
                fields.insert(plain.value.field)
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

    /// What is to become of these frames, by index; nothing of most.
    ///
    /// Frames of the account go, and lines that are no events and speak of it. In events of others the name is overwritten
    /// where it is a text of its own.
    package func redactions(of frames: FrameBatch, by pipeline: Pipeline) -> [Int: Redaction] {
        var redactions: [Int: Redaction] = [:]
        let suspects = frames.frames.indices.filter { search.isFound(in: line($0, frames).span) }
        guard !suspects.isEmpty else { return [:] }
        let batch = pipeline.decoded(frames)
        var events: [UInt64: Event] = [:]
        for event in batch.events { events[event.seq] = event }
        for i in suspects where !frames.frames[i].flags.contains(.erased) {
            let line = line(i, frames)
            guard let event = events[frames.frames[i].seq] else {
                let isNamed = search.ranges(in: line.span).contains { search.isWord($0, in: line.span) }
                if isNamed { redactions[i] = .erase }
                continue
            }
            if isOwn(event, batch.text.span) {
                redactions[i] = .erase
            } else if let altered = altered(line, isVerdict: event.type == .verdict) {
                redactions[i] = .line(altered)
            }
        }
        return redactions
    }

    /// The line of another account's event without the name; `nil` where it does not speak of it.
    private func altered(_ line: [UInt8], isVerdict: Bool) -> [UInt8]? {
        // Such a name says something else wherever it stands by itself.
        guard name.count >= 4, !Self.vocabulary.contains(account) else { return nil }
        let places =
            isVerdict
            ? search.ranges(in: line.span).filter { search.isWord($0, in: line.span) } : search.values(in: line.span)
        guard !places.isEmpty else { return nil }
        var line = line
        for place in places { for i in place { line[i] = UInt8(ascii: "x") } }
        return line
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
