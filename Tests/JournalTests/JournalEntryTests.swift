import Testing

@testable import Journal

@Suite struct JournalEntryTests {
    /// The protocol read back by what its description says: `NAME=value`, or the name, a length of 64 bits, and so many
    /// bytes.
    static func fields(_ entry: JournalEntry) -> [[String]] {
        var fields: [[String]] = []
        var rest = entry.bytes[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            if let sign = line.firstIndex(of: UInt8(ascii: "=")) {
                fields.append([text(line[..<sign]), text(line[(sign + 1)...])])
                rest = rest[(line.endIndex + 1)...]
            } else {
                let start = line.endIndex + 9
                let length = rest[(line.endIndex + 1)..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
                fields.append([text(line), text(rest[start..<(start + length)])])
                rest = rest[(start + length + 1)...]
            }
        }
        return fields
    }

    private static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    @Test(arguments: [
        "plain", "", "a=b", "two\nlines", "\n", "line\nPRIORITY=0\n_UID=0\n", "\u{0}\u{1b}[31m", "ünïcödé\r\n",
        "MESSAGE\n",
    ])
    func `A value arrives as it is, and ends no field but its own`(value: String) {
        var entry = JournalEntry()
        entry.add("BANRISK_ACCOUNT", value)
        entry.add("PRIORITY", 5)
        #expect(Self.fields(entry) == [["BANRISK_ACCOUNT", value], ["PRIORITY", "5"]])
    }

    @Test(arguments: ["", "_UID", "message", "A B", "A=B", "A\nB", "1A", "Ä", String(repeating: "A", count: 65)])
    func `A name that the journal would not take is left out`(name: String) {
        var entry = JournalEntry()
        entry.add(name, "x")
        #expect(entry.bytes.isEmpty)
    }

    @Test func `A long value is cut at a whole character`() throws {
        var entry = JournalEntry()
        entry.add("MESSAGE", "a" + String(repeating: "ü", count: 20_000))
        let value = try #require(Self.fields(entry).first?.last)
        #expect(value.utf8.count == JournalEntry.valueLimit - 1)
        #expect(value.dropFirst().allSatisfy { $0 == "ü" })
    }

    @Test func `An entry stays below what a datagram holds`() {
        var entry = JournalEntry()
        for index in 0..<10 { entry.add("FIELD\(index)", String(repeating: "\n", count: 30_000)) }
        #expect(entry.bytes.count <= JournalEntry.entryLimit)
        #expect(Self.fields(entry).count == 3)
    }
}
