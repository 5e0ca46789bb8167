import Evaluation
import RiskModel

/// The report as tables for people.
extension Report {
    func lines(_ terminal: Terminal) -> [String] {
        var lines = overview
        func add(_ title: String, _ table: [String]) { lines += ["", terminal.bold(title)] + table }
        add("Levels, with 95 % intervals", levelTable(terminal))
        add("Score as a probability", calibrationTable(terminal))
        if !kinds.isEmpty { add("Kinds of abuse", kindTable(terminal)) }
        if !classes.isEmpty { add("Classes of innocents", classTable(terminal)) }
        if victims.accounts > 0 { add("Victims of takeover", victimTable(terminal)) }
        if !detection.isEmpty { add("Detection of campaigns", detectionTable(terminal)) }
        if !falsePositiveRules.isEmpty { add("Rules behind false positives at review", falseTable(terminal)) }
        add("Rules by themselves", ruleTable(terminal))
        if !ablation.isEmpty { add("Without one rule: change of the figures", ablationTable(terminal)) }
        return lines
    }

    private var overview: [String] {
        let judged = moment == .peak ? "their highest level and score" : "their last level and score"
        var lines = [
            "\(abuse) accounts of abuse, \(innocents) innocents, \(victims.accounts) victims, judged by \(judged)"
        ]
        if unlabelled > 0 { lines.append("\(unlabelled) accounts have no label and are left out") }
        if missing > 0 { lines.append("\(missing) labelled accounts are not in the database: they count as normal") }
        lines.append(
            "average precision \(text(curve.averagePrecision)), Brier score \(text(calibration.brierScore)), "
                + "calibration error \(text(calibration.expectedError))")
        return lines
    }

    private func levelTable(_ terminal: Terminal) -> [String] {
        var table = Table(
            [
                .left("LEVEL"), .left("PRECISION"), .left("RECALL"), .right("F1"), .left("FALSE-POSITIVE RATE"),
                .right("HITS"), .right("FALSE"),
            ], terminal: terminal)
        for figures in levels {
            table.add(
                [
                    figures.level.name, interval(figures.precision), interval(figures.recall), text(figures.f1),
                    interval(figures.falsePositiveRate, decimals: 5), "\(figures.truePositives)",
                    "\(figures.falsePositives)",
                ], level: figures.level.name)
        }
        return table.lines
    }

    private func calibrationTable(_ terminal: Terminal) -> [String] {
        var table = Table(
            [.left("SCORE"), .right("ACCOUNTS"), .right("MEAN"), .left("ABUSE")], terminal: terminal)
        for bin in calibration.bins where bin.abuse.count > 0 {
            table.add([
                "\((bin.lower * 100).fixed(0)) to \((bin.upper * 100).fixed(0))", "\(bin.abuse.count)",
                text(bin.meanProbability), interval(bin.abuse),
            ])
        }
        return table.lines
    }

    private func kindTable(_ terminal: Terminal) -> [String] {
        var table = Table(
            [
                .left("KIND"), .right("ACCOUNTS"), .right("WATCH"), .left("REVIEW"), .right("BAN"),
                .right("CAMPAIGNS"), .right("FOUND"), .right("EVENTS BEFORE"),
            ], terminal: terminal)
        for kind in kinds {
            let median = detectionByKind[kind.kind]?.first { $0.level == .review }?.events?.median
            table.add([
                kind.kind, "\(kind.accounts)", text(kind.recall[.watch].value), interval(kind.recall[.review]),
                text(kind.recall[.ban].value), "\(kind.campaigns)", "\(kind.campaignsFound(at: .review).hits)",
                median.map { $0.fixed(0) } ?? "–",
            ])
        }
        return table.lines + ["Recall at each level; campaigns with a member at review; median events before that."]
    }

    private func classTable(_ terminal: Terminal) -> [String] {
        var table = Table(
            [
                .left("CLASS"), .right("ACCOUNTS"), .right("WATCH"), .right("REVIEW"), .right("RATE"),
                .right("AT MOST"),
                .right("BAN"), .right("RATE"), .right("AT MOST"),
            ], terminal: terminal)
        for group in classes {
            let review = group.falsePositives[.review]
            let ban = group.falsePositives[.ban]
            table.add([
                group.name, "\(group.accounts)", "\(group.falsePositives[.watch].hits)", "\(review.hits)",
                text(review.value, decimals: 5), text(review.interval?.upperBound, decimals: 5), "\(ban.hits)",
                text(ban.value, decimals: 5), text(ban.interval?.upperBound, decimals: 5),
            ])
        }
        return table.lines
    }

    private func victimTable(_ terminal: Terminal) -> [String] {
        var table = Table(
            [.left("KIND"), .right("ACCOUNTS"), .left("COMPROMISED"), .right("REVIEW"), .right("BAN")],
            terminal: terminal)
        for victims in victimKinds + (victimKinds.count > 1 ? [victims] : []) {
            table.add([
                victims.kind, "\(victims.accounts)", interval(victims.compromised), "\(victims.reached[.review].hits)",
                "\(victims.reached[.ban].hits)",
            ])
        }
        return table.lines + ["\(innocentsCompromised.hits) innocents have the flag compromised."]
    }

    private func detectionTable(_ terminal: Terminal) -> [String] {
        var table = Table(
            [
                .left("ALERT AT"), .right("CAMPAIGNS"), .right("NEVER"), .right("EVENTS BEFORE"), .right("QUARTILES"),
                .right("TIME"), .right("QUARTILES"),
            ], terminal: terminal)
        for times in detection {
            table.add(
                [
                    times.level.name, "\(times.alerted.count)", "\(times.alerted.count - times.alerted.hits)",
                    times.events.map { $0.median.fixed(0) } ?? "–",
                    times.events.map { "\($0.lower.fixed(0)) to \($0.upper.fixed(0))" } ?? "–",
                    times.seconds.map { span($0.median) } ?? "–",
                    times.seconds.map { "\(span($0.lower)) to \(span($0.upper))" } ?? "–",
                ], level: times.level.name)
        }
        return table.lines
    }

    private func falseTable(_ terminal: Terminal) -> [String] {
        var table = Table([.left("RULE"), .right("INNOCENTS"), .right("MEAN POINTS")], terminal: terminal)
        for rule in falsePositiveRules.prefix(10) {
            table.add([rule.rule, "\(rule.falsePositives)", text(rule.meanFalsePositivePoints, decimals: 1)])
        }
        return table.lines
    }

    private func ruleTable(_ terminal: Terminal) -> [String] {
        var table = Table(
            [
                .left("RULE"), .right("ABUSE"), .right("INNOCENTS"), .right("VICTIMS"), .left("PRECISION"),
                .right("RECALL"),
            ], terminal: terminal)
        for rule in rules {
            table.add([
                rule.rule, "\(rule.abuse.hits)", "\(rule.innocents.hits)", "\(rule.victims.hits)",
                interval(rule.precision), text(rule.abuse.value),
            ])
        }
        return table.lines
    }

    private func ablationTable(_ terminal: Terminal) -> [String] {
        var table = Table(
            [
                .left("RULE"), .right("REVIEW RECALL"), .right("REVIEW PRECISION"), .right("FALSE"),
                .right("BAN RECALL"), .right("BAN PRECISION"), .right("COMPROMISED"),
            ], terminal: terminal)
        func signed(_ value: Double?) -> String { value.map { ($0 > 0 ? "+" : "") + $0.fixed(4) } ?? "–" }
        for rule in ablation {
            table.add([
                rule.rule, signed(rule.recallChange[.review]), signed(rule.precisionChange[.review]),
                "\(rule.falsePositiveChange[.review])", signed(rule.recallChange[.ban]),
                signed(rule.precisionChange[.ban]), "\(rule.compromisedChange)",
            ])
        }
        return table.lines
    }

    private func text(_ value: Double?, decimals: Int = 3) -> String { value.map { $0.fixed(decimals) } ?? "–" }

    private func interval(_ proportion: Proportion, decimals: Int = 3) -> String {
        guard let value = proportion.value, let interval = proportion.interval else { return "–" }
        return
            "\(value.fixed(decimals)) (\(interval.lowerBound.fixed(decimals))–\(interval.upperBound.fixed(decimals)))"
    }

    private func span(_ seconds: Double) -> String {
        Interval(microseconds: Int64(seconds * 1e6)).approximate
    }
}
