import RiskModel

/// Why a text or number is no event time.
enum TimeFault: Error {
    case unreadable, outOfRange
}

extension Timestamp {
    /// Reads a date and time of RFC 3339 §5.6 with any offset.
    ///
    /// `T` may be `t` or a space, `Z` may be `z`. A fraction may have any length; what is finer than a microsecond is
    /// cut off. A leap second, `23:59:60` in UTC of any day, is the second that follows it, as in POSIX; its fraction
    /// is kept.
    init(rfc3339 text: Span<UInt8>) throws(TimeFault) {
        guard text.count >= 20,
            let year = text.decimal(0, 4), text[4] == UInt8(ascii: "-"),
            let month = text.decimal(5, 2), text[7] == UInt8(ascii: "-"), let day = text.decimal(8, 2),
            text[10] == UInt8(ascii: "T") || text[10] == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "),
            let hour = text.decimal(11, 2), text[13] == UInt8(ascii: ":"),
            let minute = text.decimal(14, 2), text[16] == UInt8(ascii: ":"), let second = text.decimal(17, 2),
            month >= 1, month <= 12, day >= 1, day <= Self.days(inMonth: month, of: year),
            hour <= 23, minute <= 59, second <= 60
        else { throw .unreadable }
        var i = 19
        var microseconds = 0
        if text[i] == UInt8(ascii: ".") {
            var unit = 100_000
            i += 1
            while i < text.count, text.isDigit(i) {
                microseconds += Int(text[i] - UInt8(ascii: "0")) * unit
                unit /= 10
                i += 1
            }
            guard i > 20, i < text.count else { throw .unreadable }
        }
        let offset = try Self.offsetMinutes(text, at: i)
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        let minutes = days * 1440 + hour * 60 + minute - offset
        guard second < 60 || (minutes + 1) % 1440 == 0 else { throw .unreadable }
        self.init(microseconds: Int64((minutes * 60 + second) * 1_000_000 + microseconds))
        guard self >= .epoch, self <= .latest else { throw .outOfRange }
    }

    /// Reads a JSON number as time since the epoch: seconds below 1e11, milliseconds below 1e14, else microseconds.
    ///
    /// The decimal is read exactly, without a binary fraction on the way; what is finer than a microsecond is cut off.
    /// Seconds reach to the year 5138 and milliseconds begin with 1973, so each plausible time has one reading.
    init(number text: Span<UInt8>) throws(TimeFault) {
        var i = 0
        let isNegative = text[0] == UInt8(ascii: "-")
        if isNegative { i += 1 }
        // Digits from the first that is not zero, as far as they can matter, and how many stand before the point.
        var digits: UInt64 = 0
        var kept = 0
        var before = 0
        var isFraction = false
        while i < text.count, text[i] | 0x20 != UInt8(ascii: "e") {
            if text[i] == UInt8(ascii: ".") {
                isFraction = true
            } else if digits == 0, text[i] == UInt8(ascii: "0") {
                if isFraction { before -= 1 }
            } else {
                if kept < 18 {
                    digits = digits * 10 + UInt64(text[i] - UInt8(ascii: "0"))
                    kept += 1
                }
                if !isFraction { before += 1 }
            }
            i += 1
        }
        guard digits > 0 else {
            self = .epoch
            return
        }
        before += Self.exponent(text, at: i)
        let scale = before <= 11 ? 6 : before <= 14 ? 3 : 0
        let wanted = before + scale
        guard !isNegative, wanted <= 18 else { throw .outOfRange }
        while kept > max(wanted, 0) {
            digits /= 10
            kept -= 1
        }
        while kept < wanted {
            digits *= 10
            kept += 1
        }
        self.init(microseconds: Int64(digits))
        guard self <= .latest else { throw .outOfRange }
    }

    /// `Z` or `±hh:mm` to the end of the text, in minutes east of UTC.
    private static func offsetMinutes(_ text: Span<UInt8>, at i: Int) throws(TimeFault) -> Int {
        if i + 1 == text.count, text[i] | 0x20 == UInt8(ascii: "z") { return 0 }
        guard i + 6 == text.count, text[i] == UInt8(ascii: "+") || text[i] == UInt8(ascii: "-"),
            let hours = text.decimal(i + 1, 2), text[i + 3] == UInt8(ascii: ":"), let minutes = text.decimal(i + 4, 2),
            hours <= 23, minutes <= 59
        else { throw .unreadable }
        return (text[i] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }

    /// The exponent of a JSON number whose `e` stands at `i`, clamped to what a line can outweigh; 0 where it has none.
    private static func exponent(_ text: Span<UInt8>, at start: Int) -> Int {
        var i = start + 1
        guard i < text.count else { return 0 }
        let isNegative = text[i] == UInt8(ascii: "-")
        if !text.isDigit(i) { i += 1 }
        var value = 0
        while i < text.count {
            value = min(value * 10 + Int(text[i] - UInt8(ascii: "0")), 1_000_000)
            i += 1
        }
        return isNegative ? -value : value
    }

    static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Span where Element == UInt8 {
    /// The value of exactly `length` decimal digits from `start`.
    @inline(__always)
    func decimal(_ start: Int, _ length: Int) -> Int? {
        var value = 0
        for i in start..<start + length {
            guard isDigit(i) else { return nil }
            value = value * 10 + Int(self[i] - UInt8(ascii: "0"))
        }
        return value
    }
}
