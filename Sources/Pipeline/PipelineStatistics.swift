package import RiskModel

/// What the pipeline has processed since it started.
package struct PipelineStatistics: Sendable, Hashable {
    package var frames = 0
    package var events = 0
    package var rejected = 0
    /// Signals that changed a score.
    package var signals = 0
    package var alerts = 0
    /// Signals for accounts that had given way.
    package var orphanSignals = 0
    /// Accounts that are kept now.
    package var accounts = 0
    /// Accounts that gave way to others at the limit.
    package var evictedAccounts = 0
    /// Entities that gave way to others at the limit.
    package var evictedEntities = 0
    package var throughSeq: UInt64 = 0
    package var watermark = Timestamp.epoch
}
