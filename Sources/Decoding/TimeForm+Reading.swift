import RiskModel

extension TimeForm {
    /// Reads a time; `nil` where the text has another form, or is no time that an event can have.
    ///
    /// - Parameter zone: of times that say none.
    func read(_ text: Span<UInt8>, in zone: ZoneOffsets) -> Timestamp? {
        switch self {
        case .rfc3339: return try? Timestamp(rfc3339: text)
        case .epoch(let units): return Timestamp(epoch: text, unitsPerSecond: units)
        case .pieces(let pieces): return Self.read(pieces, text, in: zone)
        }
    }

    private static func read(_ pieces: [Piece], _ text: Span<UInt8>, in zone: ZoneOffsets) -> Timestamp? {
        var (year, month, day, hour, minute, second) = (1970, 1, 1, 0, 0, 0)
        var microseconds: Int64 = 0
        var offset: Int64?
        var i = 0
        for piece in pieces {
            switch piece {
            case .literal(let byte):
                guard i < text.count, text[i] == byte else { return nil }
                i += 1
            case .year: guard text.read(&year, 4, &i) else { return nil }
            case .month: guard text.read(&month, 2, &i) else { return nil }
            case .day: guard text.read(&day, 2, &i) else { return nil }
            case .hour: guard text.read(&hour, 2, &i) else { return nil }
            case .minute: guard text.read(&minute, 2, &i) else { return nil }
            case .second: guard text.read(&second, 2, &i) else { return nil }
            case .paddedDay:
                if i < text.count, text[i] == UInt8(ascii: " ") { i += 1 }
                let isTwo = i + 1 < text.count && text.isDigit(i + 1)
                guard text.read(&day, isTwo ? 2 : 1, &i) else { return nil }
            case .monthName:
                guard let number = text.monthNumber(at: i) else { return nil }
                month = number
                i += 3
            case .fraction:
                guard let fraction = text.readFraction(&i) else { return nil }
                microseconds = fraction
            case .offset:
                guard let east = text.readOffset(&i) else { return nil }
                offset = east
            }
        }
        guard i == text.count, (1...12).contains(month), day >= 1, day <= Timestamp.days(inMonth: month, of: year),
            hour <= 23, minute <= 59, second <= 60
        else { return nil }
        let days = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
        let local = Int64(days * 86_400 + hour * 3600 + minute * 60 + second)
        let utc = offset.map { local - $0 } ?? zone.utc(local: local)
        let time = Timestamp(microseconds: utc * 1_000_000 + microseconds)
        return time >= .epoch && time <= .latest ? time : nil
    }
}

extension Timestamp {
    /// Time since 1970 as a decimal number of units; what is finer than a microsecond is cut off.
    fileprivate init?(epoch text: Span<UInt8>, unitsPerSecond units: Int64) {
        var value: Int64 = 0
        var i = 0
        while i < text.count, text.isDigit(i) {
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            guard !isTooLarge, tens < .max - 10 else { return nil }
            value = tens + Int64(text[i] - UInt8(ascii: "0"))
            i += 1
        }
        guard i > 0 else { return nil }
        let unit = 1_000_000 / units
        let (whole, isTooLarge) =
            unit == 0 ? (value / (units / 1_000_000), false) : value.multipliedReportingOverflow(by: unit)
        guard !isTooLarge else { return nil }
        var fraction: Int64 = 0
        if i < text.count {
            guard text[i] == UInt8(ascii: ".") else { return nil }
            i += 1
            guard let parts = text.readFraction(&i), i == text.count else { return nil }
            fraction = parts / units
        }
        guard whole >= 0, whole <= Timestamp.latest.microseconds - fraction else { return nil }
        self.init(microseconds: whole + fraction)
    }

    /// The time of that day and second in the year in which it is nearest to another time: logs that name no year are read
    /// soon after they were written. `nil` where no such year has the day.
    init?(nearestTo reference: Timestamp, month: Int, day: Int, second: Int, in zone: ZoneOffsets) {
        let here = Self.civil(daysSinceEpoch: Int(reference.microseconds / 86_400_000_000)).year
        var best: Timestamp?
        for year in here - 1...here + 1 where day <= Self.days(inMonth: month, of: year) {
            let days = Self.daysSinceEpoch(year: year, month: month, day: day)
            let time = Timestamp(seconds: zone.utc(local: Int64(days * 86_400 + second)))
            guard time >= .epoch, time <= .latest else { continue }
            if let known = best, abs((known - reference).microseconds) <= abs((time - reference).microseconds) {
                continue
            }
            best = time
        }
        guard let best else { return nil }
        self = best
    }
}

extension Span where Element == UInt8 {
    /// Reads exactly so many digits.
    fileprivate func read(_ value: inout Int, _ length: Int, _ i: inout Int) -> Bool {
        guard i + length <= count, let number = decimal(i, length) else { return false }
        value = number
        i += length
        return true
    }

    /// Digits of a fraction, in microseconds.
    fileprivate func readFraction(_ i: inout Int) -> Int64? {
        let start = i
        var (value, unit): (Int64, Int64) = (0, 100_000)
        while i < count, isDigit(i) {
            value += Int64(self[i] - UInt8(ascii: "0")) * unit
            unit /= 10
            i += 1
        }
        return i > start ? value : nil
    }

    /// `Z`, `+0100` or `+01:00`, in seconds east of UTC.
    fileprivate func readOffset(_ i: inout Int) -> Int64? {
        if has("Z", at: i) {
            i += 1
            return 0
        }
        guard i + 5 <= count, self[i] == UInt8(ascii: "+") || self[i] == UInt8(ascii: "-"),
            let hours = decimal(i + 1, 2)
        else { return nil }
        let minutesAt = self[i + 3] == UInt8(ascii: ":") ? i + 4 : i + 3
        guard minutesAt + 2 <= count, let minutes = decimal(minutesAt, 2), hours <= 23, minutes <= 59 else {
            return nil
        }
        let sign: Int64 = self[i] == UInt8(ascii: "-") ? -1 : 1
        i = minutesAt + 2
        return sign * Int64(hours * 3600 + minutes * 60)
    }
}

extension Array where Element == UInt8 {
    /// Appends a time as `2026-11-21T10:00:00.125Z`: the text of ``Timestamp/description``, without a string.
    mutating func append(rfc3339 time: Timestamp) {
        let microseconds = Int(time.microseconds)
        let (days, rest) = (microseconds / 86_400_000_000, microseconds % 86_400_000_000)
        let date = Timestamp.civil(daysSinceEpoch: days)
        append(decimal: date.year, 4)
        append(UInt8(ascii: "-"))
        append(decimal: date.month, 2)
        append(UInt8(ascii: "-"))
        append(decimal: date.day, 2)
        append(UInt8(ascii: "T"))
        append(decimal: rest / 3_600_000_000, 2)
        append(UInt8(ascii: ":"))
        append(decimal: rest / 60_000_000 % 60, 2)
        append(UInt8(ascii: ":"))
        append(decimal: rest / 1_000_000 % 60, 2)
        if rest % 1_000_000 > 0 {
            append(UInt8(ascii: "."))
            append(decimal: rest % 1_000_000, 6)
            while last == UInt8(ascii: "0") { removeLast() }
        }
        append(UInt8(ascii: "Z"))
    }

    /// Appends the last digits of a number that is not negative.
    private mutating func append(decimal value: Int, _ digits: Int) {
        var unit = 1
        for _ in 1..<digits { unit *= 10 }
        while unit > 0 {
            append(UInt8(ascii: "0") + UInt8(value / unit % 10))
            unit /= 10
        }
    }
}
