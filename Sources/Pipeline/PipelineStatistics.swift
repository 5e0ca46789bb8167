package import Ordering
package import RiskModel

/// What the pipeline has processed since it started, and what it keeps.
package struct PipelineStatistics: Sendable, Hashable {
    package var frames = 0
    /// Events that the folds have seen.
    package var events = 0
    package var rejected = 0
    /// Signals that changed a score.
    package var signals = 0
    package var alerts = 0
    /// Signals for accounts that had given way.
    package var orphanSignals = 0
    /// Accounts, entities, and accounts with evidence, that are kept now.
    package var accounts = 0
    package var entities = 0
    package var riskyAccounts = 0
    /// What gave way to others at a limit: accounts, those of them with evidence, entities.
    package var evictedAccounts = 0
    package var evictedRecords = 0
    package var evictedEntities = 0
    package var ordering = Sequencer.Statistics()
    package var throughSeq: UInt64 = 0
    package var watermark = Timestamp.epoch
    /// By rule: the seconds of work that it took since it came in force, estimated from samples.
    package var ruleSeconds: [String: Double] = [:]
}
