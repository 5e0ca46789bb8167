import RiskModel
@testable import Spool

/// A spool whose committer runs when the test says so, on the test's own thread.
final class SpoolDriver {
    let spool: Spool
    private var committer: Committer

    init(_ path: String, _ limits: Spool.Limits, applied: UInt64 = 0, disk: Disk = .system) throws(SpoolError) {
        let directory = try SpoolDirectory(path: path, disk: disk)
        let found = try Recovery(
            directory: directory, verifiedBytes: limits.verifiedBytes, sessionCapacity: limits.sessions,
            applied: applied)
        let core = SpoolCore(directory: directory, limits: limits, recovery: found, now: { .epoch })
        spool = Spool(core: core, recovery: found.report)
        committer = Committer(core: core, resumption: found.resumption)
    }

    /// Commits what is pending as one group for each segment. False if it was given up.
    func commit() -> Bool { committer.commitPending() }

    /// Ends as the daemon does: what is pending is committed.
    func close() {
        spool.close()
        committer.run()
    }
}
