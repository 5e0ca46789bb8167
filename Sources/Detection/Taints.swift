package import RiskModel

/// What banned accounts used: devices, cards, mailboxes and the like, as seeded 64-bit hashes of field and value.
///
/// Holds at most ``limit``; then those with the oldest verdicts give way.
package struct Taints: Sendable {
    package struct Taint: Sendable {
        /// Whom the verdict was on.
        package var account: String
        package var since: Timestamp
        package var until: Timestamp
    }

    /// The most things that are kept.
    package static let limit = 1 << 20

    private var taints: [UInt64: Taint] = [:]
    /// By account: what it had noted; some of it may be another's since, or gone.
    private var tiesOf: [ExactText: [UInt64]] = [:]

    package init() {}

    package var isEmpty: Bool { taints.isEmpty }

    package subscript(tie: UInt64) -> Taint? { taints[tie] }

    /// Notes what an account that was banned used.
    package mutating func add(_ ties: [UInt64], of account: String, since: Timestamp, until: Timestamp) {
        for tie in ties { taints[tie] = Taint(account: account, since: since, until: until) }
        tiesOf[ExactText(account)] = ties
        guard taints.count > Self.limit else { return }
        let oldest = taints.sorted { ($0.value.since, $0.key) < ($1.value.since, $1.key) }
        for (tie, _) in oldest.prefix(taints.count - Self.limit * 9 / 10) { taints[tie] = nil }
        tiesOf = taints.reduce(into: [:]) { $0[ExactText($1.value.account), default: []].append($1.key) }
    }

    /// Takes back what a verdict on this account had noted.
    package mutating func remove(of account: String) {
        let name = ExactText(account)
        for tie in tiesOf.removeValue(forKey: name) ?? [] {
            if let taint = taints[tie], ExactText(taint.account) == name { taints[tie] = nil }
        }
    }

    package func encode(into writer: inout StateWriter) {
        writer.write(count: taints.count)
        for (tie, taint) in taints.sorted(by: { $0.key < $1.key }) {
            writer.write(tie)
            writer.write(taint.account)
            writer.write(taint.since)
            writer.write(taint.until)
        }
    }

    package init(from reader: inout StateReader) throws(StateFault) {
        let count = try reader.readCount(bytesEach: 28)
        guard count <= Self.limit else { throw .invalid("the ties of banned accounts") }
        for _ in 0..<count {
            let tie = try reader.read(UInt64.self)
            let taint = Taint(
                account: try reader.readName(), since: try reader.readTimestamp(), until: try reader.readTimestamp())
            guard taints.updateValue(taint, forKey: tie) == nil else { throw .invalid("a tie") }
            tiesOf[ExactText(taint.account), default: []].append(tie)
        }
    }
}
