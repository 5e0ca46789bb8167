/// A name in documents of JSON: what is said of the account is told from keys, numbers and fixed words.
extension NameSearch {
    /// Keys of the evidence whose values come from outside.
    private static let tellingKeys: Set<String> = ["key", "value", "traits", "device"]
    /// The sentence made of the evidence.
    private static let sentenceKeys: Set<String> = ["explanation"]
    /// Keys under which senders name accounts, in lower case.
    private static let accountKeys: Set<String> = [
        "account", "username", "user", "user_name", "user.name", "name", "login", "email",
    ]

    /// The places at which evidence speaks of the name. A sentence does where its evidence does: by itself, `12 accounts` says
    /// nothing of somebody called `accounts`.
    package func mentions(inEvidence json: Span<UInt8>) -> [Range<Int>] {
        let mentions = mentions(in: json)
        guard !mentions.isEmpty else { return [] }
        let texts = Self.texts(in: json)
        func places(_ keys: Set<String>) -> [Range<Int>] {
            mentions.filter { mention in
                texts.contains { keys.contains($0.key) && $0.range.contains(mention.lowerBound) }
            }
        }
        let told = places(Self.tellingKeys)
        return told.isEmpty ? [] : places(Self.tellingKeys.union(Self.sentenceKeys))
    }

    /// Evidence with another name in place of this one; `nil` where it does not speak of it.
    package func replacing(inEvidence json: String, with other: String) -> String? {
        let source = Array(json.utf8)
        return replacing(mentions(inEvidence: source.span), in: source, with: other)
    }

    /// Whether a line that is no event is certainly one of the account: the name is the whole of what a sender calls so.
    package func isAccount(in line: Span<UInt8>) -> Bool {
        let ranges = ranges(in: line)
        guard !ranges.isEmpty else { return false }
        return Self.texts(in: line).contains { text in
            Self.accountKeys.contains(text.key.lowercased()) && ranges.contains(text.range)
        }
    }

    /// The strings that are values, each with the key that it, or the array around it, has.
    private static func texts(in json: Span<UInt8>) -> [(key: String, range: Range<Int>)] {
        var texts: [(key: String, range: Range<Int>)] = []
        var key = ""
        var i = 0
        while i < json.count {
            guard json[i] == UInt8(ascii: "\"") else {
                i += 1
                continue
            }
            let start = i + 1
            i = start
            while i < json.count, json[i] != UInt8(ascii: "\"") { i += json[i] == UInt8(ascii: "\\") ? 2 : 1 }
            let range = start..<min(i, json.count)
            i += 1
            var next = i
            while next < json.count, json[next] == UInt8(ascii: " ") || json[next] == UInt8(ascii: "\t") { next += 1 }
            if next < json.count, json[next] == UInt8(ascii: ":") {
                key = String(decoding: range.map { json[$0] }, as: UTF8.self)
            } else {
                texts.append((key, range))
            }
        }
        return texts
    }
}
