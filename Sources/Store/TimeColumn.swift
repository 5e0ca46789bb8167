package import RiskModel

/// Times in the database: RFC 3339 in UTC, always with six decimals, 27 bytes.
///
/// The fixed width makes the order of the texts the order of the times, and SQLite's date functions read them
/// (<https://www.sqlite.org/lang_datefunc.html>).
extension Timestamp {
    /// As stored: `2026-03-01T08:15:00.000000Z`.
    package var column: String {
        var bytes: [UInt8] = []
        appendColumn(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A time as stored; `nil` for any other text.
    init?(column text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 27 else { return nil }
        func number(_ range: Range<Int>) -> Int? { Int(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let fraction = number(20..<26)
        else { return nil }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }

    /// Appends the 27 bytes of ``column``. For times from 1970 to 9999.
    func appendColumn(to bytes: inout [UInt8]) {
        let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let (days, rest) = Int(seconds).quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = Self.civil(daysSinceEpoch: days)
        var text = Self.columnTemplate
        func write(_ value: Int, digits: Int, at start: Int) {
            var rest = UInt32(truncatingIfNeeded: value)
            for place in (start..<start + digits).reversed() {
                text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        write(year, digits: 4, at: 0)
        write(month, digits: 2, at: 5)
        write(day, digits: 2, at: 8)
        write(rest / 3_600, digits: 2, at: 11)
        write(rest / 60 % 60, digits: 2, at: 14)
        write(rest % 60, digits: 2, at: 17)
        write(Int(fraction), digits: 6, at: 20)
        bytes.append(copying: text.span)
    }

    /// What stands between the digits.
    private static let columnTemplate: InlineArray<27, UInt8> = {
        var text = InlineArray<27, UInt8>(repeating: UInt8(ascii: "0"))
        for (place, byte) in "0000-00-00T00:00:00.000000Z".utf8.enumerated() { text[place] = byte }
        return text
    }()
}
