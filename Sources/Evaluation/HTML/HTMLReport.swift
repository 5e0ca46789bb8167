internal import RiskModel

/// A report as one HTML file: nothing is loaded from anywhere, no script runs, and every picture's numbers stand in a table.
package struct HTMLReport {
    private let report: Report
    private let title: String

    /// - Parameter title: What was evaluated.
    package init(_ report: Report, title: String) {
        self.report = report
        self.title = title
    }

    package var text: String {
        """
        <!DOCTYPE html>
        <html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title>\(Markup.escape("Evaluation of \(title)"))</title>
        <style>\(Self.style)</style></head><body><main>
        <h1>\(Markup.escape("Evaluation of \(title)"))</h1>
        \(summary)
        <h2>Levels</h2>
        \(levels)
        \(report.curve.points.isEmpty ? "" : report.curvePlot.text)
        <h2>Calibration</h2>
        \(calibration)
        \(report.reliabilityPlot.text)
        \(report.kinds.isEmpty ? "" : kinds)
        \(report.classes.isEmpty ? "" : classes)
        \(report.victims.accounts == 0 ? "" : victims)
        \(report.detection.isEmpty ? "" : detection)
        <h2>Rules</h2>
        \(rules)
        \(report.ablation.isEmpty ? "" : ablation)
        </main></body></html>

        """
    }

    private var summary: String {
        let moment = report.moment == .peak ? "their highest level and score" : "their last level and score"
        return """
            <p>\(report.abuse) accounts of abuse, \(report.innocents) innocents, \(report.victims.accounts) victims of \
            takeover, judged by \(moment). \(report.unlabelled) accounts without a label are left out; \
            \(report.missing) labelled accounts are not in the database and count as normal. \
            Intervals are Wilson's, of 95 %.</p>
            """
    }

    private var levels: String {
        Markup.table(
            caption: "Average precision \(Report.text(report.curve.averagePrecision))",
            ["level", "precision", "recall", "F1", "false-positive rate", "hits", "false positives"],
            report.levels.map {
                [
                    $0.level.name, text($0.precision), text($0.recall), Report.text($0.f1),
                    text($0.falsePositiveRate, decimals: 5), "\($0.truePositives)", "\($0.falsePositives)",
                ]
            })
    }

    private var calibration: String {
        Markup.table(
            caption:
                "Brier score \(Report.text(report.calibration.brierScore, decimals: 4)), expected calibration error "
                + Report.text(report.calibration.expectedError, decimals: 4),
            ["score", "accounts", "mean score / 100", "share of abuse"],
            report.calibration.bins.map {
                [
                    "\(($0.lower * 100).fixed(0)) to \(($0.upper * 100).fixed(0))", "\($0.abuse.count)",
                    Report.text($0.meanProbability), text($0.abuse),
                ]
            })
    }

    private var kinds: String {
        "<h2>Kinds of abuse</h2>"
            + Markup.table(
                caption: "Recall, and campaigns with a member at the level",
                ["kind", "accounts", "watch", "review", "ban", "campaigns", "at watch", "at review", "at ban"],
                report.kinds.map { kind in
                    let levels = ByLevel<Proportion>.levels
                    return [kind.kind, "\(kind.accounts)"] + levels.map { text(kind.recall[$0]) }
                        + ["\(kind.campaigns)"] + levels.map { "\(kind.campaignsFound(at: $0).hits)" }
                }) + report.kindPlot.text
    }

    private var classes: String {
        "<h2>Classes of innocents</h2>"
            + Markup.table(
                caption: "Innocents at each level, and their share",
                ["class", "accounts", "at watch", "at review", "share", "at ban", "share"],
                report.classes.map { group in
                    [
                        group.name, "\(group.accounts)", "\(group.falsePositives[.watch].hits)",
                        "\(group.falsePositives[.review].hits)", text(group.falsePositives[.review], decimals: 5),
                        "\(group.falsePositives[.ban].hits)", text(group.falsePositives[.ban], decimals: 5),
                    ]
                }) + report.classPlot.text
    }

    private var victims: String {
        "<h2>Victims of takeover</h2>"
            + Markup.table(
                caption:
                    "Flagged compromised, and levels reached; \(report.innocentsCompromised.hits) innocents are flagged",
                ["kind", "accounts", "compromised", "at watch", "at review", "at ban"],
                (report.victimKinds + [report.victims]).map { group in
                    [group.kind, "\(group.accounts)", text(group.compromised)]
                        + ByLevel<Proportion>.levels.map { "\(group.reached[$0].hits)" }
                })
    }

    private var detection: String {
        func quartiles(_ values: Quartiles?) -> [String] {
            guard let values else { return ["–", "–", "–"] }
            return [values.lower, values.median, values.upper].map { $0.fixed(0) }
        }
        let titles = [
            "alert at", "campaigns", "never", "events before: lower quartile", "median", "upper quartile",
            "seconds: lower quartile", "median", "upper quartile",
        ]
        func row(_ name: String, _ times: DetectionTimes.Figures) -> [String] {
            [name, "\(times.alerted.count)", "\(times.alerted.count - times.alerted.hits)"]
                + quartiles(times.events) + quartiles(times.seconds)
        }
        var rows = report.detection.map { row($0.level.name, $0) }
        for kind in report.kinds {
            guard let times = report.detectionByKind[kind.kind]?.first(where: { $0.level == .review }) else { continue }
            rows.append(row("review, \(kind.kind)", times))
        }
        return "<h2>Detection of campaigns</h2>"
            + Markup.table(caption: "Until a campaign's first alert", titles, rows) + report.detectionPlot.text
    }

    private var rules: String {
        Markup.table(
            caption: "Accounts in whose score the rule had a part, and what it would do alone",
            [
                "rule", "abuse", "innocents", "victims", "precision", "recall", "false positives at review",
                "mean points",
            ],
            report.rules.map {
                [
                    $0.rule, "\($0.abuse.hits)", "\($0.innocents.hits)", "\($0.victims.hits)", text($0.precision),
                    Report.text($0.abuse.value), "\($0.falsePositives)",
                    Report.text($0.meanFalsePositivePoints, decimals: 1),
                ]
            })
    }

    private var ablation: String {
        "<h2>Ablation</h2>"
            + Markup.table(
                caption: "Change of the figures without the rule",
                [
                    "rule", "review recall", "review precision", "false positives", "ban recall", "ban precision",
                    "compromised",
                ],
                report.ablation.map {
                    [
                        $0.rule, Report.text($0.recallChange[.review], decimals: 4),
                        Report.text($0.precisionChange[.review], decimals: 4), "\($0.falsePositiveChange[.review])",
                        Report.text($0.recallChange[.ban], decimals: 4),
                        Report.text($0.precisionChange[.ban], decimals: 4), "\($0.compromisedChange)",
                    ]
                })
    }

    private func text(_ proportion: Proportion, decimals: Int = 3) -> String {
        guard let value = proportion.value, let interval = proportion.interval else { return "–" }
        return
            "\(value.fixed(decimals)) (\(interval.lowerBound.fixed(decimals))–\(interval.upperBound.fixed(decimals)))"
    }

    private static let style = """
        :root{color-scheme:light dark;--ink:#1c1c22;--paper:#fff;--faint:#d8d8de;--line:#2458a6;--watch:#5b9bd5;\
        --review:#c77f00;--ban:#b3261e}
        @media (prefers-color-scheme:dark){:root{--ink:#e8e8ee;--paper:#16161a;--faint:#3c3c46;--line:#8ab4f8;\
        --watch:#7ab3e8;--review:#f0b23c;--ban:#f2776e}}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:62rem;margin:0 auto;padding:1rem}
        .wide{overflow-x:auto}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
        caption{text-align:left;padding:.3rem 0}
        th,td{padding:.2rem .7rem;border-bottom:1px solid var(--faint);text-align:right;white-space:nowrap}
        th:first-child{text-align:left}
        figure{margin:1.5rem 0;max-width:44rem}figcaption{font-size:.9rem}
        svg{width:100%;height:auto}svg text{fill:var(--ink);font:12px system-ui,sans-serif}
        .grid{stroke:var(--faint);stroke-width:1}.line{fill:none;stroke:var(--line);stroke-width:2}
        .guide{fill:none;stroke:var(--ink);stroke-dasharray:4 4}.spread{fill:none;stroke:var(--ink);stroke-width:1.5}
        .dot{fill:var(--line)}.box{fill:var(--watch);opacity:.6}
        .watch{fill:var(--watch)}.review{fill:var(--review)}.ban{fill:var(--ban)}
        """
}
