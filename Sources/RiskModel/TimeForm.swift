/// How a log spells times.
package enum TimeForm: Sendable, Hashable {
    case rfc3339
    /// Time since 1970 in units of which a second has 1, 10³, 10⁶ or 10⁹; fractions are allowed.
    case epoch(unitsPerSecond: Int64)
    /// Pieces one after the other, to the text's end.
    case pieces([Piece])

    package enum Piece: Sendable, Hashable {
        case literal(UInt8)
        case year, month, day, hour, minute, second
        /// `Jan` to `Dec`, in English.
        case monthName
        /// A day of one digit or two, with a space in front where it is one.
        case paddedDay
        /// Digits of a second's fraction.
        case fraction
        /// `Z`, `+0100` or `+01:00`.
        case offset
    }
}

/// How far a zone is ahead of UTC, and from when to when; made for a span of years, so that reading times needs no database.
package struct ZoneOffsets: Sendable, Hashable {
    /// In order of time: from this second since 1970 on, so many seconds east of UTC. The first holds from ever.
    private let changes: [Change]

    package struct Change: Sendable, Hashable {
        package var since: Int64
        package var offset: Int64

        package init(since: Int64, offset: Int64) {
            self.since = since
            self.offset = offset
        }
    }

    package static let utc = ZoneOffsets([Change(since: 0, offset: 0)])

    /// - Parameter changes: at least one, in order of time.
    package init(_ changes: [Change]) {
        precondition(!changes.isEmpty, "a zone has an offset at all times")
        self.changes = changes
    }

    /// The seconds since 1970 in UTC of what clocks of the zone show as so many.
    ///
    /// Of an hour that comes twice the first is meant; a time that is skipped is read by the new offset.
    package func utc(local: Int64) -> Int64 {
        var low = 0
        var high = changes.count
        // The last change that clocks of its old offset have passed.
        while high - low > 1 {
            let middle = (low + high) / 2
            if local - changes[middle - 1].offset >= changes[middle].since { low = middle } else { high = middle }
        }
        return local - changes[low].offset
    }
}
