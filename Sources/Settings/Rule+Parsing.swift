import RiskModel

extension Rule {
    static let longestWindow = Interval(seconds: 400 * 86_400)
    /// The detection tells no more members of a key apart, so a higher count is never seen.
    private static let maximumMembers = 4096.0

    private enum KindName: String, CaseIterable {
        case distinct, rate, travel, match
    }

    /// A rule, where its id stands, and whether it is in force. There is no rule where a noted fault leaves a gap in it.
    static func read(_ section: Section) -> (id: Cursor?, rule: Rule?, isEnabled: Bool) {
        section.scope = " in a rule"
        let idCursor = section.required("id", "a name that tables and alerts will show")
        let id = idCursor?.identifier()
        let heuristic = section.required("heuristic", "the row of the ban report that the rule serves, or custom")?
            .choice(Heuristic.allCases.map { ($0.rawValue, $0) })
        let family = section.required("family", "the source of evidence, such as network")?
            .choice(Family.allCases.map { ($0.name, $0) })
        let kindName = section.required("kind", "one of distinct, rate, travel, match")?
            .choice(KindName.allCases.map { ($0.rawValue, $0) })
        let reason = section.required("reason", "one line that says why the rule exists")?.text(limit: 200)
        let condition = section["where"].map { $0.section(Condition.read) } ?? Condition()
        let weight = section.required("weight", "log-odds from 0 to 10")?.number(in: 0...10)
        let halfLife = section.required("half_life", "a duration such as 30d")?
            .interval(in: Interval(seconds: 60)...Interval(seconds: 3650 * 86_400))
        let enabled = section["enabled"].map { $0.flag() } ?? true

        guard let kindName else {
            section.acceptAnything()
            return (idCursor, nil, false)
        }
        section.scope = " in a rule of kind \(kindName.rawValue)"
        let common = Common(section, maximumCount: kindName == .rate ? 1_000_000 : maximumMembers)
        let blame = kindName == .distinct || kindName == .rate ? readBlame(section) : .accounts
        let kind: RuleKind? =
            switch kindName {
            case .distinct: DistinctParameters.read(section, common).map(RuleKind.distinct)
            case .rate: RateParameters.read(section, common).map(RuleKind.rate)
            case .travel: TravelParameters.read(section, common).map(RuleKind.travel)
            case .match: MatchParameters.read(section, common).map(RuleKind.match)
            }
        guard let id, let heuristic, let family, let reason, let condition, let weight, let halfLife, let enabled,
            let kind, let blame
        else { return (idCursor, nil, false) }
        let rule = Rule(
            id: id, heuristic: heuristic.rawValue, family: family, kind: kind, condition: condition, blame: blame,
            weight: weight, halfLife: halfLife, reason: reason)
        return (idCursor, rule, enabled)
    }

    private static func readBlame(_ section: Section) -> Blame? {
        guard let cursor = section["blame"] else { return .accounts }
        let blame = cursor.choice(Blame.allCases.map { ($0.name, $0) })
        if blame == .entity, section["key"]?.scalar == Field.account.name {
            cursor.note("\"blame\" cannot be \"entity\" where the key is the account; leave it out")
        }
        return blame
    }
}

/// What every kind has.
private struct Common {
    let window: Interval?
    let ramp: Ramp?

    init(_ section: Section, maximumCount: Double) {
        window = section.required("window", "a duration such as 24h")?
            .interval(in: Interval(seconds: 1)...Rule.longestWindow)
        let allow = section.required("allow", "the count up to which the rule is silent")?.number(in: 0...maximumCount)
        let saturateCursor = section.required("saturate", "the count from which the strength is 1")
        let saturate = saturateCursor?.number(in: 0...maximumCount)
        guard let allow, let saturate else {
            ramp = nil
            return
        }
        ramp = Ramp(allow: allow, saturate: saturate)
        if allow >= saturate {
            saturateCursor?.note("\"saturate\" must be more than \"allow\", \(allow.short), not \(saturate.short)")
        }
    }
}

extension Condition {
    /// `type` and `outcome`, each one word or a list; what is absent does not matter to the rule.
    fileprivate static func read(_ section: Section) -> Condition {
        Condition(
            types: section["type"]?.choices(EventType.allCases.map { ($0.name, $0) }) ?? [],
            outcomes: section["outcome"]?.choices(Outcome.allCases.map { ($0.name, $0) }) ?? [])
    }
}

extension Field {
    private static let choices = allCases.map { ($0.name, $0) }

    fileprivate static func readKey(_ section: Section) -> Field? {
        guard let cursor = section.required("key", "what the rule counts by, such as ip"),
            let field = cursor.choice(choices)
        else { return nil }
        if !field.canBeKey {
            let keys = allCases.filter(\.canBeKey).map(\.name).joined(separator: ", ")
            cursor.note("\"key\" cannot be \"\(field.name)\", which accounts do not share; one of \(keys)")
        }
        return field
    }

    fileprivate static func readMember(_ section: Section, key: Field?) -> Field? {
        guard let cursor = section.required("member", "what is counted, such as account"),
            let field = cursor.choice(choices)
        else { return nil }
        if field == key {
            cursor.note("\"member\" must differ from \"key\": a key has only itself as its \(field.name)")
        }
        return field
    }
}

extension DistinctParameters {
    fileprivate static func read(_ section: Section, _ common: Common) -> DistinctParameters? {
        let key = Field.readKey(section)
        let member = Field.readMember(section, key: key)
        let weightCursor = section["established_weight"]
        let weight = weightCursor?.number(in: 0...1)
        let newForCursor = section["new_for"]
        let newFor = newForCursor?.interval(in: Interval(seconds: 1)...Rule.longestWindow)
        if let member, member != .account {
            for cursor in [weightCursor, newForCursor] {
                guard let cursor else { continue }
                cursor.note("\(cursor.label) needs \"member: account\": only accounts are new; leave it out")
            }
        }
        guard let key, let member, let window = common.window, let ramp = common.ramp else { return nil }
        var parameters = DistinctParameters(key: key, member: member, window: window, ramp: ramp)
        if let weight { parameters.establishedWeight = weight }
        if let newFor { parameters.newFor = newFor }
        return parameters
    }
}

extension RateParameters {
    fileprivate static func read(_ section: Section, _ common: Common) -> RateParameters? {
        guard let key = Field.readKey(section), let window = common.window, let ramp = common.ramp else { return nil }
        return RateParameters(key: key, window: window, ramp: ramp)
    }
}

extension TravelParameters {
    fileprivate static func read(_ section: Section, _ common: Common) -> TravelParameters? {
        let speed = section.required("maximum_speed", "kilometres per hour, such as 1000")?.number(in: 10...100_000)
        let distance = section.required("minimum_distance", "kilometres, such as 500")?.number(in: 0...20_000)
        guard let speed, let distance, let window = common.window, let ramp = common.ramp else { return nil }
        return TravelParameters(maximumSpeed: speed, minimumDistance: distance, window: window, ramp: ramp)
    }
}

extension MatchParameters {
    fileprivate static func read(_ section: Section, _ common: Common) -> MatchParameters? {
        let test = readTest(section)
        let gapCursor = section.required("gap", "within which matches are one attempt, such as 10m")
        let gap = gapCursor?.interval(in: .zero...Rule.longestWindow)
        guard let test, let gap, let window = common.window, let ramp = common.ramp else { return nil }
        if gap >= window { gapCursor?.note("\"gap\" must be shorter than \"window\", \(window)") }
        return MatchParameters(test: test, window: window, gap: gap, ramp: ramp)
    }

    private static func readTest(_ section: Section) -> Test? {
        switch (section["list"], section["flags"]) {
        case (let list?, nil):
            return list.identifier().map(Test.list)
        case (nil, let flags?):
            let named = flags.choices(NetworkFlags.names.map { ($0.name, $0.flag) })
            return .flags(named.reduce(into: []) { $0.formUnion($1) })
        case (let list?, _?):
            list.note("a rule of kind match has either \"list\" or \"flags\", not both; make two rules of it")
            return nil
        case (nil, nil):
            section.note("a rule of kind match needs \"list\", the name of a list, or \"flags\", the address's flags")
            return nil
        }
    }
}
