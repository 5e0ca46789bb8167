/// A point in event time: a span before the latest event (`90s`, `15m`, `1h`, `7d`), or a time by RFC 3339.
///
/// A date alone is its midnight in UTC. A time must say its offset: `Z` or `+01:00`.
package enum SinceArgument: Sendable, Hashable {
    case ago(Interval)
    case at(Timestamp)

    package init?(argument: String) {
        if let span = Self.span(argument) {
            self = .ago(span)
        } else if let time = Self.time(argument) {
            self = .at(time)
        } else {
            return nil
        }
    }

    /// The time from which on rows count; `nil` where nothing has happened yet.
    package func time(watermark: Timestamp?) -> Timestamp? {
        switch self {
        case .ago(let span): watermark.map { max(.epoch, $0 - span) }
        case .at(let time): time
        }
    }

    private static func span(_ text: String) -> Interval? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let count = number(text.dropLast()), count <= 1_000_000
        else { return nil }
        return Interval(seconds: Int64(count) * unit)
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }

    private static func time(_ text: String) -> Timestamp? {
        let pattern = /(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?([Zz]|[+-]\d\d:\d\d))?/
            .asciiOnlyDigits()
        guard let match = text.wholeMatch(of: pattern)?.output, let year = number(match.1), year >= 1970,
            let month = number(match.2), let day = number(match.3)
        else { return nil }
        let days = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
        guard Timestamp.civil(daysSinceEpoch: days) == (year, month, day) else { return nil }
        let hour = match.4.flatMap(number) ?? 0
        let minute = match.5.flatMap(number) ?? 0
        let second = match.6.flatMap(number) ?? 0
        let fraction = match.7.flatMap { number($0 + String(repeating: "0", count: 6 - $0.count)) } ?? 0
        guard hour < 24, minute < 60, second < 60 else { return nil }
        var offset = 0
        if let zone = match.8, zone.count == 6, let hours = number(zone.dropFirst().prefix(2)),
            let minutes = number(zone.suffix(2))
        {
            guard hours < 24, minutes < 60 else { return nil }
            offset = (hours * 60 + minutes) * (zone.first == "-" ? -60 : 60)
        }
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        guard seconds >= 0 else { return nil }
        return Timestamp(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }
}
