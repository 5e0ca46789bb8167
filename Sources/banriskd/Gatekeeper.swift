import Assembly
import Glibc
import Intake
import Logging
import RiskModel
import Settings
import Store
import Synchronization

/// Says what a peer may do, and writes down what was done.
final class Gatekeeper: Sendable {
    private let live: LiveAssembly
    private let writer: StoreWriter
    private let logger: Logger
    /// The groups of the configuration in force, looked up once.
    private let known: Mutex<(names: Configuration.Access, access: Access)?> = Mutex(nil)
    private let refusals = Mutex(RefusalLimit())

    init(live: LiveAssembly, writer: StoreWriter, logger: Logger) {
        self.live = live
        self.writer = writer
        self.logger = logger
    }

    /// The access that the configuration in force gives.
    var access: Access {
        let names = live.current.configuration.access
        return known.withLock { known in
            if let known, known.names == names { return known.access }
            let access = Access(shippers: names.shippers, operators: names.operators, analysts: names.analysts)
            known = (names, access)
            return access
        }
    }

    /// Writes entries down. Where the database takes them not, the log says so: what was done is done.
    ///
    /// Of one user's refusals only some are written, and then how many there were: nobody shall push the others' rows out.
    func audit(_ entries: [AuditEntry]) {
        let entries = refusals.withLock { refusals in entries.flatMap { refusals.admit($0) } }
        do {
            try writer.audit(entries)
        } catch {
            logger.error("\(entries.count) entries of the audit are lost: \(error)", metadata: ["event": "audit.lost"])
        }
    }

    /// Does what a peer asks for on the control socket, if one of his roles allows it, and writes it down.
    ///
    /// - Parameter body: gives the answer, and whether it was done.
    /// - Returns: `nil` if he may not.
    func admit<Answer>(
        _ peer: Peer, as roles: Roles, _ action: String, subject: String? = nil,
        _ body: () -> (answer: Answer, isDone: Bool)
    ) -> Answer? {
        let held = access.roles(of: peer)
        var entry = AuditEntry(
            time: Timestamp.now, uid: peer.uid, user: peer.name, roles: held.names, way: "control",
            action: action, subject: subject, outcome: .refused)
        guard !held.isDisjoint(with: roles) else {
            audit([entry])
            return nil
        }
        let (answer, isDone) = body()
        entry.outcome = isDone ? .done : .failed
        audit([entry])
        return answer
    }
}

extension Timestamp {
    /// The wall clock: for what is no event.
    static var now: Timestamp {
        var time = timespec()
        // SAFETY: the call writes only into `time`.
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: max(0, Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000))
    }
}
