internal import RiskModel

/// A number with a name, for thresholds: `review.precision`.
package struct Figure: Sendable, Hashable {
    /// Words that dots part.
    package let name: String
    /// `nil` where there is no case to tell from.
    package let value: Double?
}

extension Report {
    /// Every number that ``Requirement`` can name; docs/evaluation.md lists the names.
    package var figures: [Figure] {
        var figures: [Figure] = []
        func add(_ name: String, _ value: Double?) { figures.append(Figure(name: name, value: value)) }
        func add(_ name: String, _ proportion: Proportion) {
            add(name, proportion.value)
            add(name + ".low", proportion.interval?.lowerBound)
            add(name + ".high", proportion.interval?.upperBound)
        }
        for level in levels {
            let name = level.level.name
            add("\(name).precision", level.precision)
            add("\(name).recall", level.recall)
            add("\(name).false_positive_rate", level.falsePositiveRate)
            add("\(name).f1", level.f1)
            add("\(name).false_positives", Double(level.falsePositives))
        }
        add("average_precision", curve.averagePrecision)
        add("brier_score", calibration.brierScore)
        add("calibration_error", calibration.expectedError)
        for kind in kinds {
            for level in ByLevel<Proportion>.levels {
                add("kind.\(kind.kind).\(level.name).recall", kind.recall[level])
                add("kind.\(kind.kind).\(level.name).campaigns", kind.campaignsFound(at: level))
            }
        }
        for group in classes {
            for level in ByLevel<Proportion>.levels {
                add("class.\(group.name).\(level.name).false_positive_rate", group.falsePositives[level])
                add("class.\(group.name).\(level.name).false_positives", Double(group.falsePositives[level].hits))
            }
        }
        add("victims.compromised", victims.compromised)
        for level in ByLevel<Proportion>.levels {
            add("victims.\(level.name)", Double(victims.reached[level].hits))
        }
        for times in detection {
            let name = "detection.\(times.level.name)"
            add("\(name).campaigns", times.alerted)
            add("\(name).median_events", times.events?.median)
            add("\(name).median_seconds", times.seconds?.median)
        }
        return figures
    }
}
