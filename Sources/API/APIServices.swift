package import Assembly
package import Intake
package import RiskModel
package import Store

/// What the HTTP interface asks of the daemon. Everything may be called from any thread; what waits says so.
package struct APIServices: Sendable {
    /// How the daemon stands.
    package var status: @Sendable () -> DaemonStatus
    /// Who may do what, by the configuration in force.
    package var access: @Sendable () -> Access
    /// Reads the configuration and everything that it names again. Waits for it.
    package var reload: @Sendable () -> ReloadAnswer
    /// Records a verdict. Waits for the disk.
    package var verdict: @Sendable (VerdictRequest, VerdictPeer) -> VerdictAnswer
    /// Drops rows of the quarantine, or has them tried again. Waits for it.
    package var quarantine: @Sendable (QuarantineRequest) -> QuarantineAnswer
    /// Which frames of the batch will go to quarantine, and why. Their `seq` comes back in the rejection.
    package var check: @Sendable (FrameBatch) -> [Rejection]
    /// Writes entries of the audit down. Waits for the database.
    package var audit: @Sendable ([AuditEntry]) -> Void
    /// Where events go.
    package var sink: any AcknowledgingSink
    /// The database that is read.
    package var databasePath: String

    package init(
        status: @escaping @Sendable () -> DaemonStatus, access: @escaping @Sendable () -> Access,
        reload: @escaping @Sendable () -> ReloadAnswer,
        verdict: @escaping @Sendable (VerdictRequest, VerdictPeer) -> VerdictAnswer,
        quarantine: @escaping @Sendable (QuarantineRequest) -> QuarantineAnswer,
        check: @escaping @Sendable (FrameBatch) -> [Rejection], audit: @escaping @Sendable ([AuditEntry]) -> Void,
        sink: any AcknowledgingSink, databasePath: String
    ) {
        self.status = status
        self.access = access
        self.reload = reload
        self.verdict = verdict
        self.quarantine = quarantine
        self.check = check
        self.audit = audit
        self.sink = sink
        self.databasePath = databasePath
    }
}
