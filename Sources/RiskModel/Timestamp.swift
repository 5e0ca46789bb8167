// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// A point in event time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Valid event times run from 1970-01-01 to the end of 9999-12-31. Nothing after the spool reads a wall clock: windows,
/// decay and cooldowns all run on values of this type that came with the events.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since the epoch.
    public var microseconds: Int64

    @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }

    @inlinable public init(seconds: Int64) { self.microseconds = seconds * 1_000_000 }

    /// The epoch, which also stands for "never".
    @inlinable public static var epoch: Timestamp { Timestamp(microseconds: 0) }
    /// The last valid event time, 9999-12-31T23:59:59.999999Z.
    @inlinable public static var latest: Timestamp { Timestamp(microseconds: 253_402_300_799_999_999) }

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }
    @inlinable public static func <= (a: Self, b: Self) -> Bool { a.microseconds <= b.microseconds }
    @inlinable public static func > (a: Self, b: Self) -> Bool { a.microseconds > b.microseconds }
    @inlinable public static func >= (a: Self, b: Self) -> Bool { a.microseconds >= b.microseconds }
    @inlinable public static func == (a: Self, b: Self) -> Bool { a.microseconds == b.microseconds }

    @inlinable public static func + (a: Self, b: Interval) -> Self {
        Self(microseconds: a.microseconds + b.microseconds)
    }
    @inlinable public static func - (a: Self, b: Interval) -> Self {
        Self(microseconds: a.microseconds - b.microseconds)
    }
    @inlinable public static func - (a: Self, b: Self) -> Interval {
        Interval(microseconds: a.microseconds - b.microseconds)
    }

    /// Days since the epoch of a date in the proleptic Gregorian calendar.
    ///
    /// Counts from 1 March of year 0, so that the leap day ends a year. Source: H. Hinnant, "chrono-Compatible
    /// Low-Level Date Algorithms", `days_from_civil`. The date is not validated.
    public static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Year, month and day of a day since the epoch; the inverse of ``daysSinceEpoch(year:month:day:)``.
    public static func civil(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let mp = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * mp + 2) / 5 + 1
        let month = mp < 10 ? mp + 3 : mp - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC. Whole seconds have no fraction; others have as many digits as they need, at most six.
    public var description: String {
        var seconds = microseconds / 1_000_000
        var fraction = microseconds % 1_000_000
        if fraction < 0 {
            fraction += 1_000_000
            seconds -= 1
        }
        var days = seconds / 86_400
        var rest = Int(seconds % 86_400)
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        let (year, month, day) = Self.civil(daysSinceEpoch: Int(days))
        var text = pad(year, 4) + "-" + pad(month, 2) + "-" + pad(day, 2) + "T"
        text += pad(rest / 3600, 2) + ":" + pad(rest / 60 % 60, 2) + ":" + pad(rest % 60, 2)
        if fraction > 0 {
            var digits = pad(Int(fraction), 6)
            while digits.hasSuffix("0") { digits.removeLast() }
            text += "." + digits
        }
        return text + "Z"
    }

    private func pad(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

/// A span of event time in microseconds.
public struct Interval: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }
    @inlinable public init(seconds: Int64) { self.microseconds = seconds * 1_000_000 }

    @inlinable public var seconds: Double { Double(microseconds) / 1e6 }
    @inlinable public var hours: Double { seconds / 3600 }

    @inlinable public static var zero: Interval { Interval(microseconds: 0) }

    @inlinable public static func == (a: Self, b: Self) -> Bool { a.microseconds == b.microseconds }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }
}

extension Interval: CustomStringConvertible {
    /// The largest unit that gives a whole number: `90s`, `10m`, `24h`, `7d`. Below a second: `250ms`, else microseconds.
    public var description: String {
        let units: [(Int64, String)] = [
            (86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"), (1_000, "ms"),
        ]
        if microseconds == 86_400_000_000 { return "24h" }
        for (size, suffix) in units where microseconds != 0 && microseconds % size == 0 {
            return "\(microseconds / size)\(suffix)"
        }
        return microseconds == 0 ? "0s" : "\(microseconds)us"
    }

    /// A rounded span for sentences that people read: `12 s`, `4 min`, `26 h`, `4 days`.
    public var approximate: String {
        let value = abs(seconds)
        switch value {
        case ..<90: return "\(Int(value.rounded())) s"
        case ..<5400: return "\(Int((value / 60).rounded())) min"
        case ..<172_800: return "\(Int((value / 3600).rounded())) h"
        default: return "\(Int((value / 86_400).rounded())) days"
        }
    }
}
