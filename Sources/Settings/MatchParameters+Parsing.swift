import RiskModel

extension MatchParameters {
    static func read(_ reader: ParameterReader) -> MatchParameters? {
        let test = readTest(reader)
        let gap = reader.part("gap", "within which matches are one attempt, such as 10m", from: .zero)
        let ramp = reader.ramp()
        guard let test, let gap, let window = reader.window, let ramp else { return nil }
        return MatchParameters(test: test, window: window, gap: gap, ramp: ramp)
    }

    private static func readTest(_ reader: ParameterReader) -> Test? {
        let section = reader.section
        let tests: [(name: String, read: (Cursor) -> Test?)] = [
            ("list", { $0.listName(reader.mentions).map(Test.list) }),
            ("flags", { .flags($0.flags()) }),
            ("differ", { differ($0, reader.mentions) }),
            ("any", any),
        ]
        let given = tests.compactMap { test in section[test.name].map { (cursor: $0, read: test.read) } }
        guard let test = given.first else {
            section.note(
                "a rule of kind match needs one of \"list\", the name of a list, \"flags\", the address's flags, \"differ\","
                    + " two fields, or \"any: true\", for every event that \"where\" admits")
            return nil
        }
        guard given.count == 1 else {
            test.cursor.note(
                "a rule of kind match has one test, not \(given.map(\.cursor.label).joined(separator: " and "));"
                    + " make a rule for each, or say it in \"where\"")
            return nil
        }
        return test.read(test.cursor)
    }

    private static func differ(_ cursor: Cursor, _ mentions: Mentions) -> Test? {
        let comparable = Field.named.filter { $0.hasNamedValues || $0.isCountry || $0 == .account }
        let items = cursor.items()
        guard items.count == 2 else { return cursor.expected("two fields, such as [card_country, country]") }
        let fields = items.compactMap { $0.field(mentions, among: comparable) }
        guard fields.count == 2 else { return nil }
        if fields[0] == fields[1] { items[1].note("\"differ\" must name two fields: one never differs from itself") }
        if fields[0].isCountry != fields[1].isCountry {
            cursor.note("\"differ\" compares country with card_country, or two texts, and not one with the other")
        }
        return .differ(fields[0], fields[1])
    }

    private static func any(_ cursor: Cursor) -> Test? {
        guard let flag = cursor.flag() else { return nil }
        if !flag { cursor.note("\"any\" must be true, or left out where another test is meant") }
        return .any
    }
}
