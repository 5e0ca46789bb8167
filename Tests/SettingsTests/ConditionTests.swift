import RiskModel
import Settings
import Testing

@Suite struct ConditionTests {
    private func condition(_ text: String) throws -> Condition {
        try RuleKindTests.rule("kind: rate, key: ip, allow: 1, saturate: 9, where: {\(text)}").condition
    }

    private static let week = Interval(seconds: 604_800)

    @Test(arguments: [
        ("list: bins", Clause(.list("bins"))),
        ("flags: [vpn, tor]", Clause(.flags([.vpn, .tor]))),
        ("country: [AT, NO]", Clause(.country([CountryCode("AT"), CountryCode("NO")].compactMap(\.self)))),
        ("country: NO", Clause(.country([CountryCode("NO")].compactMap(\.self)))),
        ("account: new", Clause(.newAccount(week))),
        ("account: new, new_for: 1h", Clause(.newAccount(Interval(seconds: 3600)))),
        ("account: established", Clause(.newAccount(week), isNegated: true)),
        ("first: [device, network, country]", Clause(.first([.device, .network, .country]))),
        ("first: network", Clause(.first(.network))),
        ("has: card", Clause(.present(.card))),
        ("username: [admin, root]", Clause(.text(.username, ["admin", "root"]))),
        ("email_domain: example.com", Clause(.text(.emailDomain, ["example.com"]))),
        ("has: [card_country]", Clause(.present(.cardCountry))),
        ("card_bin: 411111", Clause(.text(.cardBin, ["411111"]))),
        ("user_agent: curl/8.5.0", Clause(.text(.userAgent, ["curl/8.5.0"]))),
        ("attributes.plan: free", Clause(.text(.attribute0, ["free"]))),
    ])
    func `each clause is read, and under "not" it is negated`(text: String, clause: Clause) throws {
        #expect(try condition(text) == Condition(clauses: [clause]))
        let negated = Clause(clause.test, isNegated: !clause.isNegated)
        #expect(try condition("not: {\(text)}") == Condition(clauses: [negated]))
    }

    @Test func `clauses hold together, and so do those under "not"`() throws {
        let found = try condition(
            "type: login, flags: vpn, has: [device, card], not: {has: [phone, email], list: offices}")
        #expect(found.types == Condition(types: [.login]).types)
        #expect(
            Set(found.clauses) == [
                Clause(.flags(.vpn)), Clause(.present(.device)), Clause(.present(.card)),
                Clause(.present(.phone), isNegated: true), Clause(.present(.email), isNegated: true),
                Clause(.list("offices"), isNegated: true),
            ])
        #expect(found.clauses.count == 6)
    }

    @Test(arguments: EventType.reported)
    func `a type under "not" is left out, and the others stay`(type: EventType) throws {
        let found = try condition("not: {type: \(type.name)}")
        #expect(found.types == Condition(types: EventType.reported.filter { $0 != type }).types)
        #expect(found.outcomes == Condition().outcomes)
    }

    @Test func `an outcome under "not" is left out, and the others stay`() throws {
        let found = try condition("type: [login, payment], not: {outcome: failure, type: payment}")
        for outcome in Outcome.allCases {
            var event = Event()
            event.outcome = outcome
            event.type = .login
            #expect((found.kinds & event.kind != 0) == (outcome != .failure))
            event.type = .payment
            #expect(found.kinds & event.kind == 0)
        }
    }
}
