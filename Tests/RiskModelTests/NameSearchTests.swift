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

    @Test func `an ordinary name is meant only where it is told to be banned`() {
        let text = "test, 3 tests; test, banned on 2026-01-02; a test"
        #expect(
            NameSearch("test", isOrdinary: true).replacing(in: text, with: "x")
                == "test, 3 tests; x, banned on 2026-01-02; a test")
        #expect(NameSearch("test").replacing(in: text, with: "x") == "x, 3 tests; x, banned on 2026-01-02; a x")
    }

    @Test(
        arguments: [
            ("device", #"{"entity":"device","key":"d-1","count":3}"#, nil),
            ("count", #"{"entity":"device","key":"d-1","count":3}"#, nil),
            ("3", #"{"entity":"device","key":"3 d","count":3}"#, #"{"entity":"device","key":"x d","count":3}"#),
            ("d-1", #"{"key":"d-1","explanation":"on d-1"}"#, #"{"key":"x","explanation":"on x"}"#),
            ("on", #"{"key":"d-1","explanation":"on d-1"}"#, nil),
            ("AT", #"{"count":2,"members":["AT","DE"]}"#, nil),
            (
                "bob", #"{"count":1,"traits":["a","bob, banned on 2026"]}"#,
                #"{"count":1,"traits":["a","x, banned on 2026"]}"#
            ),
            ("bob", #"{"value":"\u0062ob \" bob"}"#, #"{"value":"x \" x"}"#),
        ] as [(String, String, String?)])
    func `evidence speaks of a name in its texts alone`(name: String, evidence: String, expected: String?) {
        #expect(NameSearch(name).replacing(inEvidence: evidence, with: "x") == expected)
    }

    @Test(
        arguments: [
            (#"{"type":"login","account":"test"}"#, true), (#"{"user":{"Name" : "t\u0065st"}}"#, true),
            (#"{"level":"test"}"#, false), (#"{"account":"test 1"}"#, false), ("a test", false),
            (#"{"test":"account"}"#, false), (#"{"account":"#, false), (#"{"account":"test"#, true),
        ])
    func `a line is the account's where a sender calls it so`(line: String, isAccount: Bool) {
        let bytes = Array(line.utf8)
        #expect(NameSearch("test").isAccount(in: bytes.span) == isAccount)
    }

    @Test func `a tombstone falls in the name's partition and says nothing of it`() {
        for name in ["alice", "bob", "u-1041"] {
            let tombstone = NameSubstitution.tombstone(NameSubstitution.newTombstone(), inPartitionOf: name)
            let (a, b) = (Array(name.utf8), Array(tombstone.utf8))
            #expect(Partition.of(a.span) == Partition.of(b.span) && tombstone.hasPrefix("forgotten-"))
        }
    }
}
