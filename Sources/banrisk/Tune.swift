import ArgumentParser
import Evaluation
import Foundation
import RiskModel
import Settings
import Store

/// `banrisk tune`: proposes weights that fit the labels.
struct Tune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fit the rules' weights to labels, and propose a rules file.",
        discussion: """
            The proposal is the rules file with other numbers; nothing is applied. docs/evaluation.md says how the \
            weights are fitted and what they cannot tell.
            """)

    @OptionGroup var source: LabelledOptions

    @Option(help: ArgumentHelp("The present rules file, which the proposal is made from.", valueName: "file"))
    var rules: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the proposed rules file.", valueName: "file"))
    var out: String?

    @Option(help: "Parts for cross-validation, 2 to 20.")
    var folds = 5

    @Option(help: "How firmly the present weights are held to: 1 / variance of a weight. Above 0.")
    var regularization = 1.0

    @Option(
        help: ArgumentHelp(
            "Share of abuse among all accounts, 0 to 1. Default: what the present prior says.", valueName: "share"))
    var prevalence: Double?

    @Flag(help: "Take the labels' own share of abuse for that among all accounts.")
    var asLabelled = false

    @Flag(help: "Keep the prior.")
    var keepPrior = false

    @Flag(help: "Print the result as one JSON object.")
    var json = false

    func validate() throws {
        if !(2...20).contains(folds) { throw ValidationError("--folds is a number from 2 to 20.") }
        if !(regularization > 0 && regularization.isFinite) {
            throw ValidationError("--regularization is above 0.")
        }
        if let prevalence, !(prevalence > 0 && prevalence < 1) {
            throw ValidationError("--prevalence is between 0 and 1.")
        }
        if asLabelled, prevalence != nil { throw ValidationError("Give --prevalence or --as-labelled, not both.") }
    }

    func run() throws {
        try ToolError.reporting {
            if let out, !source.overwrite, FileManager.default.fileExists(atPath: out) {
                throw ToolError.faultyInput(
                    "\(out) exists; name another file with --out, or replace it with --overwrite")
            }
            let (text, ruleSet) = try present()
            let data = try source.load(rules: ruleSet)
            let reader = try StoreReader(path: data.database)
            let examples = TuningExample.examples(
                labels: data.labels, results: try reader.results(.peak), rules: ruleSet.rules)
            let tuning: Tuning
            do throws(TuningRefusal) {
                tuning = try Tuning(examples, rules: ruleSet, fit: fit(ruleSet, text), folds: folds)
            } catch {
                throw ToolError.faultyInput("\(error)")
            }
            if let out { try write(text, ruleSet, tuning, to: out) }
            var output = Output()
            if json {
                try output.line(tuning.json.text)
            } else {
                for line in tuning.lines(Terminal()) { try output.line(line) }
                if let out { try output.line("the proposal is \(Terminal.printable(out)); nothing was applied") }
            }
            try output.flush()
        }
    }

    private func present() throws -> (RulesText, RuleSet) {
        do {
            let ruleSet = try RuleSet.load(path: rules)
            return (try RulesText(String(contentsOfFile: rules, encoding: .utf8)), ruleSet)
        } catch {
            throw ToolError.faultyInput("\(error)")
        }
    }

    private func fit(_ ruleSet: RuleSet, _ text: RulesText) -> WeightFit {
        let prior = ruleSet.policy.prior
        // A prior that the file leaves to the default has no place to write another to.
        let isFixed = keepPrior || !text.hasPrior
        var fit = WeightFit(priorRange: isFixed ? prior...prior : ruleSet.policy.priorRange)
        fit.regularization = regularization
        if !asLabelled { fit.prevalence = prevalence ?? ScorePolicy.score(logOdds: prior) / 100 }
        return fit
    }

    /// Writes the proposal, after it was read back: it must be the present rules with the new numbers and nothing else.
    private func write(_ text: RulesText, _ present: RuleSet, _ tuning: Tuning, to path: String) throws {
        let weights = Dictionary(tuning.weights.map { ($0.rule, $0.after) }, uniquingKeysWith: { first, _ in first })
        let proposal = text.replacing(weights: weights, prior: tuning.priorAfter)
        var expected = present
        expected.policy.prior = tuning.priorAfter
        for index in expected.rules.indices {
            expected.rules[index].weight = weights[expected.rules[index].id] ?? expected.rules[index].weight
        }
        do {
            guard try RuleSet.parse(yaml: proposal, file: path) == expected else {
                throw ToolError.faultyInput(
                    "the weights of \(rules) cannot be changed in place; write each as a plain number, `weight: 2.5`")
            }
        } catch let faults as ConfigurationFaults {
            throw ToolError.faultyInput("the proposal would not be valid:\n\(faults)")
        }
        do {
            try proposal.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw ToolError.faultyInput("\(path) cannot be written; name a file in a folder that you may write")
        }
    }
}
