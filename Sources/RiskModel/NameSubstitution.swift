/// Another name in place of one, wherever it stands in a state that is read.
package struct NameSubstitution: Sendable {
    /// The name that goes, and the one that comes: both fall in the same partition.
    package let name: String
    package let replacement: String
    private let bytes: [UInt8]
    private let replacementBytes: [UInt8]
    private let search: NameSearch

    package init(of search: NameSearch, by replacement: String) {
        name = search.name
        self.replacement = replacement
        bytes = Array(search.name.utf8)
        replacementBytes = Array(replacement.utf8)
        self.search = search
    }

    /// Whether only what is certainly the account goes.
    var isOfOrdinaryName: Bool { search.isOrdinary }

    /// A name that nobody can guess or connect with another.
    package static func newTombstone() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return "forgotten-" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The tombstone, with a number behind it that makes it fall in the same partition as `name`.
    package static func tombstone(_ tombstone: String, inPartitionOf name: String) -> String {
        let partition = Partition.of(Array(name.utf8).span)
        var number = 1
        while true {
            let candidate = "\(tombstone)-\(number)"
            if Partition.of(Array(candidate.utf8).span) == partition { return candidate }
            number += 1
        }
    }

    /// A text that is a key as a whole.
    func key(_ text: [UInt8]) -> [UInt8] { text == bytes ? replacementBytes : text }

    /// A line with the name overwritten, in the same length.
    func line(_ line: [UInt8]) -> [UInt8] {
        if search.isOrdinary { return line }
        var line = line
        for word in search.words(in: line.span) { for i in word { line[i] = UInt8(ascii: "x") } }
        return line
    }

    /// A text that may speak of the name.
    func text(_ text: String) -> String { search.replacing(in: text, with: replacement) ?? text }
}
