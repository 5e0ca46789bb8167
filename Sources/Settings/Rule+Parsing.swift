import RiskModel

extension Rule {
    static let longestWindow = Interval(seconds: 400 * 86_400)
    /// An account is new for this long where nothing else is said.
    static let newFor = Interval(seconds: 7 * 86_400)

    /// A rule, where its id stands, and whether it is in force. There is no rule where a noted fault leaves a gap in it.
    static func read(_ section: Section, _ mentions: Mentions) -> (id: Cursor?, rule: Rule?, isEnabled: Bool) {
        section.scope = " in a rule"
        let enabled = section["enabled"].map { $0.flag() } ?? true
        // A rule that is not in force takes no slot of an attribute.
        let mentions = enabled == false ? Mentions() : mentions
        let idCursor = section.required("id", "a name that tables and alerts will show")
        let id = idCursor?.identifier()
        let heuristic = section.required("heuristic", "the row of the ban report that the rule serves, or custom")?
            .choice(Heuristic.allCases.map { ($0.rawValue, $0) })
        let family = section.required("family", "the source of evidence, such as network")?
            .choice(Family.allCases.map { ($0.name, $0) })
        let kindName = section.required("kind", "one of " + RuleKind.Name.words.joined(separator: ", "))?
            .choice(RuleKind.Name.allCases.map { ($0.rawValue, $0) })
        let reason = section.required("reason", "one line that says why the rule exists")?.text(limit: 200)
        let condition = section["where"].map { $0.section { Condition.read($0, mentions) } } ?? Condition()
        let weight = readWeight(section, kindName)
        let halfLife = section.required("half_life", "a duration such as 30d")?
            .interval(in: Interval(seconds: 60)...Interval(seconds: 3650 * 86_400))
        let isShadow = section["shadow"].map { $0.flag() } ?? false
        let basis = section["basis"].map { $0.choice(Basis.allCases.map { ($0.name, $0) }) }

        guard let kindName else {
            section.acceptAnything()
            return (idCursor, nil, false)
        }
        section.scope = " in a rule of kind \(kindName.rawValue)"
        let kind = RuleKind.read(kindName, ParameterReader(section, mentions))
        if let condition { noteBlindness(of: kindName, condition, section) }
        let blame = readBlame(section, kindName)
        let ties = readTies(section, kind, blame ?? .accounts)
        guard let id, let heuristic, let family, let reason, let condition, let weight, let halfLife, let enabled,
            let isShadow, let kind, let blame, let ties
        else { return (idCursor, nil, false) }
        let rule = Rule(
            id: id, heuristic: heuristic.rawValue, family: family, kind: kind, condition: condition, blame: blame,
            weight: weight, halfLife: halfLife, reason: reason, basis: basis ?? nil,
            isShadow: isShadow, tiesAccounts: ties)
        return (idCursor, rule, enabled)
    }

    private static func readWeight(_ section: Section, _ kind: RuleKind.Name?) -> Double? {
        if kind == .modifier {
            return section.required("weight", "the share by which it raises what there is, from 0 to 1")?
                .number(in: 0...1)
        }
        return section.required("weight", "log-odds from 0 to 10")?.number(in: 0...10)
    }

    /// A kind that needs certain events sees nothing where `where` keeps them out.
    private static func noteBlindness(of kind: RuleKind.Name, _ condition: Condition, _ section: Section) {
        let note = section["where"]?.note ?? section.note
        func admits(_ outcome: Outcome) -> Bool { condition.outcomes & 1 << outcome.rawValue != 0 }
        switch kind {
        case .likeness where condition.types & 1 << EventType.registration.rawValue == 0:
            note("\"where\" must admit registrations: they are what a rule of kind likeness compares")
        case .takeover where !admits(.failure) || !admits(.success) && !admits(.unknown):
            note("\"where\" must admit failures and successes: a takeover is one after the other")
        default: break
        }
    }

    private static func readBlame(_ section: Section, _ kind: RuleKind.Name) -> Blame? {
        switch kind {
        case .takeover: return .entity
        case .distinct, .rate: break
        default: return .accounts
        }
        guard let cursor = section["blame"] else { return .accounts }
        let blame = cursor.choice(Blame.allCases.map { ($0.name, $0) })
        if blame == .entity, section["key"]?.scalar == Field.account.name {
            cursor.note("\"blame\" cannot be \"entity\" where the key is the account; leave it out")
        }
        return blame
    }

    /// Whether an entity ties its accounts: where nothing is said, what one hand holds, and registrations that are alike.
    private static func readTies(_ section: Section, _ kind: RuleKind?, _ blame: Blame) -> Bool? {
        let cursor = section["ties"]
        guard let kind else { return cursor == nil ? false : cursor?.flag() }
        guard let cursor else {
            if case .likeness = kind { return true }
            return kind.key.isStrongTie && blame == .accounts
        }
        let ties = cursor.flag()
        if ties == true, blame == .entity || kind.key == .account && kind.name != "association" {
            let why = blame == .entity ? "where the accounts are victims" : "where the key is the account"
            cursor.note("\"ties\" cannot be true \(why); leave it out")
        }
        return ties
    }
}
