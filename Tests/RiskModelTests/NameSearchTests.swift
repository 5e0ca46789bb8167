import RiskModel
import Testing

/// A name in UTF-8, in JSON's spellings, and inside of other words.
@Suite struct NameSearchTests {
    private static func found(_ name: String, _ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return NameSearch(name).ranges(in: bytes.span).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("alice", #"{"account":"alice"}"#, ["alice"]),
            ("alice", #"\u0061lice,al\u0069ce"#, [#"\u0061lice"#, #"al\u0069ce"#]),
            ("alice", #"\u0061lic"#, []), ("é", #"é \u00e9 \u00E9"#, ["é", #"\u00e9"#, #"\u00E9"#]),
            ("a/b", #"a\/b a/b"#, [#"a\/b"#, "a/b"]), ("😀", #"\ud83d\ude00 \ud83d"#, [#"\ud83d\ude00"#]),
            ("a\"b", #"a\"b"#, [#"a\"b"#]), ("aa", "aaaaa", ["aa", "aa"]), ("\\", #"\\"#, [#"\"#, #"\"#]),
        ] as [(String, String, [String])])
    func `a name is found however JSON spells it`(name: String, text: String, expected: [String]) {
        #expect(Self.found(name, text) == expected)
        let bytes = Array(text.utf8)
        #expect(NameSearch(name).isFound(in: bytes.span) == !expected.isEmpty)
    }

    @Test func `a word is no part of a longer one`() {
        let search = NameSearch("anna")
        let text = Array("anna joanna anna@example.com (anna) anna, änna-anna".utf8)
        let words = search.ranges(in: text.span).filter { search.isWord($0, in: text.span) }.map(\.lowerBound)
        #expect(words == [0, 30, 36])
        #expect(search.replacing(in: "anna, banned; joanna", with: "x") == "x, banned; joanna")
        #expect(search.replacing(in: "joanna", with: "x") == nil)
    }

    @Test func `a quoted word is in a string, a key too, and no number`() {
        let search = NameSearch("1234")
        let text = Array(#"{"n":1234,"1234":1,"a":"x \" 1234 y","b":"12345","c":[1234,"\u0031234"]}"#.utf8)
        #expect(search.quotedWords(in: text.span).map(\.lowerBound) == [11, 29, 60])
        let line = Array("port 1234".utf8)
        #expect(search.quotedWords(in: line.span) == [5..<9])
    }

    @Test func `a value is a whole string and no key`() {
        let search = NameSearch("anna")
        let text = Array(#"{"anna":1,"a":"anna","b":"anna b","c":["\u0061nna"],"anna" :2}"#.utf8)
        #expect(search.values(in: text.span).map(\.lowerBound) == [15, 40])
    }

    @Test func `a tombstone falls in the name's partition and says nothing of it`() {
        for name in ["alice", "bob", "u-1041"] {
            let tombstone = NameSubstitution.tombstone(NameSubstitution.newTombstone(), inPartitionOf: name)
            let (a, b) = (Array(name.utf8), Array(tombstone.utf8))
            #expect(Partition.of(a.span) == Partition.of(b.span) && tombstone.hasPrefix("forgotten-"))
        }
    }
}
