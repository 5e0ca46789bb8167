internal import ArgumentParser
internal import RiskModel
internal import Store

/// `banrisk explain`: an account's score, rule by rule, or a campaign.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what an account's score is made of, or a campaign.",
        discussion: """
            The points add up to the score. With campaign:12 it shows the campaign of that number, as campaigns 12 does; an account \
            that is called so is shown by --account. \(ToolError.discussion)
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The account's name, or campaign: and a number.") var subject: String
    @Flag(name: .customLong("account"), help: "The name is an account's, whatever it looks like.") var isAccount = false

    private var campaign: Int? {
        isAccount || !subject.hasPrefix("campaign:") ? nil : Int(subject.dropFirst("campaign:".count))
    }

    func run() throws {
        try ToolError.reporting {
            let reader = try database.open()
            if let campaign { return try CampaignView.show(campaign, memberLimit: 50, reader, json: database.json) }
            guard let (row, parts) = try reader.explanation(of: subject) else {
                throw ToolError.notFound("There is no account of this name.")
            }
            var filter = VerdictFilter()
            filter.account = subject
            filter.limit = 1
            let verdict = try reader.verdicts(filter).first { $0.isInForce }
            var output = Output()
            if database.json {
                var object = row.json
                object.add("contributions", parts.map(\.json))
                try output.line(object.text)
            } else {
                for line in Self.lines(row, parts, verdict, Terminal()) { try output.line(line) }
                if try reader.hiddenNetworks() {
                    try output.line(StoreReader.hiddenNetworksNote)
                }
            }
            try output.flush()
        }
    }

    private static func lines(
        _ row: AccountRow, _ parts: [ContributionRow], _ verdict: VerdictRow?, _ terminal: Terminal
    ) -> [String] {
        var lines = [
            "\(terminal.bold(Terminal.printable(row.account)))  score \(row.score.text(decimals: 2))  "
                + terminal.level(row.level) + (row.compromised ? "  compromised" : "")
        ]
        lines.append(
            "first seen \(row.firstSeen?.wholeSeconds ?? "never"), score of \(row.scoredAt?.wholeSeconds ?? "never")")
        lines += standing(row, verdict)
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

    /// What stands beside the score: peak, verdict, campaign, compromised, shadow.
    private static func standing(_ row: AccountRow, _ verdict: VerdictRow?) -> [String] {
        var lines: [String] = []
        if row.peakLevel != "normal", let score = row.peakScore, let time = row.peakAt {
            lines.append(
                "highest ever: \(row.peakLevel) since \(time.wholeSeconds), score \(score.text(decimals: 2)) then")
        }
        if let verdict {
            let end = verdict.until.map { "until \($0.wholeSeconds)" } ?? "without end"
            lines.append(
                Terminal.printable(
                    "verdict \(verdict.verdict) by \(verdict.by) on \(verdict.eventTime.wholeSeconds), \(end): \(verdict.why)"
                ))
        }
        if let campaign = row.campaign {
            lines.append("belongs to campaign \(campaign) (banrisk campaigns \(campaign))")
        }
        if row.compromised {
            lines.append(
                "compromised: looks like the victim of a takeover. It is never raised to ban for that; close its sessions, have "
                    + "the password changed, and tell the owner.")
        }
        if let shadow = row.shadowScore {
            lines.append("rules in shadow would make it \(shadow.text(decimals: 2)); they count nothing")
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
