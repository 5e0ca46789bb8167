import RiskModel

/// What `expected.txt` of a scenario says of every account and every risky entity; of an account the first line that matches
/// counts:
///
///     # why this scenario exists
///     farm-* review batch_registration_ip batch_registration_pace
///     alice normal
///     entity ip 203.0.113.9 batch_registration_ip
struct ExpectedOutcome {
    private struct Line {
        var number: Int
        /// A name; a trailing `*` stands for anything.
        var pattern: String
        /// As in ``Scenario/Outcome/accounts``.
        var outcome: String

        func matches(_ name: String) -> Bool {
            pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
        }
    }

    private var accounts: [Line] = []
    /// By `kind key rule` the line.
    private var entities: [String: Int] = [:]

    /// - Throws: the first line that cannot be read.
    static func parse(_ text: String, file: String) throws(ExpectedOutcomeFault) -> ExpectedOutcome {
        var expected = ExpectedOutcome()
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(separator: " ").map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            if first == "entity", words.count >= 4 {
                expected.entities[words[1...].joined(separator: " ")] = index + 1
            } else if words.count >= 2, Level.allCases.contains(where: { $0.name == words[1] }) {
                let outcome = ([words[1]] + words[2...].sorted()).joined(separator: " ")
                expected.accounts.append(Line(number: index + 1, pattern: first, outcome: outcome))
            } else {
                throw ExpectedOutcomeFault(file: file, line: index + 1)
            }
        }
        return expected
    }

    /// In order of the lines; what no line is about comes last, by name.
    func differences(from found: Scenario.Outcome) -> [Scenario.Difference] {
        var differences: [Scenario.Difference] = []
        var matched = Set<Int>()
        for (account, outcome) in found.accounts.sorted(by: { $0.key < $1.key }) {
            let line = accounts.first { $0.matches(account) }
            if let line { matched.insert(line.number) }
            guard line?.outcome != outcome else { continue }
            differences.append(
                .init(
                    line: line?.number, expected: line.map { "\(account) \($0.outcome)" },
                    found: "\(account) \(outcome)"))
        }
        for line in accounts where !matched.contains(line.number) {
            differences.append(.init(line: line.number, expected: "\(line.pattern) \(line.outcome)"))
        }
        for (entity, line) in entities where !found.entities.contains(entity) {
            differences.append(.init(line: line, expected: "entity \(entity)"))
        }
        for entity in found.entities.sorted() where entities[entity] == nil {
            differences.append(.init(found: "entity \(entity)"))
        }
        differences += found.rejected.map { .init(found: $0) }
        let inOrder = differences.enumerated().sorted {
            ($0.element.line ?? .max, $0.offset) < ($1.element.line ?? .max, $1.offset)
        }
        return inOrder.map(\.element)
    }
}

/// A line of `expected.txt` that cannot be read.
struct ExpectedOutcomeFault: Error, CustomStringConvertible {
    let file: String
    let line: Int

    var description: String {
        "\(file):\(line): a line is ACCOUNT LEVEL RULE…, with a level of "
            + Level.allCases.map(\.name).joined(separator: ", ") + ", or entity KIND KEY RULE"
    }
}
