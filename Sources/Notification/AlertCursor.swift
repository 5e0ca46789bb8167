/// How far a sink is, and by which rows the database is known again.
///
/// Numbers of alerts begin at 1 in each database. So that another database in the old one's place is not taken for it,
/// the cursor keeps marks of some alerts that it has passed: the newest ones, and older ones at growing distances.
package struct AlertCursor: Codable, Sendable, Hashable {
    package struct Anchor: Codable, Sendable, Hashable {
        package var id: Int
        package var mark: String
    }

    /// Everything up to this number is done with.
    package private(set) var id = 0
    /// In order of their numbers.
    package private(set) var anchors: [Anchor] = []

    package static let anchorLimit = 24

    package init() {}

    package mutating func advance(to row: AlertFacts) {
        id = row.id
        anchors.append(Anchor(id: row.id, mark: AlertMessage.mark(of: row)))
        guard anchors.count > Self.anchorLimit else { return }
        // Of the older half every second one goes: distances grow with age.
        let older = anchors.prefix(Self.anchorLimit / 2).enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        anchors = older + anchors.dropFirst(Self.anchorLimit / 2)
    }

    /// What has become of the database since the cursor was written.
    package enum History: Sendable, Hashable {
        /// It is the same.
        case same
        /// It is an older state of it, or another from some row on: alerts behind the returned place count as new.
        case partly
        /// Another database: all of its alerts are new.
        case other
        /// It has no alert yet, so nobody can tell.
        case unknown
    }

    /// Holds the cursor against a database, and puts it back to where the two agree.
    ///
    /// - Parameters:
    ///   - newest: the highest number in the database; 0 where there is no alert.
    ///   - row: the alert of a number, or `nil` where it was removed.
    package mutating func settle<Failure>(
        newest: Int, row: (Int) throws(Failure) -> AlertFacts?
    ) throws(Failure) -> History {
        if id == 0 { return .same }
        if newest == 0 { return .unknown }
        // Anchors from the newest on, until one agrees; rows that were removed (too old, or a person's erasure) say
        // nothing.
        var keep = anchors.count
        var differs = false
        for index in anchors.indices.reversed() {
            let anchor = anchors[index]
            if anchor.id > newest {
                differs = true
                keep = index
                continue
            }
            guard let row = try row(anchor.id) else { continue }
            if AlertMessage.mark(of: row) == anchor.mark {
                guard differs else { return .same }
                anchors.removeSubrange(keep...)
                id = anchors.last?.id ?? 0
                return .partly
            }
            differs = true
            keep = index
        }
        // No anchor's row is left, and the numbers go on: the oldest rows were removed.
        if !differs { return .same }
        self = AlertCursor()
        return .other
    }
}
