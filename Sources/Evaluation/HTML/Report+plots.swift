internal import Foundation
internal import RiskModel

/// The pictures of a report.
extension Report {
    /// More would be finer than the screen.
    private static let maximumCurvePoints = 400

    var curvePlot: Plot {
        let area = curve.averagePrecision.map { $0.fixed(3) } ?? "unknown"
        var plot = Plot(
            id: "pr", title: "Precision against recall, over all thresholds of the score",
            description: "The average precision is \(area). Dots mark the levels: "
                + levels.map {
                    "\($0.level.name) has precision \(Self.text($0.precision.value)) and recall \(Self.text($0.recall.value))"
                }.joined(separator: ", ") + ".")
        plot.addXAxis(Plot.shares, name: "recall")
        plot.addYAxis(Plot.shares, name: "precision")
        let step = max(1, curve.points.count / Self.maximumCurvePoints)
        let shown = curve.points.enumerated().filter { $0.offset % step == 0 || $0.offset == curve.points.count - 1 }
        var line: [(x: Double, y: Double)] = []
        for (_, point) in shown {
            line.append((line.last?.x ?? 0, point.precision))
            line.append((point.recall, point.precision))
        }
        if !line.isEmpty { plot.addLine(line, style: "line") }
        for figures in levels {
            guard let precision = figures.precision.value, let recall = figures.recall.value else { continue }
            plot.addPoint(
                x: recall, y: precision, radius: 6, style: figures.level.name,
                hint: "\(figures.level.name): precision \(precision.fixed(3)), recall \(recall.fixed(3))")
        }
        return plot
    }

    var reliabilityPlot: Plot {
        let texts = calibration.bins.compactMap { bin in
            bin.meanProbability.map { "at a mean score of \(($0 * 100).fixed(0)), \(Self.text(bin.observed)) is abuse" }
        }
        var plot = Plot(
            id: "cal", title: "Reliability: the share of abuse at each score",
            description: "On the diagonal the score is a probability. " + texts.joined(separator: "; ") + ".")
        plot.addXAxis(Plot.shares, name: "score / 100, mean of the bin")
        plot.addYAxis(Plot.shares, name: "share of abuse")
        plot.addLine([(0, 0), (1, 1)], style: "guide")
        for bin in calibration.bins {
            guard let mean = bin.meanProbability, let observed = bin.observed, let interval = bin.abuse.interval else {
                continue
            }
            plot.addLine([(mean, interval.lowerBound), (mean, interval.upperBound)], style: "spread")
            plot.addPoint(
                x: mean, y: observed, radius: 5, style: "dot",
                hint: "\(bin.abuse.count) accounts, mean \(mean.fixed(3)), abuse \(observed.fixed(3))")
        }
        return plot
    }

    var kindPlot: Plot {
        let rows = kinds.reversed()
        var plot = Plot(
            id: "kinds", title: "Recall by kind of abuse: watch, review, ban",
            description: kinds.map { kind in
                "\(kind.kind): "
                    + ByLevel<Proportion>.levels.map { "\($0.name) \(Self.text(kind.recall[$0].value))" }
                    .joined(separator: ", ")
            }.joined(separator: "; ") + ".",
            height: Self.height(rows: kinds.count), labelWidth: 170)
        plot.addXAxis(Plot.shares, name: "recall")
        for (index, kind) in rows.enumerated() {
            let slot = 1 / Double(kinds.count)
            plot.addName(kind.kind, at: (Double(index) + 0.5) * slot)
            for (bar, level) in ByLevel<Proportion>.levels.reversed().enumerated() {
                guard let value = kind.recall[level].value else { continue }
                plot.addBar(
                    from: 0, to: value, at: (Double(index) + 0.26 + Double(bar) * 0.24) * slot, thickness: 0.22 * slot,
                    style: level.name, hint: "\(kind.kind) at \(level.name): \(value.fixed(3))")
            }
        }
        return plot
    }

    var classPlot: Plot {
        let tops = classes.compactMap { $0.falsePositives[.review].interval?.upperBound }
        let scale = max(1e-6, tops.max() ?? 1)
        var plot = Plot(
            id: "classes", title: "False positives at review by class of innocents, with 95 % intervals",
            description: classes.map {
                "\($0.name): \($0.falsePositives[.review].hits) of \($0.accounts)"
            }.joined(separator: "; ") + ".",
            height: Self.height(rows: classes.count), labelWidth: 170)
        plot.addXAxis(
            (0...4).map { (Double($0) / 4, (Double($0) / 4 * scale * 100).fixed(2) + " %") },
            name: "innocents at review")
        for (index, group) in classes.reversed().enumerated() {
            let rate = group.falsePositives[.review]
            guard let value = rate.value, let interval = rate.interval else { continue }
            let place = (Double(index) + 0.5) / Double(classes.count)
            plot.addName(group.name, at: place)
            plot.addLine([(interval.lowerBound / scale, place), (interval.upperBound / scale, place)], style: "spread")
            plot.addPoint(
                x: value / scale, y: place, style: "review", hint: "\(group.name): \(rate.hits) of \(rate.count)")
        }
        return plot
    }

    var detectionPlot: Plot {
        let rows = kinds.compactMap { kind in
            detectionByKind[kind.kind]?.first { $0.level == .review }?.events.map { (kind.kind, $0) }
        }
        let top = max(1, rows.map(\.1.upper).max() ?? 1)
        // Farms differ by orders of magnitude: the axis is logarithmic, from 1 event more than passed.
        func share(_ events: Double) -> Double { log(1 + events) / log(1 + top) }
        var plot = Plot(
            id: "time", title: "Events of a campaign before its first alert at review: quartiles by kind",
            description: rows.map { "\($0.0): median \($0.1.median.fixed(0))" }.joined(separator: "; ") + ".",
            height: Self.height(rows: rows.count), labelWidth: 170)
        var ticks: [(share: Double, text: String)] = [(0, "0")]
        var tick = 1.0
        while tick <= top {
            ticks.append((share(tick), tick.fixed(0)))
            tick *= 10
        }
        plot.addXAxis(ticks, name: "events (logarithmic)")
        for (index, row) in rows.reversed().enumerated() {
            let place = (Double(index) + 0.5) / Double(rows.count)
            let events = row.1
            plot.addName(row.0, at: place)
            plot.addBar(
                from: share(events.lower), to: share(events.upper), at: place, thickness: 0.4 / Double(rows.count),
                style: "box", hint: "\(row.0): \(events.lower.fixed(0)) to \(events.upper.fixed(0)) events")
            plot.addPoint(x: share(events.median), y: place, style: "dot", hint: "median \(events.median.fixed(0))")
        }
        return plot
    }

    private static func height(rows: Int) -> Double { 70 + 34 * Double(max(1, rows)) }

    static func text(_ value: Double?, decimals: Int = 3) -> String { value.map { $0.fixed(decimals) } ?? "–" }
}
