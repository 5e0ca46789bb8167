internal import Assembly
internal import HTTPTypes
internal import RiskModel
internal import Store

extension Endpoints {
    private static let filters: [Parameter] = [
        .level, .account, .rule, .query("campaign", .integer(1...Int(Int32.max)), "Only of this campaign."),
    ]

    static let alerts = [
        Route(
            methods: [.get], path: "/v1/alerts", name: "listAlerts",
            summary: "Alerts. `after` is the id of an alert, so a client that keeps the last one goes on where it was.",
            roles: readers, action: "alerts.list",
            parameters: filters + [
                .since,
                .query("order", .choice(["newest", "oldest"]), "Which come first.", standard: "newest"),
                .query("after", .integer(0...Int.max), "Only alerts behind this one, in the order of the list."),
                .limit,
            ], schema: "AlertList"
        ) { call in
            var filter = alertFilter(call)
            filter.newestFirst = call["order"] != "oldest"
            if filter.newestFirst {
                filter.beforeID = call.integer("after")
            } else {
                filter.afterID = call.integer("after") ?? 0
                try await check(filter.afterID, call)
            }
            filter.limit = call.limit + 1
            let since = call.since
            let rows = try await call.read { [filter] reader in
                var filter = filter
                if let since { filter.since = since.time(watermark: try reader.watermark()) }
                return try reader.alerts(filter)
            }
            return call.page("alerts", rows, \.json) { String($0.id) }
        },
        Route(
            methods: [.get], path: "/v1/alerts/stream", name: "followAlerts",
            summary:
                "Alerts as they are written, as server-sent events. Begins with the next one, or behind Last-Event-ID.",
            roles: readers, action: "alerts.follow",
            parameters: filters + [.query("after", .integer(0...Int.max), "As Last-Event-ID, which outranks it.")],
            answerType: AlertStream.type, problems: [.tooManyRequests]
        ) { call in
            var filter = alertFilter(call)
            filter.newestFirst = false
            let last = call.headers[.lastEventID]
            if let last, Parameter.integer(last).map({ $0 >= 0 }) != true {
                throw Problem(.invalidParameter, "Last-Event-ID must be the id of an alert.")
            }
            if let after = last.flatMap(Parameter.integer) ?? call.integer("after") {
                try await check(after, call)
                filter.afterID = after
            } else {
                filter.afterID = try await newest(call)
            }
            guard let place = call.house.streams.take(for: call.caller) else {
                throw Problem(
                    .tooManyRequests, "There are too many streams; close one.", headers: [.retryAfter: "5"])
            }
            return AlertStream(house: call.house, filter: filter, place: place).answer
        },
    ]

    private static func alertFilter(_ call: Call) -> AlertFilter {
        var filter = AlertFilter()
        filter.minimumLevel = call.level
        filter.account = call["account"]
        filter.rule = call["rule"]
        filter.campaign = call.integer("campaign")
        return filter
    }

    /// Refuses a place ahead of all alerts: it is from another database, and who waits behind it would miss what comes until
    /// the numbers are as high. While the state is rebuilt the database may have to catch up, and he waits.
    private static func check(_ after: Int, _ call: Call) async throws {
        guard call.house.services.status().phase == .running else { return }
        let newest = try await newest(call)
        guard after > newest else { return }
        throw Problem(
            .invalidParameter,
            "The newest alert is \(newest): the one to go on behind is from another database. Begin with after=0.")
    }

    /// The newest alert's id; 0 where there is none.
    private static func newest(_ call: Call) async throws -> Int {
        try await call.read { reader in
            var filter = AlertFilter()
            filter.limit = 1
            return try reader.alerts(filter).first?.id ?? 0
        }
    }
}

extension HTTPField.Name {
    /// How a client of server-sent events says where it was (HTML, §9.2).
    static let lastEventID = Self("Last-Event-ID") ?? .range
}
