import Evaluation
import RiskModel

/// The report as JSON; docs/evaluation.md explains the keys.
extension Report {
    var json: JSONObject {
        var object = JSONObject()
        object.add("moment", moment.rawValue)
        object.add("accounts", json: counts.text)
        object.add("levels", levels.map(\.json))
        object.add("average_precision", curve.averagePrecision)
        object.add("precision_recall", curve.points.map(\.json))
        object.add("brier_score", calibration.brierScore)
        object.add("calibration_error", calibration.expectedError)
        object.add("calibration", calibration.bins.map(\.json))
        object.add("kinds", kinds.map { $0.json(detection: detectionByKind[$0.kind]) })
        object.add("classes", classes.map(\.json))
        object.add("victims", json: victims.json.text)
        object.add("victim_kinds", victimKinds.map(\.json))
        object.add("innocents_compromised", innocentsCompromised)
        object.add("detection", detection.map(\.json))
        object.add("rules", rules.map(\.json))
        object.add("ablation", ablation.map(\.json))
        return object
    }

    private var counts: JSONObject {
        var object = JSONObject()
        object.add("abuse", abuse)
        object.add("innocent", innocents)
        object.add("victim", victims.accounts)
        object.add("unlabelled", unlabelled)
        object.add("missing", missing)
        return object
    }
}

extension JSONObject {
    fileprivate mutating func add(_ key: String, _ proportion: Proportion) {
        var object = JSONObject()
        object.add("hits", proportion.hits)
        object.add("count", proportion.count)
        object.add("value", proportion.value)
        object.add("low", proportion.interval?.lowerBound)
        object.add("high", proportion.interval?.upperBound)
        add(key, json: object.text)
    }

    fileprivate mutating func add(_ key: String, _ quartiles: Quartiles?) {
        guard let quartiles else { return add(key, json: nil) }
        var object = JSONObject()
        object.add("minimum", quartiles.minimum)
        object.add("lower", quartiles.lower)
        object.add("median", quartiles.median)
        object.add("upper", quartiles.upper)
        object.add("maximum", quartiles.maximum)
        add(key, json: object.text)
    }

    /// An object with one member for each level.
    fileprivate mutating func add(_ key: String, byLevel add: (inout JSONObject, Level) -> Void) {
        var object = JSONObject()
        for level in ByLevel<Proportion>.levels { add(&object, level) }
        self.add(key, json: object.text)
    }
}

extension LevelFigures {
    var json: JSONObject {
        var object = JSONObject()
        object.add("level", level.name)
        object.add("precision", precision)
        object.add("recall", recall)
        object.add("f1", f1)
        object.add("false_positive_rate", falsePositiveRate)
        return object
    }
}

extension PrecisionRecallCurve.Point {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("score", threshold)
        object.add("precision", precision)
        object.add("recall", recall)
        return object
    }
}

extension Calibration.Bin {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("lower", lower)
        object.add("upper", upper)
        object.add("accounts", abuse.count)
        object.add("mean_probability", meanProbability)
        object.add("observed", abuse)
        return object
    }
}

extension KindFigures {
    fileprivate func json(detection: [DetectionTimes.Figures]?) -> JSONObject {
        var object = JSONObject()
        object.add("kind", kind)
        object.add("accounts", accounts)
        object.add("campaigns", campaigns)
        object.add("recall") { $0.add($1.name, recall[$1]) }
        object.add("campaigns_found") { $0.add($1.name, campaignsFound(at: $1)) }
        object.add("detection", detection?.map(\.json) ?? [])
        return object
    }
}

extension ClassFigures {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("class", name)
        object.add("accounts", accounts)
        object.add("false_positive_rate") { $0.add($1.name, falsePositives[$1]) }
        return object
    }
}

extension VictimFigures {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("kind", kind)
        object.add("accounts", accounts)
        object.add("compromised", compromised)
        object.add("reached") { $0.add($1.name, reached[$1]) }
        return object
    }
}

extension DetectionTimes.Figures {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("level", level.name)
        object.add("campaigns", alerted)
        object.add("events", events)
        object.add("seconds", seconds)
        return object
    }
}

extension RuleFigures {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("rule", rule)
        object.add("abuse", abuse)
        object.add("innocents", innocents)
        object.add("victims", victims)
        object.add("precision", precision)
        object.add("false_positives", falsePositives)
        object.add("mean_false_positive_points", meanFalsePositivePoints)
        return object
    }
}

extension Ablation {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("rule", rule)
        object.add("precision_change") { $0.add($1.name, precisionChange[$1]) }
        object.add("recall_change") { $0.add($1.name, recallChange[$1]) }
        object.add("false_positive_change") { $0.add($1.name, falsePositiveChange[$1]) }
        object.add("compromised_change", compromisedChange)
        return object
    }
}
