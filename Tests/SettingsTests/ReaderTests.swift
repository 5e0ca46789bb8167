import RiskModel
import Testing

@testable import Settings

@Suite struct UnitSystemTests {
    @Test(arguments: [
        ("250ms", 250_000), ("90s", 90_000_000), ("10m", 600_000_000), ("24h", 86_400_000_000),
        ("7 d", 604_800_000_000), ("0s", 0),
    ])
    func `durations are microseconds`(text: String, value: Int) {
        #expect(UnitSystem.durations.parse(text) == value)
    }

    @Test(arguments: [("64 KiB", 65_536), ("16MiB", 16_777_216), ("1 GiB", 1_073_741_824), ("0 KiB", 0)])
    func `sizes are binary`(text: String, value: Int) {
        #expect(UnitSystem.sizes.parse(text) == value)
    }

    @Test(arguments: [("0", 0), ("8192", 8192), ("500k", 500_000), ("10M", 10_000_000)])
    func `counts may have a decimal multiple`(text: String, value: Int) {
        #expect(UnitSystem.counts.parse(text) == value)
    }

    @Test(arguments: [
        "", "s", "5", "-1s", "+1s", "1.5h", "1 h ", " 1h", "1  h", "1H", "01s", "1hh", "1us", "1h30m", "٣s",
        "99999999999999999999s", "999999999999999d",
    ])
    func `what is no duration is refused`(text: String) {
        #expect(UnitSystem.durations.parse(text) == nil)
    }

    @Test(arguments: ["8192 ", "1 ", "0x10", "1_000", "1K", "007"])
    func `what is no count is refused`(text: String) {
        #expect(UnitSystem.counts.parse(text) == nil)
    }

    @Test(arguments: [1, 60, 1024, 90_000_000, 86_400_000_000, 65_536, 1_000_000, 1 << 40].map { $0 * 1000 })
    func `what is written is read back`(value: Int) {
        for system in [UnitSystem.durations, .counts] { #expect(system.parse(system.format(value)) == value) }
        #expect(UnitSystem.sizes.parse(UnitSystem.sizes.format(value * 1024)) == value * 1024)
    }
}

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("shards", "shards", 0), ("sharsd", "shards", 1), ("shard", "shards", 1), ("shardss", "shards", 1),
        ("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("ca", "abc", 3), ("ab", "ba", 1),
    ])
    func `the distance counts slips`(a: String, b: String, distance: Int) {
        #expect(Suggestion.distance(a, b) == distance)
        #expect(Suggestion.distance(b, a) == distance)
    }

    @Test func `a near word is suggested, a far one is not`() {
        #expect(Suggestion.text(for: "widnow", among: ["allow", "window"]) == "did you mean \"window\"?")
        #expect(Suggestion.text(for: "colour", among: ["window", "allow"]) == "known are allow, window")
        #expect(Suggestion.text(for: "ip", among: ["asn", "id"]) == "did you mean \"id\"?")
    }
}

@Suite struct DocumentTests {
    private func faults(_ yaml: String) -> [String] {
        let log = FaultLog(file: "t")
        _ = Document(yaml: yaml, log: log)
        return log.faults.map { "\($0.line):\($0.column): \($0.message)" }
    }

    @Test(arguments: [
        "a: x * y\n", "a: /lists/*.txt\n", "a: 2*b\n", "# see *this*\na: 1\n", "a: \"*b\"\n", "a: b*\n", "a: '*'\n",
    ])
    func `an asterisk that is no alias is let be`(yaml: String) {
        #expect(faults(yaml).isEmpty)
    }

    @Test(arguments: [("a: *b\n", 4), ("a: [*b]\n", 5), ("a: {c: *b}\n", 8), ("*b : 1\n", 1), ("a: [1,*b]\n", 7)])
    func `an alias is refused where it stands`(yaml: String, column: Int) {
        #expect(faults("x: &b 1\n" + yaml).map { $0.hasPrefix("2:\(column): YAML aliases") } == [true])
    }

    @Test func `an alias that would expand to billions of items costs nothing`() {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            yaml +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        #expect(faults(yaml + "? *a12\n: 1\n").count == 12 * 9 + 1)
    }

    @Test(arguments: ["[", "{a: "])
    func `nesting beyond reason is refused`(opening: String) {
        let yaml = "a: " + String(repeating: opening, count: 100_000)
        #expect(faults(yaml).map { $0.contains("not valid YAML: ") } == [true])
    }

    @Test func `each duplicate is reported once, and the rest is read`() {
        let yaml = "a: 1\r\nb: {c: 1, d: 2, c: 3, \"d\": 4}\r\na: 2\r\na: 3\r\n"
        let places = faults(yaml).map { $0.prefix { $0 != " " } }
        #expect(places.sorted() == ["1:1:", "2:11:", "2:5:", "3:1:"])
    }

    @Test func `many duplicates come to an end`() {
        let yaml = String(repeating: "a: 1\n", count: 1000)
        #expect(faults(yaml).count == 17)
    }

    @Test func `a duplicate that cannot be set aside ends the reading`() {
        #expect(!faults("{[a]: 1, [a]: 2}\n").isEmpty)
    }
}
