import RiskModel

/// What stands around the message of a line: a syslog header, or the fields of an entry of systemd's journal.
///
/// Headers are those of RFC 5424, of RFC 3164, and what is written in their place: without the priority, as in files; with
/// the time of RFC 3339, as rsyslog does; without the host, as glibc's syslog(3) does. In front may stand the octet count of
/// RFC 6587 §3.4.1.
struct Envelope: Sendable {
    enum Time: Sendable, Hashable {
        case none
        /// A time of RFC 3339 in ``texts``.
        case text(Range<Int>)
        /// By some clock, in some year.
        case civil(month: Int, day: Int, second: Int)
        case instant(Timestamp)
    }

    /// Holds what the ranges are of.
    private(set) var texts: [UInt8] = []
    private(set) var time = Time.none
    private(set) var host = 0..<0
    private(set) var app = 0..<0
    private(set) var pid = 0..<0
    private(set) var id = 0..<0
    private(set) var severity: UInt8?
    /// Whether there is one.
    private(set) var isPresent = false

    mutating func removeAll() {
        texts.removeAll(keepingCapacity: true)
        time = .none
        (host, app, pid, id) = (0..<0, 0..<0, 0..<0, 0..<0)
        severity = nil
        isPresent = false
    }

    /// Reads the header of a line; gives where the message stands, the whole line where it has no header.
    mutating func read(_ line: Span<UInt8>) -> Range<Int> {
        removeAll()
        var i = 0
        line.skipByteOrderMark(&i)
        line.skipOctetCount(&i)
        let hasPriority = readPriority(line, &i)
        if hasPriority, line.has("1 ", at: i) {
            let start = i
            i += 2
            if readVersion1(line, &i) {
                isPresent = true
                return i..<line.count
            }
            i = start
        }
        let hasTime = readTime(line, &i)
        isPresent = hasPriority || hasTime
        guard isPresent else {
            // `@cee:` may come alone.
            return line.skippingCookie(at: 0)..<line.count
        }
        readTag(line, &i)
        line.skipByteOrderMark(&i)
        return line.skippingCookie(at: i)..<line.count
    }

    // MARK: RFC 5424

    /// `<13>`: severity is the lowest three bits (§6.2.1).
    private mutating func readPriority(_ line: Span<UInt8>, _ i: inout Int) -> Bool {
        guard i < line.count, line[i] == UInt8(ascii: "<") else { return false }
        var end = i + 1
        var value = 0
        while end < line.count, line.isDigit(end), end - i <= 3 {
            value = value * 10 + Int(line[end] - UInt8(ascii: "0"))
            end += 1
        }
        guard end > i + 1, end < line.count, line[end] == UInt8(ascii: ">"), value <= 191 else { return false }
        severity = UInt8(value & 7)
        i = end + 1
        return true
    }

    /// What follows the version: time, host, app, process, kind of message, structured data, message.
    private mutating func readVersion1(_ line: Span<UInt8>, _ i: inout Int) -> Bool {
        var words: [Range<Int>] = []
        for _ in 0..<5 {
            let start = i
            while i < line.count, line[i] != UInt8(ascii: " ") { i += 1 }
            guard i > start, i < line.count else { return false }
            words.append(line.has("-", at: start) && i == start + 1 ? start..<start : start..<i)
            i += 1
        }
        if line.has("-", at: i) {
            i += 1
        } else {
            while i < line.count, line[i] == UInt8(ascii: "[") {
                guard line.skipStructuredData(&i) else { return false }
            }
        }
        guard i == line.count || line[i] == UInt8(ascii: " ") else { return false }
        i = min(i + 1, line.count)
        line.skipByteOrderMark(&i)
        i = line.skippingCookie(at: i)
        if !words[0].isEmpty { time = .text(append(line.extracting(words[0]))) }
        host = append(line.extracting(words[1]))
        app = append(line.extracting(words[2]))
        pid = append(line.extracting(words[3]))
        return true
    }

    // MARK: RFC 3164

    /// `Nov 21 10:00:00 `, or a time of RFC 3339 and a space.
    private mutating func readTime(_ line: Span<UInt8>, _ i: inout Int) -> Bool {
        if let time = line.civilTime(at: i) {
            self.time = .civil(month: time.month, day: time.day, second: time.second)
            i += 16
            return true
        }
        guard i < line.count, line.isDigit(i) else { return false }
        var end = i
        while end < line.count, line[end] != UInt8(ascii: " "), end - i < 40 { end += 1 }
        guard end < line.count, line[end] == UInt8(ascii: " "),
            (try? Timestamp(rfc3339: line.extracting(i..<end))) != nil
        else { return false }
        time = .text(append(line.extracting(i..<end)))
        i = end + 1
        return true
    }

    /// `host app[pid]: `, of which each part can be missing.
    private mutating func readTag(_ line: Span<UInt8>, _ i: inout Int) {
        let first = line.word(from: i)
        if readTag(line, first, &i) { return }
        guard !first.isEmpty, first.upperBound < line.count, time != .none, !line.isMessage(at: i) else { return }
        host = append(line.extracting(first))
        i = first.upperBound + 1
        _ = readTag(line, line.word(from: i), &i)
    }

    /// `app:`, or `app[pid]:`.
    private mutating func readTag(_ line: Span<UInt8>, _ word: Range<Int>, _ i: inout Int) -> Bool {
        guard word.count > 1, line[word.upperBound - 1] == UInt8(ascii: ":"), !line.isMessage(at: i) else {
            return false
        }
        var end = word.upperBound - 1
        if line[end - 1] == UInt8(ascii: "]"), let bracket = line.index(of: UInt8(ascii: "["), in: word) {
            pid = append(line.extracting(bracket + 1..<end - 1))
            end = bracket
        }
        guard end > word.lowerBound else { return false }
        app = append(line.extracting(word.lowerBound..<end))
        i = min(word.upperBound + 1, line.count)
        return true
    }

    private mutating func append(_ text: Span<UInt8>) -> Range<Int> {
        let start = texts.count
        texts.append(copying: text)
        return start..<texts.count
    }
}

extension Envelope {
    /// What an entry of the journal says, in the form of `journalctl -o json` (systemd.journal-fields(7)).
    struct JournalEntry {
        var message: [UInt8]
        var microseconds: Int64
        var host, app, pid, priority, cursor: [UInt8]
    }

    mutating func read(_ entry: JournalEntry) {
        removeAll()
        isPresent = true
        time = .instant(Timestamp(microseconds: entry.microseconds))
        host = append(entry.host.span)
        app = append(entry.app.span)
        pid = append(entry.pid.span)
        id = append(entry.cursor.span)
        if entry.priority.count == 1, entry.priority.span.isDigit(0) {
            severity = entry.priority[0] - UInt8(ascii: "0")
        }
    }
}

extension Span where Element == UInt8 {
    /// Whether the text stands at `i`.
    func has(_ text: StaticString, at i: Int) -> Bool {
        guard i + text.utf8CodeUnitCount <= count else { return false }
        // SAFETY: a static string's bytes live for ever, and each index is below their count.
        for k in 0..<text.utf8CodeUnitCount where unsafe self[i + k] != text.utf8Start[k] { return false }
        return true
    }

    fileprivate func skipByteOrderMark(_ i: inout Int) {
        if has("\u{feff}", at: i) { i += 3 }
    }

    /// A number, a space, and then a priority.
    fileprivate func skipOctetCount(_ i: inout Int) {
        var end = i
        while end < count, isDigit(end), end - i < 6 { end += 1 }
        if end > i, has(" <", at: end) { i = end + 1 }
    }

    /// Behind `@cee:` and the space after it, where that stands at `i`.
    fileprivate func skippingCookie(at i: Int) -> Int {
        guard has("@cee:", at: i) else { return i }
        var end = i + 5
        while end < count, self[end] == UInt8(ascii: " ") { end += 1 }
        return end
    }

    /// Whether a JSON object begins at `i`, with or without a cookie.
    fileprivate func isMessage(at i: Int) -> Bool { has("{", at: i) || has("@cee:", at: i) }

    /// From `i` to the next space or the end.
    fileprivate func word(from i: Int) -> Range<Int> {
        var end = i
        while end < count, self[end] != UInt8(ascii: " ") { end += 1 }
        return i..<end
    }

    fileprivate func index(of byte: UInt8, in range: Range<Int>) -> Int? {
        for i in range where self[i] == byte { return i }
        return nil
    }

    /// Skips `[id name="value"…]`, in which `\"`, `\\` and `\]` are escapes (RFC 5424 §6.3.3).
    fileprivate func skipStructuredData(_ i: inout Int) -> Bool {
        var isQuoted = false
        i += 1
        while i < count {
            switch self[i] {
            case UInt8(ascii: "\\") where isQuoted: i += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "]") where !isQuoted:
                i += 1
                return true
            default: break
            }
            i += 1
        }
        return false
    }

    /// `Nov 21 10:00:00 ` at `i` (RFC 3164 §4.1.2): month, day, second of the day.
    fileprivate func civilTime(at i: Int) -> (month: Int, day: Int, second: Int)? {
        guard i + 16 <= count, self[i] > UInt8(ascii: "9"), let month = monthNumber(at: i),
            self[i + 3] == UInt8(ascii: " "), self[i + 6] == UInt8(ascii: " "), self[i + 9] == UInt8(ascii: ":"),
            self[i + 12] == UInt8(ascii: ":"), self[i + 15] == UInt8(ascii: " "),
            let day = self[i + 4] == UInt8(ascii: " ") ? decimal(i + 5, 1) : decimal(i + 4, 2),
            let hour = decimal(i + 7, 2), let minute = decimal(i + 10, 2), let second = decimal(i + 13, 2),
            (1...31).contains(day), hour <= 23, minute <= 59, second <= 60
        else { return nil }
        return (month, day, hour * 3600 + minute * 60 + second)
    }

    /// The number of the month whose English name begins with the three letters at `i`.
    func monthNumber(at i: Int) -> Int? {
        guard i + 3 <= count else { return nil }
        return switch UInt32(self[i]) << 16 | UInt32(self[i + 1]) << 8 | UInt32(self[i + 2]) {
        case 0x4a_616e: 1
        case 0x46_6562: 2
        case 0x4d_6172: 3
        case 0x41_7072: 4
        case 0x4d_6179: 5
        case 0x4a_756e: 6
        case 0x4a_756c: 7
        case 0x41_7567: 8
        case 0x53_6570: 9
        case 0x4f_6374: 10
        case 0x4e_6f76: 11
        case 0x44_6563: 12
        default: nil
        }
    }
}
