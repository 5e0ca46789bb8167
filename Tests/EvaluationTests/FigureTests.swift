import Evaluation
import RiskModel
import Testing

/// Every figure of the report against what was counted by hand.
@Suite struct FigureTests {
    @Test func `precision, recall and F1 are counted by hand, and victims are in neither`() {
        let review = Sample.report[.review]
        #expect(review.truePositives == 2 && review.falsePositives == 1)
        #expect(isNear(review.precision.value, 2.0 / 3))
        #expect(isNear(review.recall.value, 2.0 / 4))
        #expect(isNear(review.f1, 2 * (2.0 / 3 * 0.5) / (2.0 / 3 + 0.5)))
        #expect(isNear(review.falsePositiveRate.value, 1.0 / 4))
        #expect(Sample.report[.ban].precision == Proportion(1, of: 1))
        #expect(Sample.report[.watch].recall == Proportion(3, of: 4))
        #expect(Sample.report[.watch].falsePositiveRate == Proportion(2, of: 4))
    }

    @Test func `figures of nothing have no value`() {
        let figures = LevelFigures(level: .ban)
        #expect(figures.precision.value == nil && figures.precision.interval == nil && figures.f1 == nil)
        #expect(PrecisionRecallCurve([(90, false)]).averagePrecision == nil)
        #expect(Calibration([]).brierScore == nil && Calibration([]).expectedError == nil)
        #expect(Quartiles([]) == nil)
    }

    /// Against `scipy.stats.binomtest(hits, count).proportion_ci(method="wilson")`.
    @Test(arguments: [
        (0, 100, 0.0, 0.0369934), (10, 10, 0.7224672, 1.0), (95, 100, 0.8882495, 0.9784556),
        (1, 2, 0.0945312, 0.9054688),
        (0, 1, 0.0, 0.7934507), (3, 2000, 0.0005102, 0.0044007),
    ])
    func `Wilson's interval is that of the statisticians`(hits: Int, count: Int, low: Double, high: Double) throws {
        let interval = try #require(Proportion(hits, of: count).interval)
        #expect(isNear(interval.lowerBound, low, within: 1e-6) && isNear(interval.upperBound, high, within: 1e-6))
    }

    @Test func `Wilson's bounds solve the equation that they come from`() throws {
        for (hits, count) in [(1, 7), (40, 90), (999, 1000)] {
            let interval = try #require(Proportion(hits, of: count).interval)
            for bound in [interval.lowerBound, interval.upperBound] {
                let error = (bound * (1 - bound) / Double(count)).squareRoot()
                #expect(isNear(abs(Double(hits) / Double(count) - bound) / error, 1.959963984540054, within: 1e-6))
            }
        }
    }

    /// The example of scikit-learn's `average_precision_score`: 0.83.
    @Test func `average precision is the area in steps`() {
        let curve = PrecisionRecallCurve([(10, false), (40, false), (35, true), (80, true)])
        #expect(isNear(curve.averagePrecision, 0.5 * 1 + 0.5 * 2 / 3))
        #expect(curve.points.map(\.threshold) == [80, 40, 35, 10])
        #expect(curve.points.map(\.recall) == [0.5, 0.5, 1, 1])
    }

    @Test func `equal scores are one point, in whichever order they come`() {
        let cases = [(50.0, true), (50, false), (50, true), (50, false), (20, false)]
        for order in [cases, cases.reversed()] {
            let curve = PrecisionRecallCurve(order)
            #expect(curve.points.count == 2 && isNear(curve.averagePrecision, 0.5))
        }
    }

    @Test func `calibration by hand`() throws {
        let calibration = Calibration([
            .init(probability: 0.95, isAbuse: true), .init(probability: 0.85, isAbuse: false),
            .init(probability: 1, isAbuse: true), .init(probability: 0.1, isAbuse: false),
        ])
        #expect(isNear(calibration.brierScore, (0.0025 + 0.7225 + 0 + 0.01) / 4))
        // Bins: 0.95 and 1 with all abuse; 0.85 with none; 0.1 with none.
        #expect(isNear(calibration.expectedError, (2.0 / 4) * 0.025 + 0.85 / 4 + 0.1 / 4))
        #expect(calibration.bins.map(\.abuse.count) == [0, 1, 0, 0, 0, 0, 0, 0, 1, 2])
        #expect(isNear(calibration.bins[9].meanProbability, 0.975) && isNear(calibration.bins[9].observed, 1))
        #expect(calibration.bins[0].meanProbability == nil)
    }

    @Test func `a weighed case counts as so many`() {
        let weighed = Calibration([
            .init(probability: 0.9, isAbuse: true, weight: 3), .init(probability: 0.9, isAbuse: false),
        ])
        let repeated = Calibration(
            [true, true, true, false].map { .init(probability: 0.9, isAbuse: $0) })
        #expect(isNear(weighed.brierScore, repeated.brierScore ?? -1))
        #expect(isNear(weighed.expectedError, 0.15))
    }

    /// Against `numpy.percentile`.
    @Test func `quartiles lie on the line between values`() throws {
        let even = try #require(Quartiles([4, 1, 3, 2]))
        #expect([even.minimum, even.lower, even.median, even.upper, even.maximum] == [1, 1.75, 2.5, 3.25, 4])
        let one = try #require(Quartiles([7]))
        #expect([one.minimum, one.lower, one.median, one.upper, one.maximum] == [7, 7, 7, 7, 7])
    }

    @Test func `kinds have their recall and the campaigns that were found`() throws {
        let kinds = Sample.report.kinds
        #expect(kinds.map(\.kind) == ["batch", "cards"])
        let batch = try #require(kinds.first)
        #expect(batch.accounts == 3 && batch.campaigns == 2)
        #expect(batch.recall[.review] == Proportion(2, of: 3) && batch.recall[.ban] == Proportion(1, of: 3))
        #expect(batch.campaignsFound(at: .watch) == Proportion(2, of: 2))
        #expect(batch.campaignsFound(at: .review) == Proportion(1, of: 2))
        #expect(kinds[1].campaigns == 0 && kinds[1].campaignsFound(at: .watch).value == nil)
    }

    @Test func `classes have their false positives, an account that was never seen is normal`() {
        let classes = Sample.report.classes
        #expect(classes.map(\.name) == ["campus", "home"])
        #expect(classes[0].falsePositives[.watch] == Proportion(1, of: 2))
        #expect(classes[0].falsePositives[.review] == Proportion(0, of: 2))
        #expect(classes[1].falsePositives[.review] == Proportion(1, of: 2))
        #expect(Sample.report.missing == 1 && Sample.report.unlabelled == 1)
    }

    @Test func `victims have a section of their own`() {
        let report = Sample.report
        #expect(report.victims.compromised == Proportion(1, of: 2))
        #expect(report.victims.reached[.ban] == Proportion(1, of: 2))
        #expect(report.victimKinds.map(\.kind) == ["stuffing"])
        #expect(report.innocentsCompromised == Proportion(1, of: 4))
    }

    @Test func `rules by themselves, and behind false positives`() throws {
        let report = Sample.report
        let pace = report.rules[0]
        #expect(pace.abuse == Proportion(3, of: 4) && pace.innocents == Proportion(0, of: 4))
        #expect(pace.victims == Proportion(1, of: 2) && pace.precision == Proportion(3, of: 3))
        let shared = report.rules[1]
        #expect(shared.precision == Proportion(1, of: 3))
        #expect(report.falsePositiveRules.map(\.rule) == ["shared"])
        #expect(shared.falsePositives == 1 && isNear(shared.meanFalsePositivePoints, 9))
    }

    @Test func `events and time before the first alert are counted by campaign`() throws {
        let figures = Sample.detection.figures()
        // batch-1: watch and review from 20 s on, one event before; ban from 30 s on, two. batch-2: watch at 50 s.
        let watch = try #require(figures.first)
        #expect(watch.level == .watch && watch.alerted == Proportion(2, of: 2))
        #expect(watch.events == Quartiles([1, 1]) && watch.seconds == Quartiles([10, 10]))
        #expect(figures[1].alerted == Proportion(1, of: 2) && figures[1].events == Quartiles([1]))
        #expect(figures[2].events == Quartiles([2]) && figures[2].seconds == Quartiles([20]))
        #expect(Sample.detection.figures(kind: "cards")[0].alerted == Proportion(0, of: 0))
    }

    @Test func `ablation is the figures without a rule less those with it`() {
        var weaker = Sample.results
        weaker.accounts["a1"] = account(.review, score: 80)
        weaker.accounts["a2"] = account(.watch, score: 50)
        weaker.accounts["i1"] = account(.normal, score: 2)
        weaker.accounts["v1"] = account(.normal)
        let without = Report(labels: Sample.labels, results: weaker, moment: .peak, rules: [])
        let ablation = Ablation(rule: "pace", all: Sample.report, without: without)
        #expect(isNear(ablation.recallChange[.review], -0.25))
        #expect(isNear(ablation.precisionChange[.review], 1 - 2.0 / 3))
        #expect(ablation.precisionChange[.ban] == nil, "nothing is left at ban")
        #expect(ablation.falsePositiveChange[.review] == -1 && ablation.compromisedChange == -1)
    }
}
