internal import RiskModel

/// Texts that follow from other texts of an event.
///
/// A mailbox is an address without what makes aliases of it: upper case, a suffix behind `+` (RFC 5233 subaddressing), and
/// at the domains of one large provider the dots in front of the @, which it ignores. A name's template keeps its shape: each
/// run of letters is `a`, or `x` where no person could say it, each digit `9`, and what stands between stays. The domain and
/// the beginning of the number stand apart, for rules that must see them where the rest becomes a pseudonym.
extension EventBatch {
    /// Fills in the mailbox, the domain, the beginning of the telephone number and what rules see of the name of an event,
    /// and writes its telephone number in one way.
    mutating func derive(_ i: Int) {
        var buffer: [UInt8] = []
        swap(&buffer, &text)
        events[i].mailbox = buffer.appendMailbox(of: events[i].email)
        events[i].phone = buffer.appendPhone(of: events[i].phone)
        let name = events[i].username
        let spelling = name.isEmpty ? events[i].mailbox : name
        events[i].nameTemplate = buffer.appendTemplate(of: spelling)
        events[i].emailDomain = buffer.domain(of: events[i].mailbox)
        events[i].phonePrefix = events[i].phone.prefix
        events[i].spelling = spelling
        swap(&buffer, &text)
    }
}

extension TextSlice {
    /// Of a telephone number all but the last four digits, and at most eight characters: the block that a provider rents out.
    fileprivate var prefix: TextSlice {
        count < 8 ? .empty : TextSlice(offset: offset, count: min(8, count - 4))
    }
}

extension [UInt8] {
    /// What stands behind the last @ of a mailbox.
    fileprivate func domain(of mailbox: TextSlice) -> TextSlice {
        guard let at = self[mailbox.range].lastIndex(of: UInt8(ascii: "@")) else { return .empty }
        return TextSlice(offset: UInt32(at + 1), count: UInt32(mailbox.range.upperBound - at - 1))
    }

    /// A telephone number without what people write between its digits, and with `+` for `00`; itself where it has neither.
    fileprivate mutating func appendPhone(of phone: TextSlice) -> TextSlice {
        let fillers = Array(" -.()/".utf8)
        let isInternational = self[phone.range].starts(with: Array("00".utf8))
        guard isInternational || self[phone.range].contains(where: fillers.contains) else { return phone }
        let start = count
        if isInternational { append(UInt8(ascii: "+")) }
        for i in phone.range.dropFirst(isInternational ? 2 : 0) where !fillers.contains(self[i]) { append(self[i]) }
        return TextSlice(offset: UInt32(start), count: UInt32(count - start))
    }

    /// Domains whose mailboxes ignore dots.
    private static let dotless = [Array("gmail.com".utf8), Array("googlemail.com".utf8)]
    /// A template says no more of a name than its first so many bytes.
    private static let templateLimit = 32

    /// The mailbox of an address, appended; empty where there is no @.
    fileprivate mutating func appendMailbox(of email: TextSlice) -> TextSlice {
        guard let at = self[email.range].lastIndex(of: UInt8(ascii: "@")), at > email.range.lowerBound else {
            return .empty
        }
        let domain = self[(at + 1)..<email.range.upperBound].map(Self.lowercase)
        let ignoresDots = Self.dotless.contains(domain)
        let start = count
        for i in email.range.lowerBound..<at {
            let byte = self[i]
            if byte == UInt8(ascii: "+"), i > email.range.lowerBound { break }
            if ignoresDots, byte == UInt8(ascii: ".") { continue }
            append(Self.lowercase(byte))
        }
        append(UInt8(ascii: "@"))
        append(contentsOf: ignoresDots ? Self.dotless[0] : domain)
        return TextSlice(offset: UInt32(start), count: UInt32(count - start))
    }

    /// The template of a name, or of what stands before the @ of a mailbox, appended.
    fileprivate mutating func appendTemplate(of name: TextSlice) -> TextSlice {
        let start = count
        var i = name.range.lowerBound
        let end = name.range.upperBound
        while i < end, self[i] != UInt8(ascii: "@"), count - start < Self.templateLimit {
            let first = i
            if Self.isLetter(self[i]) {
                while i < end, Self.isLetter(self[i]) { i += 1 }
                append(isSayable(first..<i) ? UInt8(ascii: "a") : UInt8(ascii: "x"))
            } else {
                append(Self.isDigit(self[i]) ? UInt8(ascii: "9") : self[i])
                i += 1
            }
        }
        return TextSlice(offset: UInt32(start), count: UInt32(count - start))
    }

    /// Whether a run of letters could be said: not six or more consonants in a row. Letters beyond ASCII can always.
    private func isSayable(_ run: Range<Int>) -> Bool {
        var consonants = 0
        for byte in self[run] {
            let isConsonant = byte < 0x80 && !Self.vowels.contains(Self.lowercase(byte))
            consonants = isConsonant ? consonants + 1 : 0
            if consonants >= 6 { return false }
        }
        return true
    }

    private static let vowels = Array("aeiouy".utf8)

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// ASCII letters, and every byte of what is beyond ASCII.
    private static func isLetter(_ byte: UInt8) -> Bool {
        byte >= 0x80 || lowercase(byte) >= UInt8(ascii: "a") && lowercase(byte) <= UInt8(ascii: "z")
    }
}
