import Assembly
import Evaluation
import Pipeline
import RiskModel
import Settings
import Store

/// One of the two sides of a backtest: a pipeline under its rules, with a database of its own.
struct BacktestSide {
    let assembly: Assembly
    let pipeline: Pipeline
    private let writer: StoreWriter
    private let queue: StoreQueue
    private let database: String
    /// By rule, the signals that it gave; also those that count nothing.
    private(set) var signals: [String: Int] = [:]
    /// Accounts' alerts, by the level's raw value.
    private(set) var alerts = [Int](repeating: 0, count: Level.allCases.count)
    private(set) var campaignAlerts = 0

    /// - Parameter database: a path where nothing is yet.
    init(_ assembly: Assembly, database: String) throws {
        self.assembly = assembly
        self.database = database
        pipeline = assembly.makePipeline()
        writer = try StoreWriter(
            path: database, rules: assembly.configuration.ruleSet, inactive: assembly.inactive,
            configuration: assembly.record,
            retention: assembly.replayRetention)
        queue = StoreQueue(writer: writer, mode: .replay)
    }

    mutating func process(_ batch: FrameBatch) throws { try take(pipeline.process(batch)) }

    /// No more frames come.
    mutating func finish() throws {
        try take(pipeline.finish())
        try queue.finish()
        writer.close()
    }

    private mutating func take(_ changes: Changes) throws {
        let rules = assembly.configuration.ruleSet.rules
        for signal in changes.signals { signals[rules[signal.signal.rule].id, default: 0] += 1 }
        for alert in changes.alerts {
            if alert.campaign == nil { alerts[Int(alert.level.rawValue)] += 1 } else { campaignAlerts += 1 }
        }
        try queue.put(changes)
    }

    /// What became of the accounts, and how many campaigns there are.
    func results(_ moment: Moment) throws(StoreError) -> (accounts: Results, campaigns: Int) {
        let reader = try StoreReader(path: database)
        var every = CampaignFilter()
        every.limit = .max
        return (try reader.results(moment), try reader.campaigns(every).count)
    }
}
