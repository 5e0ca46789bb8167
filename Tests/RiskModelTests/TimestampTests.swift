import Glibc
import RiskModel
import TestSupport
import Testing

@Suite struct TimestampTests {
    @Test func `days and dates agree with the C library from 1970 to 9999`() {
        var random = SeededGenerator(seed: 5)
        let last = 2_932_896  // 9999-12-31
        let days = [0, 1, 58, 59, 60, 364, 365, 789, 10_956, 11_016, 11_017, last - 1, last]
        for day in days + (0..<20_000).map({ _ in Int.random(in: 0...last, using: &random) }) {
            var seconds = time_t(day * 86_400)
            var parts = tm()
            gmtime_r(&seconds, &parts)
            let (year, month, dayOfMonth) = Timestamp.civil(daysSinceEpoch: day)
            #expect(
                year == Int(parts.tm_year) + 1900 && month == Int(parts.tm_mon) + 1 && dayOfMonth == Int(parts.tm_mday))
            #expect(Timestamp.daysSinceEpoch(year: year, month: month, day: dayOfMonth) == timegm(&parts) / 86_400)
        }
    }

    @Test func `texts agree with the C library`() {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<3_000 {
            let micros = Int64.random(in: 0...Timestamp.latest.microseconds, using: &random)
            let fraction = [0, 1, 10, 500_000, 999_999, micros % 1_000_000].randomElement(using: &random)!
            var seconds = time_t(micros / 1_000_000)
            var parts = tm()
            gmtime_r(&seconds, &parts)
            var buffer = [CChar](repeating: 0, count: 40)
            let count = strftime(&buffer, 40, "%Y-%m-%dT%H:%M:%S", &parts)
            var expected = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if fraction > 0 {
                expected += "." + String(String(1_000_000 + fraction).dropFirst())
                while expected.hasSuffix("0") { expected.removeLast() }
            }
            #expect(Timestamp(microseconds: Int64(seconds) * 1_000_000 + fraction).description == expected + "Z")
        }
    }

    /// The Gregorian rule: every fourth year, but of the centuries only every fourth.
    @Test(arguments: [
        (1900, false), (1970, false), (1971, false), (1972, true), (1999, false), (2000, true), (2004, true),
        (2024, true), (2025, false), (2100, false), (2400, true), (9996, true), (9999, false),
    ])
    func `february has its leap day where the calendar has it`(year: Int, isLeap: Bool) {
        let last = Timestamp.daysSinceEpoch(year: year, month: 2, day: 28)
        #expect(Timestamp.civil(daysSinceEpoch: last + 1) == (isLeap ? (year, 2, 29) : (year, 3, 1)))
        #expect(Timestamp.daysSinceEpoch(year: year, month: 3, day: 1) == last + (isLeap ? 2 : 1))
        let days =
            Timestamp.daysSinceEpoch(year: year + 1, month: 1, day: 1)
            - Timestamp.daysSinceEpoch(year: year, month: 1, day: 1)
        #expect(days == (isLeap ? 366 : 365))
    }

    @Test func `a day has 86,400 seconds, whatever a zone does with its clocks`() {
        // Around the changes to and from summer time in Europe and America, and around a leap second.
        for (year, month, day) in [(2025, 3, 30), (2025, 10, 26), (2025, 3, 9), (2025, 11, 2), (2016, 12, 31)] {
            let midnight = Int64(Timestamp.daysSinceEpoch(year: year, month: month, day: day)) * 86_400
            for hour in 0...24 as ClosedRange<Int64> {
                let text = Timestamp(seconds: midnight + hour * 3_600).description
                let expected = (hour < 10 ? "0\(hour)" : "\(hour % 24 == 0 ? "00" : "\(hour)")") + ":00:00Z"
                #expect(text.hasSuffix("T" + expected))
            }
        }
    }

    @Test(arguments: [
        (Timestamp.epoch, "1970-01-01T00:00:00Z"), (Timestamp.latest, "9999-12-31T23:59:59.999999Z"),
        (Timestamp(microseconds: -1), "1969-12-31T23:59:59.999999Z"),
        (Timestamp(seconds: 951_782_400), "2000-02-29T00:00:00Z"),
        (Timestamp(seconds: 68_169_600), "1972-02-29T00:00:00Z"),
        (Timestamp(seconds: 4_107_542_400), "2100-03-01T00:00:00Z"),
    ])
    func `the ends of the calendar`(time: Timestamp, text: String) { #expect(time.description == text) }

    @Test(arguments: [
        (Int64(0), "0s"), (1, "1us"), (1_500, "1500us"), (250_000, "250ms"), (1_000_000, "1s"), (90_000_000, "90s"),
        (600_000_000, "10m"), (3_600_000_000, "1h"), (86_400_000_000, "24h"), (172_800_000_000, "2d"),
        (604_800_000_000, "7d"), (90_000_000_000, "25h"), (-90_000_000, "-90s"),
    ])
    func `an interval's text has the largest whole unit`(micros: Int64, text: String) {
        #expect(Interval(microseconds: micros).description == text)
    }

    @Test(arguments: [
        (0.4, "0 s"), (89.4, "89 s"), (90, "2 min"), (5399, "90 min"), (5400, "2 h"), (-7200, "2 h"),
        (172_800, "2 days"),
    ])
    func `an approximate interval is rounded`(seconds: Double, text: String) {
        #expect(Interval(microseconds: Int64(seconds * 1e6)).approximate == text)
    }
}
