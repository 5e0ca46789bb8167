import Foundation
internal import RegularExpressions
import RiskModel

// The texts of a mapping that have a grammar of their own: paths, patterns, times, zones.

extension Cursor {
    func path() -> Mapping.Path? { text(limit: 512).flatMap { path($0) } }

    /// Keys with dots between.
    func path(_ text: String) -> Mapping.Path? {
        let keys = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard keys.count <= Mapping.maximumDepth, !keys.contains("") else {
            note(
                "\(JSONText.quote(text)) is no path; one is 1 to \(Mapping.maximumDepth) keys with dots between, such as"
                    + " user.name")
            return nil
        }
        return Mapping.Path(keys: keys)
    }

    /// The text of a regular expression that can be compiled.
    func pattern() -> String? {
        guard let text = text(limit: RegularExpression.maximumBytes) else { return nil }
        do {
            _ = try RegularExpression(text)
            return text
        } catch {
            let read = String(decoding: text.utf8.prefix(error.offset), as: UTF8.self)
            note("not a regular expression: \(error.message), behind \(JSONText.quote(String(read.suffix(20))))")
            return nil
        }
    }

    func timeForm() -> TimeForm? {
        guard let text = text(limit: 64) else { return nil }
        switch text {
        case "rfc3339": return .rfc3339
        case "epoch": return .epoch(unitsPerSecond: 1)
        case "epoch_ms": return .epoch(unitsPerSecond: 1000)
        case "epoch_us": return .epoch(unitsPerSecond: 1_000_000)
        case "epoch_ns": return .epoch(unitsPerSecond: 1_000_000_000)
        default: break
        }
        guard text.contains("%") else {
            return expected(
                "rfc3339, epoch, epoch_ms, epoch_us, epoch_ns, or a form such as \"%d/%b/%Y:%H:%M:%S %z\"")
        }
        var pieces: [TimeForm.Piece] = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                pieces.append(.literal(byte))
                continue
            }
            guard let letter = bytes.popFirst(), let more = TimeForm.pieces(letter) else {
                return expected("made of %Y %m %d %e %b %H %M %S %f %z %T %F %% and what stands between")
            }
            pieces += more
        }
        guard Self.isWhole(pieces) else { return expected("a form with year, month, day, hour and minute") }
        return .pieces(pieces)
    }

    /// Whether the pieces tell a time to the minute.
    private static func isWhole(_ pieces: [TimeForm.Piece]) -> Bool {
        pieces.contains(.year) && (pieces.contains(.month) || pieces.contains(.monthName))
            && (pieces.contains(.day) || pieces.contains(.paddedDay)) && pieces.contains(.hour)
            && pieces.contains(.minute)
    }

    /// `UTC`, an offset such as `+01:00`, or a name of the time zone database.
    func zone() -> ZoneOffsets? {
        guard let text = text(limit: 64) else { return nil }
        if let seconds = ZoneOffsets.seconds(text) { return ZoneOffsets([.init(since: 0, offset: seconds)]) }
        guard let zone = TimeZone(identifier: text) else {
            return expected("UTC, an offset such as +01:00, or the name of a time zone such as Europe/Vienna")
        }
        return ZoneOffsets(zone)
    }
}

extension TimeForm {
    /// What a letter behind `%` stands for, as in strftime(3).
    fileprivate static func pieces(_ letter: UInt8) -> [Piece]? {
        switch Unicode.Scalar(letter) {
        case "Y": [.year]
        case "m": [.month]
        case "d": [.day]
        case "e": [.paddedDay]
        case "b": [.monthName]
        case "H": [.hour]
        case "M": [.minute]
        case "S": [.second]
        case "f": [.fraction]
        case "z": [.offset]
        case "T": [.hour, .literal(UInt8(ascii: ":")), .minute, .literal(UInt8(ascii: ":")), .second]
        case "F": [.year, .literal(UInt8(ascii: "-")), .month, .literal(UInt8(ascii: "-")), .day]
        case "%": [.literal(UInt8(ascii: "%"))]
        default: nil
        }
    }
}

extension ZoneOffsets {
    /// Years for which changes are known: those of logs.
    private static let firstYear = 2000
    private static let lastYear = 2100

    /// Looks once a week, and then for the second.
    fileprivate init(_ zone: TimeZone) {
        func offset(_ time: Int64) -> Int64 {
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time))))
        }
        var time = Int64(Timestamp.daysSinceEpoch(year: Self.firstYear, month: 1, day: 1)) * 86_400
        let end = Int64(Timestamp.daysSinceEpoch(year: Self.lastYear, month: 1, day: 1)) * 86_400
        var changes = [Change(since: time, offset: offset(time))]
        while time < end {
            let next = time + 7 * 86_400
            let known = changes[changes.count - 1].offset
            if offset(next) != known {
                var (low, high) = (time, next)
                while high - low > 1 {
                    let middle = (low + high) / 2
                    if offset(middle) == known { low = middle } else { high = middle }
                }
                changes.append(Change(since: high, offset: offset(high)))
            }
            time = next
        }
        self.init(changes)
    }

    /// The seconds of `UTC`, `Z` or `±hh:mm`.
    fileprivate static func seconds(_ text: String) -> Int64? {
        if text == "UTC" || text == "Z" { return 0 }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard text.utf8.count == 6, text.hasPrefix("+") || text.hasPrefix("-"), parts.count == 2,
            let hours = UInt8(parts[0]), let minutes = UInt8(parts[1]), hours <= 14, minutes <= 59
        else { return nil }
        return (text.hasPrefix("-") ? -1 : 1) * (Int64(hours) * 3600 + Int64(minutes) * 60)
    }
}
