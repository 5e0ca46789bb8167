import Evaluation
import RiskModel

/// A proposal for people, and as JSON.
extension Tuning {
    func lines(_ terminal: Terminal) -> [String] {
        var scores = Table(
            [.left("FIGURE"), .right("PRESENT"), .right("PROPOSED, HELD OUT")], terminal: terminal)
        for level in ByLevel<Proportion>.levels {
            scores.add(["\(level.name) precision", text(before[level].precision), text(heldOut[level].precision)])
            scores.add(["\(level.name) recall", text(before[level].recall), text(heldOut[level].recall)])
            scores.add(
                [
                    "\(level.name) false positives", "\(before[level].falsePositives)",
                    "\(heldOut[level].falsePositives)",
                ])
        }
        scores.add(["average precision", text(before.averagePrecision), text(heldOut.averagePrecision)])
        scores.add(["Brier score", text(before.calibration.brierScore), text(heldOut.calibration.brierScore)])
        scores.add(
            ["calibration error", text(before.calibration.expectedError), text(heldOut.calibration.expectedError)])

        var table = Table(
            [
                .left("RULE"), .right("ABUSE"), .right("INNOCENTS"), .right("PRESENT"), .right("PROPOSED"),
                .right("IN FOLDS"),
            ], terminal: terminal)
        for weight in weights {
            table.add([
                weight.rule, "\(weight.abuse)", "\(weight.innocents)", weight.before.fixed(2), weight.after.fixed(2),
                "\(weight.folds.lowerBound.fixed(2)) to \(weight.folds.upperBound.fixed(2))",
            ])
        }
        return [
            "\(abuse) accounts of abuse and \(innocents) innocents, \(folds) folds",
            "prior \(priorBefore.fixed(2)), proposed \(priorAfter.fixed(2))", "", terminal.bold("Figures"),
        ] + scores.lines + ["", terminal.bold("Weights")] + table.lines
    }

    private func text(_ proportion: Proportion) -> String { text(proportion.value) }
    private func text(_ value: Double?) -> String { value.map { $0.fixed(4) } ?? "–" }

    var json: JSONObject {
        var object = JSONObject()
        object.add("abuse", abuse)
        object.add("innocents", innocents)
        object.add("folds", folds)
        object.add("prior", priorBefore)
        object.add("proposed_prior", priorAfter)
        object.add("before", json: before.json.text)
        object.add("held_out", json: heldOut.json.text)
        object.add(
            "weights",
            weights.map { weight in
                var object = JSONObject()
                object.add("rule", weight.rule)
                object.add("abuse", weight.abuse)
                object.add("innocents", weight.innocents)
                object.add("weight", weight.before)
                object.add("proposed", weight.after)
                object.add("folds_low", weight.folds.lowerBound)
                object.add("folds_high", weight.folds.upperBound)
                return object
            })
        return object
    }
}

extension Tuning.Score {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.add("levels", levels.map(\.json))
        object.add("average_precision", averagePrecision)
        object.add("brier_score", calibration.brierScore)
        object.add("calibration_error", calibration.expectedError)
        return object
    }
}
