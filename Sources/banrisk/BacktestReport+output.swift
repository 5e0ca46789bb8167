import Evaluation
import RiskModel

/// The report for people, and as JSON; docs/tool.md explains it.
extension BacktestReport {
    /// How many rules of an account are shown to people.
    private static let shownParts = 3

    /// - Parameter limit: the most accounts.
    func lines(limit: Int, _ terminal: Terminal) -> [String] {
        var lines = ["\(events) events\(frames.map { " of frames \($0.lowerBound) to \($0.upperBound)" } ?? "")"]
        if rejected > 0 { lines.append("\(rejected) lines could not be events") }
        let judged = moment == .peak ? "the highest level" : "the last level"
        lines += ["", terminal.bold("Accounts by \(judged): down before, across after")] + matrixTable(terminal)
        if changes.isEmpty {
            lines += ["", "no account reaches or leaves review or ban"]
        } else {
            lines += ["", terminal.bold("Accounts that reach or leave review or ban")]
            lines += accountTable(limit: limit, terminal)
            if changes.count > limit { lines.append("and \(changes.count - limit) more (--limit)") }
        }
        lines += ["", terminal.bold("Alerts and campaigns")] + totalsTable(terminal)
        let others = rules.filter(\.isDifferent)
        if others.isEmpty {
            lines += ["", "no rule is another, and none speaks otherwise"]
        } else {
            lines += ["", terminal.bold("Signals of the rules that differ")] + ruleTable(others, terminal)
        }
        return lines
    }

    private func matrixTable(_ terminal: Terminal) -> [String] {
        var table = Table([.left("BEFORE")] + Level.allCases.map { .right($0.name) }, terminal: terminal)
        for level in Level.allCases {
            table.add([level.name] + matrix[Int(level.rawValue)].map { "\($0)" }, level: level.name)
        }
        return table.lines
    }

    private func accountTable(limit: Int, _ terminal: Terminal) -> [String] {
        var table = Table(
            [.left("BEFORE"), .right("SCORE"), .left("AFTER"), .right("SCORE"), .left("ACCOUNT"), .left("RULES")],
            terminal: terminal)
        for change in changes.prefix(limit) {
            let rules = change.parts.prefix(Self.shownParts).map {
                "\($0.rule) \($0.difference > 0 ? "+" : "")\($0.difference.text(decimals: 2))"
            }
            table.add(
                [
                    change.before.level.name, change.before.score.text(decimals: 2), change.after.level.name,
                    change.after.score.text(decimals: 2), change.account, rules.joined(separator: ", "),
                ], level: change.after.level.name)
        }
        return table.lines
    }

    private func totalsTable(_ terminal: Terminal) -> [String] {
        var table = Table([.left("WHAT"), .right("BEFORE"), .right("AFTER")], terminal: terminal)
        for level in Level.allCases where level > .normal {
            let index = Int(level.rawValue)
            table.add(["alerts at \(level.name)", "\(before.alerts[index])", "\(after.alerts[index])"])
        }
        table.add(["campaigns", "\(before.campaigns)", "\(after.campaigns)"])
        table.add(["alerts of campaigns", "\(before.campaignAlerts)", "\(after.campaignAlerts)"])
        return table.lines
    }

    private func ruleTable(_ rules: [RuleChange], _ terminal: Terminal) -> [String] {
        var table = Table([.left("RULE"), .left("IS"), .right("BEFORE"), .right("AFTER")], terminal: terminal)
        for rule in rules {
            table.add([
                rule.rule, rule.kind.rawValue, rule.before.map { "\($0)" } ?? "-", rule.after.map { "\($0)" } ?? "-",
            ])
        }
        return table.lines
    }
}

extension BacktestReport {
    /// - Parameter limit: the most accounts.
    func json(limit: Int) -> JSONObject {
        var object = JSONObject()
        object.add("moment", moment.rawValue)
        object.add("first_seq", frames.map { Int($0.lowerBound) })
        object.add("last_seq", frames.map { Int($0.upperBound) })
        object.add("events", events)
        object.add("rejected", rejected)
        object.add("levels", levels)
        for turn in Turn.allCases { object.add(turn.rawValue, count(turn)) }
        object.add("accounts", changes.prefix(limit).map(\.json))
        object.add("before", json: before.json.text)
        object.add("after", json: after.json.text)
        object.add("rules", rules.map(\.json))
        return object
    }

    /// An object for each pair of levels.
    private var levels: [JSONObject] {
        Level.allCases.flatMap { before in
            Level.allCases.map { after in
                var object = JSONObject()
                object.add("before", before.name)
                object.add("after", after.name)
                object.add("accounts", matrix[Int(before.rawValue)][Int(after.rawValue)])
                return object
            }
        }
    }
}

extension BacktestReport.AccountChange {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("account", account)
        object.add("turn", turn.rawValue)
        object.add("level_before", before.level.name)
        object.add("level_after", after.level.name)
        object.add("score_before", before.score)
        object.add("score_after", after.score)
        object.add(
            "rules",
            parts.map { part in
                var object = JSONObject()
                object.add("rule", part.rule)
                object.add("points_before", part.before)
                object.add("points_after", part.after)
                return object
            })
        return object
    }
}

extension BacktestReport.Totals {
    fileprivate var json: JSONObject {
        var levels = JSONObject()
        for level in Level.allCases where level > .normal { levels.add(level.name, alerts[Int(level.rawValue)]) }
        var object = JSONObject()
        object.add("alerts", json: levels.text)
        object.add("campaigns", campaigns)
        object.add("campaign_alerts", campaignAlerts)
        return object
    }
}

extension BacktestReport.RuleChange {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("rule", rule)
        object.add("change", kind.rawValue)
        object.add("signals_before", before)
        object.add("signals_after", after)
        return object
    }
}
