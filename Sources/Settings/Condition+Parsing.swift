import RiskModel

extension Condition {
    /// Which events a rule looks at: what is absent does not matter to the rule, and what is under `not` must not hold.
    static func read(_ section: Section, _ mentions: Mentions) -> Condition? {
        let (types, outcomes) = words(section)
        var condition = Condition(types: types, outcomes: outcomes, clauses: clauses(section, mentions))
        guard let notCursor = section["not"] else { return condition }
        _ = notCursor.section { section in
            let (types, outcomes) = words(section)
            for type in types { condition.types &= ~(1 << type.rawValue) }
            for outcome in outcomes { condition.outcomes &= ~(1 << outcome.rawValue) }
            condition.clauses += clauses(section, mentions).map { Clause($0.test, isNegated: !$0.isNegated) }
            return true
        }
        let isPossible = Outcome.allCases.contains { condition.outcomes & 1 << $0.rawValue != 0 }
        if condition.types == 0 || !isPossible {
            notCursor.note("\"not\" excludes every event that \"where\" admits; leave something of it out")
        }
        return condition
    }

    private static func words(_ section: Section) -> ([EventType], [Outcome]) {
        (
            section["type"]?.choices(EventType.reported.map { ($0.name, $0) }) ?? [],
            section["outcome"]?.choices(Outcome.allCases.map { ($0.name, $0) }) ?? []
        )
    }

    private static func clauses(_ section: Section, _ mentions: Mentions) -> [Clause] {
        var clauses: [Clause] = []
        if let list = section["list"], let name = list.listName(mentions) { clauses.append(Clause(.list(name))) }
        if let flags = section["flags"] { clauses.append(Clause(.flags(flags.flags()))) }
        if let country = section["country"] { clauses.append(Clause(.country(country.countries()))) }
        if let clause = account(section) { clauses.append(clause) }
        if let first = section["first"] {
            let sights = first.choices(Sights.names.map { ($0.name, $0.sight) })
            clauses.append(Clause(.first(sights.reduce(into: []) { $0.formUnion($1) })))
        }
        if let has = section["has"] { clauses += has.fields(mentions).map { Clause(.present($0)) } }
        for field in Field.named where field.hasNamedValues {
            if let cursor = section[field.name] { clauses.append(Clause(.text(field, field.values(cursor)))) }
        }
        for (name, cursor) in section.values(prefix: Field.attributePrefix) {
            guard let field = cursor.attribute(name, mentions) else { continue }
            clauses.append(Clause(.text(field, field.values(cursor))))
        }
        for field in [Field.ip, .prefix, .prefix48, .asn] {
            section.refuse(
                field.name, "\"where\" takes no \(field.plural); put them in a list, and name that: \"list\"")
        }
        section.refuse(Field.cardCountry.name, "\"where\" takes no card countries; \"country\" is the address's")
        return clauses
    }

    private enum Account { case new, established, captive, oneDevice, noOtherDevice }

    /// `account`: new or established, told apart by `new_for`; or what its life since the registration was like.
    private static func account(_ section: Section) -> Clause? {
        let newFor = section["new_for"]
        let span = newFor.map { $0.interval(in: Interval(seconds: 1)...Rule.longestWindow) } ?? Rule.newFor
        guard let account = section["account"] else {
            newFor?.note("\"new_for\" needs \"account: new\" or \"account: established\" beside it")
            return nil
        }
        let choice = account.choice([
            ("new", Account.new), ("established", .established), ("captive", .captive), ("one_device", .oneDevice),
            ("no_other_device", .noOtherDevice),
        ])
        guard let span, let choice else { return nil }
        switch choice {
        case .new: return Clause(.newAccount(span))
        case .established: return Clause(.newAccount(span), isNegated: true)
        case .captive: return Clause(.captive)
        case .oneDevice: return Clause(.oneDevice)
        case .noOtherDevice: return Clause(.noOtherDevice)
        }
    }
}

extension Cursor {
    /// The name of an operator list.
    func listName(_ mentions: Mentions) -> String? {
        let name = identifier()
        if let name { mentions.addList(name, at: position) }
        return name
    }

    /// The flags of a list, or the one that stands there without a list; at least one.
    func flags() -> NetworkFlags {
        choices(NetworkFlags.names.map { ($0.name, $0.flag) }).reduce(into: []) { $0.formUnion($1) }
    }
}
