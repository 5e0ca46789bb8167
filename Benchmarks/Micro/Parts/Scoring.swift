import Assembly
import RiskModel
import Scoring
import Settings

/// Signals through the risk fold, of three rules on each of two thousand accounts: scores, levels, alerts.
struct WeighSignals: Part {
    static let name = "risk fold, a signal"
    private let fold: RiskFold
    private let batches: [[Signal]]

    init(_ workload: Workload) {
        let rules = workload.assembly.configuration.ruleSet
        fold = RiskFold(rules: rules)
        var random = SeededGenerator(state: 5)
        let start = Timestamp(seconds: 1_767_225_600)
        batches = (0..<Workload.batches).map { batch in
            (0..<Workload.batchSize).map { i in
                let number = UInt64(batch * Workload.batchSize + i + 1)
                let account = Int.random(in: 0..<2000, using: &random)
                let time = start + Interval(seconds: Int64(number))
                let rule = (account + Int.random(in: 0..<3, using: &random)) % rules.rules.count
                return Signal(
                    account: AccountRef(partition: account % Partition.count, generation: 0, slot: account),
                    rule: rule, seq: number, order: number, time: time, watermark: time,
                    strength: Double.random(in: 0.1...1, using: &random),
                    evidence: .count(entity: nil, count: 5, fresh: 2, names: []))
            }
        }
    }

    func step(_ batch: Int) {
        guard let last = batches[batch].last else { return }
        let output = fold.run(batches[batch], watermark: last.watermark, shards: 1) { account in
            NewAccount(account: "account-\(account.slot)", firstSeen: last.watermark)
        }
        keep(UInt64(output.scores.count))
    }
}
