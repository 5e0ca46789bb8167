internal import HTTPTypes
internal import RiskModel
internal import Store

extension Endpoints {
    private static let name = Parameter.path(
        "account", .text(maximumBytes: 512), "The account's name, percent-encoded.")

    static let accounts = [
        Route(
            methods: [.get], path: "/v1/accounts", name: "listAccounts",
            summary: "Accounts with score, level and strongest rule.", roles: readers, action: "accounts.list",
            parameters: [
                .level, .rule,
                .query("minimum_score", .number(0...100), "This score and above."),
                .query(
                    "order", .choice(AccountFilter.Order.allCases.map(\.rawValue)), "What comes first.",
                    standard: "score"),
                .limit, .after,
            ], schema: "AccountList"
        ) { call in
            var filter = AccountFilter()
            filter.minimumLevel = call.level
            filter.minimumScore = call["minimum_score"].flatMap(Parameter.number)
            filter.rule = call["rule"]
            filter.order = call.choice("order", .score)
            filter.after = try call.cursor(AccountCursor.self)
            filter.limit = call.limit + 1
            let rows = try await call.read { [filter] in try $0.accounts(filter) }
            return call.page("accounts", rows, \.json) { PageCursor.encode(AccountCursor($0)) }
        },
        Route(
            methods: [.get], path: "/v1/accounts/{account}", name: "getAccount", summary: "One account.",
            roles: readers,
            action: "account.read", parameters: [name], schema: "Account", problems: [.notFound]
        ) { call in
            let account = call["account"] ?? ""
            guard let row = try await call.read({ try $0.account(named: account) }) else {
                throw Problem.notFound("account of this name")
            }
            return Answer(json: row.json).tagged(for: call.head)
        },
        Route(
            methods: [.get], path: "/v1/accounts/{account}/explanation", name: "explainAccount",
            summary: "What an account's score is made of: contributions that add up to it, and the verdict in force.",
            roles: readers, action: "account.explain", parameters: [name], schema: "Explanation", problems: [.notFound]
        ) { call in
            let account = call["account"] ?? ""
            let found = try await call.read { reader -> JSONObject? in
                guard let (row, parts) = try reader.explanation(of: account) else { return nil }
                var filter = VerdictFilter()
                filter.account = account
                filter.limit = 1
                var object = row.json
                object.add("contributions", parts.map(\.json))
                object.add("verdict_in_force", json: try reader.verdicts(filter).first { $0.isInForce }?.json.text)
                return object
            }
            guard let found else { throw Problem.notFound("account of this name") }
            return Answer(json: found).tagged(for: call.head)
        },
        Route(
            methods: [.get], path: "/v1/accounts/{account}/appeal", name: "prepareAppeal",
            summary:
                "What a person needs to answer an appeal: the facts, a text for whoever decides, and the draft of a reply.",
            roles: readers, action: "account.appeal", parameters: [name], schema: "AppealAnswer", problems: [.notFound]
        ) { call in
            let account = call["account"] ?? ""
            guard let appeal = try await call.read({ try $0.appeal(of: account) }) else {
                throw Problem.notFound("account of this name")
            }
            let text = AppealText(appeal)
            var object = JSONObject()
            object.add("appeal", json: appeal.json)
            object.add("for_you", text.forYou.joined(separator: "\n"))
            object.add("for_the_reply", text.forTheReply.joined(separator: "\n"))
            return Answer(json: object)
        },
    ]
}
