/// Finds a name in bytes, in UTF-8 and in every spelling that JSON allows: `\u0061lice`, `caf\u00e9`, `a\/b`.
package struct NameSearch: Sendable {
    package let name: String
    /// Whether the name is an ordinary word, such as `admin` or `test`, which says something else where it is not certainly
    /// the account's.
    package let isOrdinary: Bool
    private let bytes: [UInt8]
    private let scalars: [Unicode.Scalar]

    /// - Parameter name: not empty.
    package init(_ name: String, isOrdinary: Bool = false) {
        self.name = name
        self.isOrdinary = isOrdinary
        bytes = Array(name.utf8)
        scalars = Array(name.unicodeScalars)
    }

    /// The places of the name in `text`, in order; none overlaps another.
    package func ranges(in text: Span<UInt8>) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var i = 0
        while let start = next(in: text, from: i) {
            if let end = match(text, at: start) {
                ranges.append(start..<end)
                i = end
            } else {
                i = start + 1
            }
        }
        return ranges
    }

    /// Whether the name is in `text` anywhere.
    package func isFound(in text: Span<UInt8>) -> Bool {
        var i = 0
        while let start = next(in: text, from: i) {
            if match(text, at: start) != nil { return true }
            i = start + 1
        }
        return false
    }

    /// Whether what stands there is no part of a longer word, such as `anna` in `joanna` or in `anna@example.com`.
    package func isWord(_ range: Range<Int>, in text: Span<UInt8>) -> Bool {
        (range.lowerBound == 0 || !Self.isWordByte(text[range.lowerBound - 1]))
            && (range.upperBound == text.count || !Self.isWordByte(text[range.upperBound]))
    }

    /// The places at which the name is a whole string of JSON, and no key.
    package func values(in text: Span<UInt8>) -> [Range<Int>] {
        ranges(in: text).filter { range in
            guard range.lowerBound > 0, text[range.lowerBound - 1] == UInt8(ascii: "\""), range.upperBound < text.count,
                text[range.upperBound] == UInt8(ascii: "\"")
            else { return false }
            var i = range.upperBound + 1
            while i < text.count, text[i] == UInt8(ascii: " ") || text[i] == UInt8(ascii: "\t") { i += 1 }
            return i == text.count || text[i] != UInt8(ascii: ":")
        }
    }

    /// The places at which the name is a word.
    package func words(in text: Span<UInt8>) -> [Range<Int>] { ranges(in: text).filter { isWord($0, in: text) } }

    /// The places at which the name is a word in a string of JSON, keys too: not in a number. In a text that is no object, all.
    package func quotedWords(in text: Span<UInt8>) -> [Range<Int>] {
        let words = words(in: text)
        guard !words.isEmpty, !text.isEmpty, text[0] == UInt8(ascii: "{") else { return words }
        var isQuoted = false
        var i = 0
        return words.filter { word in
            while i < word.lowerBound {
                if isQuoted, text[i] == UInt8(ascii: "\\") {
                    i += 1
                } else if text[i] == UInt8(ascii: "\"") {
                    isQuoted.toggle()
                }
                i += 1
            }
            return isQuoted
        }
    }

    /// What is told of a banned account, behind its name.
    package static let bannedMark = ", banned on "

    /// The places at which a text of banrisk's speaks of the account: the name as a word; an ordinary one only where the account
    /// is told to be banned.
    package func mentions(in text: Span<UInt8>) -> [Range<Int>] {
        let words = words(in: text)
        guard isOrdinary else { return words }
        let mark = Array(Self.bannedMark.utf8)
        return words.filter { word in
            let end = word.upperBound + mark.count
            return end <= text.count && mark.indices.allSatisfy { text[word.upperBound + $0] == mark[$0] }
        }
    }

    /// The text with another in place of the name, wherever it speaks of it; `nil` where it does not.
    package func replacing(in text: String, with other: String) -> String? {
        let source = Array(text.utf8)
        return replacing(mentions(in: source.span), in: source, with: other)
    }

    func replacing(_ words: [Range<Int>], in source: [UInt8], with other: String) -> String? {
        guard !words.isEmpty else { return nil }
        var result: [UInt8] = []
        var done = 0
        for word in words {
            result += source[done..<word.lowerBound]
            result += other.utf8
            done = word.upperBound
        }
        result += source[done...]
        return String(decoding: result, as: UTF8.self)
    }

    // MARK: - Matching

    /// The next place at which the name may begin.
    @inline(__always)
    private func next(in text: Span<UInt8>, from start: Int) -> Int? {
        let first = bytes[0]
        var i = start
        while i < text.count {
            let byte = text[i]
            if byte == first || byte == UInt8(ascii: "\\") { return i }
            i += 1
        }
        return nil
    }

    private func match(_ text: Span<UInt8>, at start: Int) -> Int? {
        if text[start] == bytes[0], start + bytes.count <= text.count {
            var i = 1
            while i < bytes.count, text[start + i] == bytes[i] { i += 1 }
            if i == bytes.count { return start + i }
        }
        var position = start
        for scalar in scalars {
            guard let end = Self.match(scalar, text, at: position) else { return nil }
            position = end
        }
        return position
    }

    private static func match(_ scalar: Unicode.Scalar, _ text: Span<UInt8>, at start: Int) -> Int? {
        let plain = Array(String(scalar).utf8)
        if start + plain.count <= text.count, plain.indices.allSatisfy({ text[start + $0] == plain[$0] }) {
            return start + plain.count
        }
        guard start + 1 < text.count, text[start] == UInt8(ascii: "\\") else { return nil }
        if text[start + 1] == UInt8(ascii: "u") {
            var position = start
            for unit in String(scalar).utf16 {
                guard unit == escapedUnit(text, at: position) else { return nil }
                position += 6
            }
            return position
        }
        let short: [UInt8: Unicode.Scalar] = [
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
            UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
        ]
        return short[text[start + 1]] == scalar ? start + 2 : nil
    }

    /// The number of `\uXXXX`.
    private static func escapedUnit(_ text: Span<UInt8>, at start: Int) -> UInt16? {
        guard start + 6 <= text.count, text[start] == UInt8(ascii: "\\"), text[start + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var value: UInt16 = 0
        for i in 2..<6 {
            guard let digit = Character(Unicode.Scalar(text[start + i])).hexDigitValue else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }

    /// Letters, digits, and what stands inside of names and addresses.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "@"), UInt8(ascii: "+"), 0x80...0xff:
            true
        default: false
        }
    }
}
