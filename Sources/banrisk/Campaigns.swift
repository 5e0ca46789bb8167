internal import ArgumentParser
internal import RiskModel
internal import Store

/// `banrisk campaigns`: accounts that belong together, as incidents.
struct Campaigns: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows campaigns: accounts that strong entities tie together.",
        discussion: """
            Without a number it lists them, the latest first. With one it shows that campaign: its cause, what ties how many \
            members, its growth, its rules, its members. \(ToolError.discussion)
            """)

    @OptionGroup var database: DatabaseOptions
    @Argument(help: "The campaign's number; without it all are listed.") var id: Int?
    @OptionGroup var selection: CampaignOptions

    func run() throws {
        try ToolError.reporting {
            let reader = try database.open()
            guard let id else { return try selection.list(reader, json: database.json) }
            try CampaignView.show(id, memberLimit: selection.limit.count, reader, json: database.json)
        }
    }
}

/// Which campaigns are listed.
struct CampaignOptions: ParsableArguments {
    @Option(help: "With an event from this time on: 24h before the latest event, or RFC 3339.") var since:
        SinceArgument?
    @Flag(help: "Also campaigns that turned out to be part of another.") var all = false
    @Option(help: "At most this many rows; of one campaign, members.") var limit = RowLimit(100)

    func list(_ reader: StoreReader, json: Bool) throws {
        var filter = CampaignFilter()
        filter.since = try since?.time(watermark: reader.watermark())
        filter.includesMerged = all
        filter.limit = limit.count
        let columns: [Table.Column] = [
            .right("ID"), .left("LEVEL"), .right("MEMBERS"), .right("+24H"), .left("FIRST SEEN"), .left("LAST SEEN"),
            .left("CAUSE"), .left("ENTITY"),
        ]
        try Query.show(reader.campaigns(filter), json: json, \.json, columns) { table, row in
            let ties = row.entities > 1 ? " and \(row.entities - 1) more" : ""
            let merged = row.mergedInto.map { ", part of \($0)" } ?? ""
            table.add(
                [
                    String(row.id), row.level, String(row.members), "+\(row.recent)", row.firstSeen.wholeSeconds,
                    row.lastSeen.wholeSeconds, row.cause, "\(row.entityKind) \(row.entityKey)\(ties)\(merged)",
                ], level: row.level)
        }
    }
}

/// One campaign for people.
enum CampaignView {
    /// How many ties are shown.
    private static let tieLimit = 20

    /// - Throws: ``ToolError/notFound(_:)`` where there is none of this number.
    static func show(_ id: Int, memberLimit: Int, _ reader: StoreReader, json: Bool) throws {
        guard let report = try reader.campaignReport(id, memberLimit: memberLimit) else {
            throw ToolError.notFound("There is no campaign \(id).")
        }
        var output = Output()
        if json {
            try output.line(report.json.text)
        } else {
            for line in lines(report, Terminal()) { try output.line(line) }
        }
        try output.flush()
    }

    private static func lines(_ report: CampaignReport, _ terminal: Terminal) -> [String] {
        let campaign = report.campaign
        var lines = [
            "\(terminal.bold("campaign \(campaign.id)"))  \(terminal.level(campaign.level))  "
                + "\(campaign.members) accounts, \(campaign.recent) of them in the last 24 hours"
        ]
        lines.append(
            "cause \(campaign.cause), first seen \(campaign.firstSeen.wholeSeconds), last \(campaign.lastSeen.wholeSeconds), "
                + "a campaign since \(campaign.born.wholeSeconds)")
        if let target = campaign.mergedInto {
            lines.append("part of campaign \(target), where its members are now (banrisk campaigns \(target))")
        }
        if !report.merged.isEmpty {
            lines.append("merged into it: " + report.merged.map(String.init).joined(separator: ", "))
        }
        let levels = Level.allCases.reversed().compactMap { level in
            report.levels[level.name].map { "\($0) at \(level.name)" }
        }
        if !levels.isEmpty { lines.append("now " + levels.joined(separator: ", ")) }
        lines += section("What ties them", report.ties.prefix(tieLimit), terminal) {
            "\($0.entityKind) \(Terminal.printable($0.entityKey))  \($0.members) by \($0.rule)"
        }
        if report.ties.count > tieLimit { lines.append("  and \(report.ties.count - tieLimit) more") }
        lines += section("Growth", report.growth, terminal) { "\($0.day)  +\($0.joined)  \($0.total) in all" }
        lines += section("Rules", report.rules, terminal) {
            "\($0.rule)  \($0.members) members, \($0.meanPoints.text(decimals: 2)) points on average"
        }
        guard !report.members.isEmpty else { return lines }
        var table = Table(
            [.right("SCORE"), .left("LEVEL"), .left("JOINED"), .left("ACCOUNT"), .left("TIED BY")], terminal: terminal)
        for member in report.members {
            let verdict = member.verdict.map { " (\($0))" } ?? (member.compromised ? " (compromised)" : "")
            table.add(
                [
                    member.score.text(decimals: 2), member.level, member.joined.wholeSeconds, member.account + verdict,
                    "\(member.entityKind) \(member.entityKey)",
                ], level: member.level)
        }
        lines += ["", terminal.bold("Members")] + table.lines
        let rest = report.levels.values.reduce(0, +) - report.members.count
        if rest > 0 { lines.append("and \(rest) more (--limit)") }
        return lines
    }

    private static func section<Row>(
        _ title: String, _ rows: some Collection<Row>, _ terminal: Terminal, _ text: (Row) -> String
    ) -> [String] {
        rows.isEmpty ? [] : ["", terminal.bold(title)] + rows.map { "  " + text($0) }
    }
}
