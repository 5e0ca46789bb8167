import RiskModel
import Store

/// Lets so many refusals of each user into the audit in a minute, and then only their number.
struct RefusalLimit {
    static let perMinute = 60
    /// Users that are told apart; there are not many who have a role.
    private static let maximumUsers = 1024

    private struct Minute {
        var number: Int64
        var count = 0
        /// The last one that was left out.
        var last: AuditEntry?
    }

    private var minutes: [UInt32: Minute] = [:]

    /// What is written for an entry: itself, nothing, or itself and before it how many were left out of an earlier minute.
    mutating func admit(_ entry: AuditEntry) -> [AuditEntry] {
        guard entry.outcome == .refused, let uid = entry.uid else { return [entry] }
        let number = entry.time.microseconds / 60_000_000
        var written: [AuditEntry] = []
        var minute = minutes[uid] ?? Minute(number: number)
        if minute.number != number {
            if var last = minute.last {
                last.action = "refused"
                last.subject = "\(minute.count - Self.perMinute) more"
                written.append(last)
            }
            minute = Minute(number: number)
        }
        minute.count += 1
        if minute.count <= Self.perMinute { written.append(entry) } else { minute.last = entry }
        if minutes.count >= Self.maximumUsers, minutes[uid] == nil { minutes.removeAll() }
        minutes[uid] = minute
        return written
    }
}
