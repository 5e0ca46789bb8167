internal import HTTPTypes
internal import RiskModel
internal import Store

extension Endpoints {
    static let incidents = [
        Route(
            methods: [.get], path: "/v1/entities", name: "listEntities",
            summary: "What accounts share: addresses, devices, cards, by rule.", roles: readers,
            action: "entities.list",
            parameters: [
                .query("kind", .choice(EntityKind.allCases.map(\.name)), "Entities of this kind."),
                .query("key", .text(maximumBytes: 1_024), "The entity of this name."), .rule,
                .query(
                    "order", .choice(EntityFilter.Order.allCases.map(\.rawValue)), "What comes first.",
                    standard: "strength"),
                .limit, .after,
            ], schema: "EntityList"
        ) { call in
            var filter = EntityFilter()
            filter.kind = EntityKind.allCases.first { $0.name == call["kind"] }
            filter.key = call["key"]
            filter.rule = call["rule"]
            filter.order = call.choice("order", .strength)
            filter.after = try call.cursor(EntityCursor.self)
            filter.limit = call.limit + 1
            let rows = try await call.read { [filter] in try $0.entities(filter) }
            return call.page("entities", rows, \.json) { PageCursor.encode(EntityCursor($0)) }
        },
        Route(
            methods: [.get], path: "/v1/campaigns", name: "listCampaigns",
            summary: "Campaigns: accounts that strong entities tie together; the latest first.", roles: readers,
            action: "campaigns.list",
            parameters: [
                .since, .query("merged", .flag, "Also campaigns that turned out to be part of another."), .limit,
                .after,
            ], schema: "CampaignList"
        ) { call in
            var filter = CampaignFilter()
            filter.includesMerged = call.flag("merged")
            filter.after = try call.cursor(CampaignCursor.self)
            filter.limit = call.limit + 1
            let since = call.since
            let rows = try await call.read { [filter] reader in
                var filter = filter
                if let since { filter.since = since.time(watermark: try reader.watermark()) }
                return try reader.campaigns(filter)
            }
            return call.page("campaigns", rows, \.json) { PageCursor.encode(CampaignCursor($0)) }
        },
        Route(
            methods: [.get], path: "/v1/campaigns/{id}", name: "getCampaign",
            summary:
                "One campaign: what ties how many members, its growth, its rules, its members of the highest score.",
            roles: readers, action: "campaign.read",
            parameters: [.path("id", .integer(1...Int(Int32.max)), "The campaign's number."), .limit],
            schema: "CampaignReport", problems: [.notFound]
        ) { call in
            let id = call.integer("id") ?? 0
            let limit = call.limit
            guard let report = try await call.read({ try $0.campaignReport(id, memberLimit: limit) }) else {
                throw Problem.notFound("campaign of this number")
            }
            return Answer(json: report.json)
        },
    ]
}
