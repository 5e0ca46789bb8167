package import RiskModel

/// What the risk fold makes of a batch's signals.
package struct RiskOutput: Sendable {
    /// One for each account whose score changed, as of the end of the batch.
    package var scores: [Score] = []
    /// In order of (`order`, account).
    package var alerts: [Alert] = []
    /// The signals that counted, in order of (`order`, account, rule).
    package var signals: [RecordedSignal] = []
    /// Accounts at `review` or above whose evidence counted, with what ties them to others, in order of (`order`, account).
    package var ties: [Tie] = []
    /// Signals for accounts that have given way.
    package var orphans = 0
}

/// An account at `review` or above, and by what it belongs together with others.
package struct Tie: Sendable {
    package var account: AccountRef
    /// Each with the index of the rule that says so; at least one.
    package var ties: [(entity: EntityKey, rule: Int)]
    package var score: Score
}

/// The third fold, keyed by account: weighs the signals, moves scores and levels, raises alerts.
package final class RiskFold: Sendable {
    private let rules: RuleSet
    private let partitions: Partitioned<RiskPartition>

    package init(rules: RuleSet) {
        self.rules = rules
        partitions = Partitioned { _ in RiskPartition() }
    }

    /// Takes all signals of a batch, in any order, and lets levels fall that are due by its end.
    ///
    /// - Parameters:
    ///   - watermark: The highest event time up to the end of the batch.
    ///   - account: Finds an account's name and first event.
    package func run(
        _ signals: [Signal], watermark: Timestamp, shards: Int,
        account: @Sendable (AccountRef) -> NewAccount?
    ) -> RiskOutput {
        var routes = [[Signal]](repeating: [], count: Partition.count)
        for signal in signals { routes[signal.account.partition].append(signal) }
        let routed = routes
        let rules = rules
        let results = partitions.map(shards: shards) { partition, state in
            state.process(routed[partition], watermark: watermark, rules: rules, account: account)
        }
        var output = Self.merge(results)
        output.signals = Self.sorted(output.signals)
        return output
    }

    /// By (`order`, account, rule). Only places are moved to and fro: signals are large.
    private static func sorted(_ signals: [RecordedSignal]) -> [RecordedSignal] {
        let places = signals.indices.sorted { a, b in
            if signals[a].signal.order != signals[b].signal.order {
                return signals[a].signal.order < signals[b].signal.order
            }
            return (ExactText(signals[a].account), signals[a].signal.rule)
                < (ExactText(signals[b].account), signals[b].signal.rule)
        }
        return places.map { signals[$0] }
    }

    private static func merge(_ results: [RiskOutput]) -> RiskOutput {
        var output = RiskOutput()
        for result in results {
            output.scores.append(contentsOf: result.scores)
            output.alerts.append(contentsOf: result.alerts)
            output.signals.append(contentsOf: result.signals)
            output.ties.append(contentsOf: result.ties)
            output.orphans += result.orphans
        }
        output.ties.sort {
            ($0.score.order, ExactText($0.score.account)) < ($1.score.order, ExactText($1.score.account))
        }
        output.alerts.sort {
            ($0.score.order, ExactText($0.score.account)) < ($1.score.order, ExactText($1.score.account))
        }
        return output
    }

    /// Takes in an analyst's word on an account, between batches, in its turn.
    ///
    /// - Returns: The account's score after that; `nil` where the account is not there any more.
    package func decide(
        _ verdict: Verdict, on account: AccountRef, at time: Timestamp, seq: UInt64, order: UInt64,
        find: (AccountRef) -> NewAccount?
    ) -> Score? {
        partitions.with(account.partition) {
            $0.decide(verdict, on: account, at: time, seq: seq, order: order, rules: rules, find: find)
        }
    }

    /// Forgets accounts whose evidence has decayed to nothing, and returns their last scores. Call only between batches, at
    /// places that follow from `seq`.
    package func maintain(turn: Int, watermark: Timestamp) -> [Score] {
        let rules = rules
        return partitions.with(turn % Partition.count) { $0.forgetSpent(at: watermark, rules: rules) }
    }

    /// What is at stake for an account: 0 where no rule has spoken of it, else 1 more than its level.
    package func rank(_ account: AccountRef) -> UInt8 {
        partitions.with(account.partition) { $0.rank(account) }
    }

    /// Until when an analyst's word on an account holds; ``RiskModel/Timestamp/epoch`` where there is none.
    package func verdictEnd(_ account: AccountRef) -> Timestamp {
        partitions.with(account.partition) { $0.verdictEnd(account) }
    }

    /// Forgets accounts that gave way to others.
    ///
    /// - Returns: of how many a rule had spoken.
    package func remove(_ accounts: [AccountRef]) -> Int {
        Dictionary(grouping: accounts, by: \.partition).reduce(0) { count, group in
            count + partitions.with(group.key) { $0.remove(group.value) }
        }
    }

    /// Weighs every account anew, after a ``decode(_:from:)`` under other rules or another policy.
    ///
    /// A level that rises by a change of rules is alerted like any other rise: whoever made the rules harder must learn whom
    /// they hit.
    package func rescore(at watermark: Timestamp) -> RiskOutput {
        let rules = rules
        return Self.merge((0..<Partition.count).map { partitions.with($0) { $0.rescore(at: watermark, rules: rules) } })
    }

    /// Writes the records of one partition.
    package func encode(_ partition: Int, into writer: inout StateWriter) {
        partitions.with(partition) { $0.encode(rules: rules, into: &writer) }
    }

    /// Reads one partition in place of what is there; ``rescore(at:)`` follows where rules or policy are others.
    package func decode(_ partition: Int, from reader: inout StateReader) throws(StateFault) {
        let state = try RiskPartition(partition: partition, rules: rules, from: &reader)
        partitions.with(partition) { $0 = state }
    }

    /// Accounts that some rule has spoken of.
    package var recordCount: Int { (0..<Partition.count).reduce(0) { $0 + partitions.with($1) { $0.count } } }
}
