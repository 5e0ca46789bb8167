import Decoding
import Glibc
import RiskModel
import TestSupport
import Testing

@Suite struct EventTimeTests {
    /// The time of a login with this `ts`, in microseconds.
    private func microseconds(_ ts: String) -> Int64? { decode(login("\"ts\":\(ts)")).events.first?.time.microseconds }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2025-03-01T12:00:00Z", 1_740_830_400_000_000),
        ("2025-03-01t12:00:00z", 1_740_830_400_000_000), ("2025-03-01 12:00:00Z", 1_740_830_400_000_000),
        ("2025-03-01T13:30:00+01:30", 1_740_830_400_000_000), ("2025-02-28T23:00:00-13:00", 1_740_830_400_000_000),
        ("2025-03-01T12:00:00-00:00", 1_740_830_400_000_000), ("2025-03-01T12:00:00.5Z", 1_740_830_400_500_000),
        ("2025-03-01T12:00:00.000001Z", 1_740_830_400_000_001), ("2025-03-01T12:00:00.9999999Z", 1_740_830_400_999_999),
        ("2025-03-01T12:00:00.123456789012345678901234567890+00:00", 1_740_830_400_123_456),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000), ("2000-02-29T23:59:59Z", 951_868_799_000_000),
        ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T23:00:00-01:00", 0),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ])
    func `a time of RFC 3339 is read in microseconds`(_ text: String, expected: Int64) {
        #expect(microseconds("\"\(text)\"") == expected)
    }

    @Test func `a leap second is the second that follows it`() {
        #expect(microseconds(#""2016-12-31T23:59:60Z""#) == 1_483_228_800_000_000)
        #expect(microseconds(#""2016-12-31T23:59:60.25Z""#) == 1_483_228_800_250_000)
        #expect(microseconds(#""2017-01-01T05:29:60+05:30""#) == 1_483_228_800_000_000)
        #expect(reason(login(#""ts":"2016-12-31T22:59:60Z""#)) == .invalidValue)
        #expect(reason(login(#""ts":"2016-12-31T23:59:60+01:00""#)) == .invalidValue)
        #expect(reason(login(#""ts":"9999-12-31T23:59:60Z""#)) == .timeOutOfRange)
    }

    @Test(arguments: [
        "yesterday", "2025-03-01", "2025-03-01T12:00:00", "2025-03-01T12:00Z", "2025-3-1T12:00:00Z", "20250301T120000Z",
        "2025-13-01T12:00:00Z", "2025-00-01T12:00:00Z", "2025-04-31T12:00:00Z", "2025-02-29T12:00:00Z",
        "1900-02-29T00:00:00Z", "2025-03-00T12:00:00Z", "2025-03-01T24:00:00Z", "2025-03-01T12:60:00Z",
        "2025-03-01T12:00:61Z", "2025-03-01T12:00:00.Z", "2025-03-01T12:00:00,5Z", "2025-03-01T12:00:00.5",
        "2025-03-01T12:00:00+0100", "2025-03-01T12:00:00+01", "2025-03-01T12:00:00+24:00", "2025-03-01T12:00:00+01:60",
        "2025-03-01T12:00:00ZZ", "2025-03-01T12:00:00 Z", " 2025-03-01T12:00:00Z", "2025-03-01_12:00:00Z",
        "+2025-03-01T12:00:00Z", "12025-03-01T12:00:00Z", "1740830400", "2025-03-01T12:00:00.\\u0000Z",
    ])
    func `a text that is no time of RFC 3339 is refused`(_ text: String) throws {
        let rejection = try #require(decode(login("\"ts\":\"\(text)\"")).rejections.first)
        #expect(rejection.reason == .invalidValue)
        #expect(rejection.field == "ts")
        #expect(rejection.position == login("\"ts\":").utf8.count - 1)
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("0.0e5", 0), ("1", 1_000_000), ("1740830400", 1_740_830_400_000_000),
        ("1740830400.5", 1_740_830_400_500_000), ("1740830400.1234567", 1_740_830_400_123_456),
        ("1.7408304e9", 1_740_830_400_000_000), ("17408304000e-1", 1_740_830_400_000_000), ("0.000001", 1),
        ("0.0000009", 0), ("1e-6", 1), ("0.1e-5", 1), ("0.00001E+1", 100), ("1e-400", 0),
        ("99999999999", 99_999_999_999_000_000), ("99999999999.9999999", 99_999_999_999_999_999),
        ("100000000000", 100_000_000_000_000), ("1740830400123", 1_740_830_400_123_000),
        ("1740830400123.4567", 1_740_830_400_123_456), ("99999999999999", 99_999_999_999_999_000),
        ("100000000000000", 100_000_000_000_000), ("1740830400123456", 1_740_830_400_123_456),
        ("1740830400123456.9", 1_740_830_400_123_456), ("253402300799999999", 253_402_300_799_999_999),
        ("1740830400.00000000000000000000000000000000000001", 1_740_830_400_000_000),
    ])
    func `a number is seconds, milliseconds or microseconds by its size`(_ number: String, expected: Int64) {
        #expect(microseconds(number) == expected)
    }

    @Test(arguments: [
        "-1", "-0.0000001", "-1740830400", "253402300800000000", "999999999999999999", "1e18", "1e400",
        "1e99999999999999999999",
        "9223372036854775808", #""1969-12-31T23:59:59.999999Z""#, #""0000-01-01T00:00:00Z""#,
        #""1970-01-01T00:00:00+00:01""#,
        #""9999-12-31T23:59:59-00:01""#,
    ])
    func `a time before 1970 or after 9999 is refused`(_ ts: String) throws {
        let rejection = try #require(decode(login("\"ts\":\(ts)")).rejections.first)
        #expect(rejection.reason == .timeOutOfRange)
        #expect(rejection.field == "ts")
    }

    @Test func `random times are read as the C library's calendar wrote them`() {
        var generator = SeededGenerator(seed: 5)
        func pad(_ value: Int32, _ width: Int = 2) -> String {
            String(repeating: "0", count: width - String(value).count) + String(value)
        }
        for _ in 0..<2000 {
            // A day within the limits, so that the local year has four digits.
            let seconds = Int.random(in: 86_400..<253_402_214_400, using: &generator)
            let offset = Int.random(in: -1439...1439, using: &generator)
            var local = seconds + offset * 60
            var fields = tm()
            gmtime_r(&local, &fields)
            let date = "\(pad(fields.tm_year + 1900, 4))-\(pad(fields.tm_mon + 1))-\(pad(fields.tm_mday))"
            let time = "\(pad(fields.tm_hour)):\(pad(fields.tm_min)):\(pad(fields.tm_sec))"
            let zone = (offset < 0 ? "-" : "+") + "\(pad(Int32(abs(offset) / 60))):\(pad(Int32(abs(offset) % 60)))"
            #expect(microseconds("\"\(date)T\(time)\(zone)\"") == Int64(seconds) * 1_000_000)
        }
    }
}
