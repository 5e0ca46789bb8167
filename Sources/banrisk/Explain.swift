internal import ArgumentParser
internal import RiskModel
internal import Store

/// `banrisk explain`: an account's score, rule by rule.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what an account's score is made of.",
        discussion: "The points add up to the score. " + ToolError.discussion)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The account's name.") var account: String

    func run() throws {
        try ToolError.reporting {
            guard let (row, parts) = try database.open().explanation(of: account) else {
                throw ToolError.notFound("There is no account of this name.")
            }
            var output = Output()
            if database.json {
                var object = row.json
                object.add("contributions", parts.map(\.json))
                try output.line(object.text)
            } else {
                for line in Self.lines(row, parts, Terminal()) { try output.line(line) }
            }
            try output.flush()
        }
    }

    private static func lines(_ row: AccountRow, _ parts: [ContributionRow], _ terminal: Terminal) -> [String] {
        var lines = [
            "\(terminal.bold(Terminal.printable(row.account)))  score \(row.score.text(decimals: 2))  "
                + terminal.level(row.level) + (row.compromised ? "  compromised" : "")
        ]
        lines.append(
            "first seen \(row.firstSeen?.wholeSeconds ?? "never"), score of \(row.scoredAt?.wholeSeconds ?? "never")")
        lines.append("")
        guard !parts.isEmpty else { return lines + ["No rule has anything against this account."] }
        var total = 0.0
        for part in parts {
            total += part.points
            let points = part.points.text(decimals: 2)
            lines.append(String(repeating: " ", count: max(0, 8 - points.count)) + points + "  " + part.rule)
            lines.append("          " + Terminal.printable(part.explanation))
            if let since = part.since, let updated = part.updated, let strength = part.strength {
                lines.append(
                    terminal.dim(
                        "          \(part.family), strength \(strength.text(decimals: 2)), since \(since.wholeSeconds), "
                            + "last \(updated.wholeSeconds)"))
            }
        }
        let sum = total.text(decimals: 2)
        lines.append(String(repeating: " ", count: max(0, 8 - sum.count)) + sum + "  " + terminal.bold("total"))
        let capped = cappedFamilies(parts)
        if !capped.isEmpty { lines.append("") }
        for (family, cap) in capped {
            lines.append("The family \(family) is at its cap: more of it would add nothing (\(cap) in log-odds).")
        }
        return lines
    }

    /// The families whose evidence fills their cap, in order of points.
    private static func cappedFamilies(_ parts: [ContributionRow]) -> [(family: String, cap: Double)] {
        var values: [String: Double] = [:]
        for part in parts { values[part.family, default: 0] += part.evidenceValue }
        var seen: Set<String> = []
        return parts.compactMap { part in
            guard let cap = part.familyCap, seen.insert(part.family).inserted,
                values[part.family, default: 0] >= cap - 1e-9
            else { return nil }
            return (part.family, cap)
        }
    }
}
