/// Fields of one entry of systemd's journal, as its native protocol has them
/// (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>).
///
/// A value with a line feed is sent with its length: no text can end its field and begin another.
package struct JournalEntry: Sendable {
    /// A value is cut here, at a whole character: an entry fits into one datagram.
    package static let valueLimit = 32_768
    /// All of an entry: less than half of what a socket takes by default (`net.core.wmem_default`, 212,992 bytes).
    package static let entryLimit = 98_304

    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// - Parameters: - name: 1 to 64 of `A` to `Z`, `0` to `9` and `_`, beginning with a letter; another is left out,
    ///   as the journal would. - value: `nil` is left out. NULs stay: a value is bytes.
    package mutating func add(_ name: String, _ value: String?) {
        guard let value, Self.isName(name) else { return }
        let text = Self.cut(value)
        guard bytes.count + name.utf8.count + text.count + 10 <= Self.entryLimit else { return }
        bytes += name.utf8
        if text.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            let length = UInt64(text.count)
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: length >> shift))
            }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += text
        bytes.append(UInt8(ascii: "\n"))
    }

    package mutating func add(_ name: String, _ value: Int?) { add(name, value.map(String.init)) }

    /// Whether the journal takes a field of this name from a client.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return false }
        return name.utf8.count <= 64
            && name.utf8.allSatisfy {
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
            }
    }

    private static func cut(_ value: String) -> [UInt8] {
        var text = Array(value.utf8)
        guard text.count > valueLimit else { return text }
        var end = valueLimit
        while end > 0, text[end] & 0xc0 == 0x80 { end -= 1 }
        text.removeSubrange(end...)
        return text
    }
}
