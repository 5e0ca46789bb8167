internal import Glibc
internal import RiskModel

/// The wall clock, and its times as HTTP writes them (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    static var now: Timestamp {
        var time = timespec()
        // SAFETY: the call writes only into `time`.
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: max(0, Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000))
    }

    static func text(_ time: Timestamp) -> String {
        let (days, second) = Int(time.microseconds / 1_000_000).quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = Timestamp.civil(daysSinceEpoch: days)
        // The first of January 1970 was a Thursday.
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][days % 7]
        let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month - 1]
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        return
            "\(weekday), \(two(day)) \(name) \(year) \(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60)) GMT"
    }
}
