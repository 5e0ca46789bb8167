import RiskModel

/// How far each session of numbered frames has come, for the sessions that appended last.
///
/// Holds at most ``capacity`` sessions; beyond that the one is forgotten whose last new frame is the oldest. Each
/// call takes constant time: a dictionary finds a session's entry, and a list through the entries keeps their order.
struct SessionTable: Sendable {
    /// The last new frame of a session.
    struct Last: Equatable, Sendable {
        var ordinal: UInt64
        var sequence: UInt64
    }

    private struct Entry {
        var session: UInt64
        var last: Last
        /// The entries that stand before and after this one, from the newest on; −1 for none.
        var newer = -1
        var older = -1
    }

    static let standardCapacity = 65_536

    let capacity: Int
    /// How often a session was forgotten to make room.
    private(set) var forgotten: UInt64 = 0
    private var entries: [Entry] = []
    private var places: [UInt64: Int] = [:]
    private var newest = -1
    private var oldest = -1

    init(capacity: Int = standardCapacity) { self.capacity = capacity }

    var count: Int { entries.count }

    /// The last frame of `session`; `nil` if there is none, or it was forgotten.
    func last(of session: UInt64) -> Last? { places[session].map { entries[$0].last } }

    /// Notes a frame, unless its ordinal shows that it has been there.
    ///
    /// - Returns: `nil` for a new frame; the last frame of its session for one that has been there.
    mutating func note(_ origin: FrameOrigin, sequence: UInt64) -> Last? {
        let last = Last(ordinal: origin.ordinal, sequence: sequence)
        let isNewest = newest >= 0 && entries[newest].session == origin.session
        guard let place = isNewest ? newest : places[origin.session] else {
            insert(Entry(session: origin.session, last: last))
            return nil
        }
        if origin.ordinal <= entries[place].last.ordinal { return entries[place].last }
        entries[place].last = last
        if place != newest {
            unlink(place)
            link(place)
        }
        return nil
    }

    private mutating func insert(_ entry: Entry) {
        var place = entries.count
        if place == capacity {
            place = oldest
            places[entries[place].session] = nil
            unlink(place)
            entries[place] = entry
            forgotten += 1
        } else {
            entries.append(entry)
        }
        places[entry.session] = place
        link(place)
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (entries[place].newer, entries[place].older)
        if newer >= 0 { entries[newer].older = older } else { newest = older }
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    }

    /// Puts an entry before the newest.
    private mutating func link(_ place: Int) {
        entries[place].newer = -1
        entries[place].older = newest
        if newest >= 0 { entries[newest].newer = place } else { oldest = place }
        newest = place
    }
}
