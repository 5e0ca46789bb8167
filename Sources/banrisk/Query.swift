internal import ArgumentParser
internal import RiskModel
internal import Settings
internal import Store

/// `banrisk query`: rows of the database by filter.
struct Query: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows accounts, alerts, entities, campaigns, verdicts or configurations.",
        discussion: ToolError.discussion,
        subcommands: [
            Accounts.self, Alerts.self, Entities.self, CampaignList.self, Verdicts.self, Configurations.self,
        ])

    struct Accounts: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Accounts with score, level and strongest rule.")

        @OptionGroup var database: DatabaseOptions
        @Option(help: "This level and above.") var level: Level?
        @Option(help: "The account of this name.") var account: String?
        @Option(help: "Accounts with points of this rule.") var rule: String?
        @Flag(help: "Only accounts whose level would be another if the rules in shadow counted.") var shadow = false
        @Option(
            help: ArgumentHelp(
                "With --shadow: the configuration whose levels count. Default: the embedded one.", valueName: "file"))
        var config: String?
        @Option(help: "What comes first.") var sort = AccountFilter.Order.score
        @Option(help: "At most this many rows.") var limit = RowLimit(100)

        func validate() throws {
            if config != nil, !shadow { throw ValidationError("--config is for --shadow.") }
        }

        func run() throws {
            try ToolError.reporting {
                var filter = AccountFilter()
                filter.minimumLevel = level ?? .normal
                filter.account = account
                filter.rule = rule
                filter.order = sort
                filter.limit = limit.count
                if shadow { return try showShadow(filter) }
                let rows = try database.open().accounts(filter)
                let columns: [Table.Column] = [
                    .right("SCORE"), .left("LEVEL"), .left("ACCOUNT"), .left("FLAGS"), .left("SCORED AT"),
                    .left("STRONGEST RULE"),
                ]
                try Query.show(rows, json: database.json, \.json, columns) { table, row in
                    let top = row.topRule.map { "\($0): \(row.topExplanation ?? "")" } ?? ""
                    table.add(
                        [
                            row.score.text(decimals: 2), row.level, row.account, row.flags.joined(separator: ","),
                            row.scoredAt?.wholeSeconds ?? "", top,
                        ], level: row.level)
                }
            }
        }

        private func showShadow(_ filter: AccountFilter) throws {
            let policy = try ConfigurationOptions.load(path: config).ruleSet.policy
            var every = filter
            every.limit = .max
            let rows = try database.open().accounts(every).compactMap { row in
                row.shadowLevel(by: policy).map { (row: row, level: $0.name) }
            }
            let columns: [Table.Column] = [
                .right("SCORE"), .left("LEVEL"), .right("SHADOW"), .left("LEVEL"), .left("ACCOUNT"),
            ]
            func object(_ found: (row: AccountRow, level: String)) -> JSONObject {
                var object = found.row.json
                object.add("shadow_level", found.level)
                return object
            }
            try Query.show(Array(rows.prefix(limit.count)), json: database.json, object, columns) { table, found in
                table.add(
                    [
                        found.row.score.text(decimals: 2), found.row.level,
                        found.row.shadowScore?.text(decimals: 2) ?? "", found.level, found.row.account,
                    ], level: found.level)
            }
        }
    }

    struct Alerts: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Alerts, the newest first.")

        @OptionGroup var database: DatabaseOptions
        @Option(help: "This level and above.") var level: Level?
        @Option(help: "Alerts of this account.") var account: String?
        @Option(help: "Alerts that this rule is part of.") var rule: String?
        @Option(help: "Alerts of the campaign of this number.") var campaign: Int?
        @Option(help: "From this event time on: 1h before the latest event, or RFC 3339.") var since: SinceArgument?
        @Option(help: "At most this many rows.") var limit = RowLimit(100)

        func run() throws {
            try ToolError.reporting {
                let reader = try database.open()
                var filter = AlertFilter()
                filter.minimumLevel = level ?? .normal
                filter.account = account
                filter.rule = rule
                filter.campaign = campaign
                filter.since = try since?.time(watermark: reader.watermark())
                filter.limit = limit.count
                let columns: [Table.Column] = [
                    .right("ID"), .left("EVENT TIME"), .left("LEVEL"), .right("SCORE"), .right("CONF"),
                    .left("ACCOUNT"), .left("REASON"),
                ]
                try Query.show(reader.alerts(filter), json: database.json, \.json, columns) { table, row in
                    table.add(
                        [
                            String(row.id), row.eventTime.wholeSeconds, row.level, row.score.text(decimals: 2),
                            row.configuration.map(String.init) ?? "",
                            row.campaign.map { "campaign \($0)" } ?? row.account, row.reason,
                        ], level: row.level)
                }
            }
        }
    }

    struct Entities: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What accounts share: addresses, devices, cards, by rule.")

        @OptionGroup var database: DatabaseOptions
        @Option(help: "Entities of this kind.") var kind: EntityKind?
        @Option(help: "The entity of this name.") var key: String?
        @Option(help: "Entities that this rule spoke of.") var rule: String?
        @Option(help: "What comes first.") var sort = EntityFilter.Order.strength
        @Option(help: "At most this many rows.") var limit = RowLimit(100)

        func run() throws {
            try ToolError.reporting {
                var filter = EntityFilter()
                filter.kind = kind
                filter.key = key
                filter.rule = rule
                filter.order = sort
                filter.limit = limit.count
                let rows = try database.open().entities(filter)
                let columns: [Table.Column] = [
                    .left("KIND"), .left("KEY"), .left("RULE"), .right("STRENGTH"), .right("COUNT"), .left("UPDATED"),
                ]
                try Query.show(rows, json: database.json, \.json, columns) { table, row in
                    table.add([
                        row.kind, row.key, row.rule, row.strength.text(decimals: 2), String(row.count),
                        row.updated.wholeSeconds,
                    ])
                }
            }
        }
    }

    struct CampaignList: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "campaigns", abstract: "Campaigns, the latest first.",
            discussion: "banrisk campaigns shows one of them as a whole.")

        @OptionGroup var database: DatabaseOptions
        @OptionGroup var selection: CampaignOptions

        func run() throws {
            try ToolError.reporting { try selection.list(database.open(), json: database.json) }
        }
    }

    struct Verdicts: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Verdicts of analysts, the newest first.")

        @OptionGroup var database: DatabaseOptions
        @Option(help: "Verdicts on this account.") var account: String?
        @Flag(help: "Only verdicts that hold.") var inForce = false
        @Option(help: "At most this many rows.") var limit = RowLimit(100)

        func run() throws {
            try ToolError.reporting {
                var filter = VerdictFilter()
                filter.account = account
                filter.inForce = inForce
                filter.limit = limit.count
                try VerdictHistory.show(database.open().verdicts(filter), json: database.json)
            }
        }
    }

    struct Configurations: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Which rules, database builds and lists were in force, the newest first.",
            discussion: "An alert names the one it was made under: CONF of query alerts.")

        @OptionGroup var database: DatabaseOptions

        func run() throws {
            try ToolError.reporting {
                let columns: [Table.Column] = [
                    .right("ID"), .right("FIRST SEQ"), .left("RULES"), .left("DATABASES"), .left("LISTS"),
                ]
                let rows = try database.open().configurations()
                try Query.show(rows, json: database.json, \.json, columns) { table, row in
                    table.add([String(row.id), String(row.firstSeq), row.rules, row.databases, row.lists])
                }
            }
        }
    }

    /// Prints rows as a table, or as JSON lines.
    ///
    /// - Parameter title: Stands above the table.
    /// - Throws: ``ToolError/notFound(_:)`` where there are none.
    static func show<Row>(
        _ rows: [Row], json: Bool, _ object: (Row) -> JSONObject, _ columns: [Table.Column], title: String? = nil,
        _ add: (inout Table, Row) -> Void
    ) throws {
        guard !rows.isEmpty else { throw ToolError.notFound("Nothing matches.") }
        var output = Output()
        if json {
            for row in rows { try output.line(object(row).text) }
        } else {
            var table = Table(columns, terminal: Terminal())
            for row in rows { add(&table, row) }
            if let title { try output.line(Terminal.printable(title)) }
            for line in table.lines { try output.line(line) }
        }
        try output.flush()
    }
}

extension AccountRow {
    /// What stands beside score and level, in words.
    fileprivate var flags: [String] {
        [verdict, compromised && verdict != "compromised" ? "compromised" : nil, campaign.map { "campaign \($0)" }]
            .compactMap(\.self)
    }
}
