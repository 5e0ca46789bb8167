package import RiskModel

/// Everything that an evaluation finds. Accounts without a label are in no figure but their own count.
package struct Report: Sendable {
    package let moment: Moment
    package private(set) var innocents = 0
    package private(set) var abuse = 0
    /// Accounts of the database without a label.
    package let unlabelled: Int
    /// Labelled accounts that the database does not have: they count as accounts without evidence.
    package let missing: Int
    /// Innocents with the flag `compromised`.
    package private(set) var innocentsCompromised = Proportion()
    /// `watch`, `review`, `ban`.
    package private(set) var levels = ByLevel<LevelFigures>.levels.map(LevelFigures.init)
    package let curve: PrecisionRecallCurve
    package let calibration: Calibration
    /// By name.
    package private(set) var kinds: [KindFigures]
    /// By name.
    package private(set) var classes: [ClassFigures]
    /// All victims together.
    package private(set) var victims = VictimFigures(kind: "all")
    /// By name of the kind.
    package private(set) var victimKinds: [VictimFigures]
    /// In the order given.
    package private(set) var rules: [RuleFigures]
    /// All campaigns at each level; empty where no events were read.
    package private(set) var detection: [DetectionTimes.Figures] = []
    /// Those of one kind, at each level.
    package private(set) var detectionByKind: [String: [DetectionTimes.Figures]] = [:]
    /// What each rule is worth; empty unless it was asked for.
    package var ablation: [Ablation] = []

    /// - Parameters:
    ///   - rules: The rules' ids.
    ///   - detection: The campaigns with their events counted; `nil` where the events are not at hand.
    package init(
        labels: [String: Label], results: Results, moment: Moment, rules: [String], detection: DetectionTimes? = nil
    ) {
        self.moment = moment
        missing = labels.keys.count { results.accounts[$0] == nil }
        unlabelled = results.accounts.count - (labels.count - missing)
        var ruleFigures = rules.map(RuleFigures.init)
        var kindsByName: [String: KindFigures] = [:]
        var classesByName: [String: ClassFigures] = [:]
        var victimsByKind: [String: VictimFigures] = [:]
        var cases: [(score: Double, isAbuse: Bool)] = []
        // In order, so that sums of decimals come out the same each time.
        for (account, label) in labels.sorted(by: { $0.key < $1.key }) {
            let result = results.result(of: account)
            for index in ruleFigures.indices { ruleFigures[index].add(label, result) }
            switch label {
            case .victim(let kind, _):
                victims.add(result)
                victimsByKind[kind, default: VictimFigures(kind: kind)].add(result)
                continue
            case .innocent(let name):
                innocents += 1
                innocentsCompromised.add(result.compromised)
                classesByName[name, default: ClassFigures(name: name)].add(level: result.level)
                cases.append((result.score, false))
            case .abuse(let kind, let campaign):
                abuse += 1
                kindsByName[kind, default: KindFigures(kind: kind)].add(campaign: campaign, level: result.level)
                cases.append((result.score, true))
            }
            let isAbuse = cases.last?.isAbuse ?? false
            for index in levels.indices { levels[index].add(isAbuse: isAbuse, level: result.level) }
        }
        self.rules = ruleFigures
        kinds = kindsByName.values.sorted { $0.kind < $1.kind }
        classes = classesByName.values.sorted { $0.name < $1.name }
        victimKinds = victimsByKind.values.sorted { $0.kind < $1.kind }
        curve = PrecisionRecallCurve(cases)
        calibration = Calibration(cases.map { Calibration.Case(probability: $0.score / 100, isAbuse: $0.isAbuse) })
        if let detection {
            self.detection = detection.figures()
            for kind in kinds { detectionByKind[kind.kind] = detection.figures(kind: kind.kind) }
        }
    }

    /// The figures of one level above `normal`.
    package subscript(level: Level) -> LevelFigures { levels[max(0, Int(level.rawValue) - 1)] }

    /// The rules that had a part in false positives at `review`, the most frequent first.
    package var falsePositiveRules: [RuleFigures] {
        rules.filter { $0.falsePositives > 0 }.sorted { ($1.falsePositives, $0.rule) < ($0.falsePositives, $1.rule) }
    }
}

/// What the figures become without one rule.
package struct Ablation: Sendable, Hashable {
    package let rule: String
    /// The figures without the rule less those with all rules, at `watch`, `review` and `ban`; `nil` where either side has
    /// none.
    package let precisionChange: ByLevel<Double?>
    package let recallChange: ByLevel<Double?>
    /// Innocents more (or fewer) at each level.
    package let falsePositiveChange: ByLevel<Int>
    /// Victims more (or fewer) with the flag `compromised`.
    package let compromisedChange: Int

    /// - Parameters:
    ///   - all: The report with all rules.
    ///   - without: The report of the same events and labels without `rule`.
    package init(rule: String, all: Report, without: Report) {
        func change(_ figure: (LevelFigures) -> Proportion) -> ByLevel<Double?> {
            ByLevel { level in
                guard let before = figure(all[level]).value, let after = figure(without[level]).value else {
                    return nil
                }
                return after - before
            }
        }
        self.rule = rule
        precisionChange = change(\.precision)
        recallChange = change(\.recall)
        falsePositiveChange = ByLevel { without[$0].falsePositives - all[$0].falsePositives }
        compromisedChange = without.victims.compromised.hits - all.victims.compromised.hits
    }
}
