package import RiskModel

/// The levels that an account can rise to, and what is counted at each.
package struct ByLevel<Value: Sendable & Hashable>: Sendable, Hashable {
    package static var levels: [Level] { [.watch, .review, .ban] }

    private var values: [Value]

    package init(_ make: (Level) -> Value) { values = Self.levels.map(make) }

    /// - Precondition: the level is not `normal`.
    package subscript(level: Level) -> Value {
        get { values[Int(level.rawValue) - 1] }
        set { values[Int(level.rawValue) - 1] = newValue }
    }
}

/// One kind of abuse.
package struct KindFigures: Sendable, Hashable {
    package let kind: String
    package private(set) var recall = ByLevel { _ in Proportion() }
    /// The highest level in each campaign; accounts without a campaign are in none.
    private var best: [String: Level] = [:]

    init(kind: String) { self.kind = kind }

    package var accounts: Int { recall[.watch].count }
    package var campaigns: Int { best.count }

    mutating func add(campaign: String?, level reached: Level) {
        for level in ByLevel<Proportion>.levels { recall[level].add(reached >= level) }
        guard let campaign else { return }
        best[campaign] = max(best[campaign] ?? .normal, reached)
    }

    /// Campaigns with at least one member at the level.
    package func campaignsFound(at level: Level) -> Proportion {
        Proportion(best.values.count { $0 >= level }, of: best.count)
    }
}

/// One class of innocents.
package struct ClassFigures: Sendable, Hashable {
    package let name: String
    /// The innocents that reached each level.
    package private(set) var falsePositives = ByLevel { _ in Proportion() }

    init(name: String) { self.name = name }

    package var accounts: Int { falsePositives[.watch].count }

    mutating func add(level reached: Level) {
        for level in ByLevel<Proportion>.levels { falsePositives[level].add(reached >= level) }
    }
}

/// Victims of takeover, of one kind or of all.
package struct VictimFigures: Sendable, Hashable {
    package let kind: String
    /// Those with the flag `compromised`: as many as possible.
    package private(set) var compromised = Proportion()
    /// Those that reached each level: at `ban`, none.
    package private(set) var reached = ByLevel { _ in Proportion() }

    init(kind: String) { self.kind = kind }

    package var accounts: Int { compromised.count }

    mutating func add(_ result: AccountResult) {
        compromised.add(result.compromised)
        for level in ByLevel<Proportion>.levels { reached[level].add(result.level >= level) }
    }
}

/// One rule by itself: what it would do if every account that it spoke of were taken for abuse.
package struct RuleFigures: Sendable, Hashable {
    package let rule: String
    /// Accounts in whose score the rule had a part.
    package private(set) var abuse = Proportion()
    package private(set) var innocents = Proportion()
    package private(set) var victims = Proportion()
    /// Innocents at `review` or above in whose score the rule had a part.
    package private(set) var falsePositives = 0
    private var falsePositivePoints = 0.0

    init(rule: String) { self.rule = rule }

    /// The share of abuse among the abuse and innocents that the rule spoke of.
    package var precision: Proportion { Proportion(abuse.hits, of: abuse.hits + innocents.hits) }
    /// What the rule was worth to an innocent at `review` or above, on average; `nil` of none.
    package var meanFalsePositivePoints: Double? {
        falsePositives == 0 ? nil : falsePositivePoints / Double(falsePositives)
    }

    mutating func add(_ label: Label, _ result: AccountResult) {
        let part = result.parts[rule].flatMap { $0.strength > 0 ? $0 : nil }
        switch label {
        case .abuse: abuse.add(part != nil)
        case .victim: victims.add(part != nil)
        case .innocent:
            innocents.add(part != nil)
            guard let part, part.points > 0, result.level >= .review else { return }
            falsePositives += 1
            falsePositivePoints += part.points
        }
    }
}
