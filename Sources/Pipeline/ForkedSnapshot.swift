import CLinux
import Glibc
import Synchronization

/// A snapshot that a child process writes, while the pipeline goes on.
///
/// fork(2) gives the child the state as it was between two batches; the kernel copies a page when either side touches it,
/// so the pipeline stands still only while the page tables are copied. The child has one thread. It takes no lock that
/// another thread could hold (``Pipeline/writeSnapshot(to:)``; glibc keeps `malloc` usable after a fork), closes every
/// descriptor, and dies with the thread that made it: neither a client nor the spool's lock is kept by it.
final class ForkedSnapshot: Sendable {
    /// The child, until it has ended: its number may be another process's afterwards.
    private let child: Mutex<pid_t?>
    private let path: String
    /// How long the pipeline stood still.
    let pause: Duration

    /// To be called by the pipeline's own thread, which outlives the child.
    init(of pipeline: Pipeline, to path: String) throws(SnapshotError) {
        let clock = ContinuousClock()
        let start = clock.now
        let child = try pipeline.withState { state throws(SnapshotError) in
            let child = fork()
            guard child >= 0 else { throw .system(call: "fork", path: path, errno: errno) }
            if child == 0 { Self.runChild(&state, path) }
            return child
        }
        self.child = Mutex(child)
        self.path = path
        pause = clock.now - start
    }

    /// What the child does; it never returns.
    private static func runChild(_ state: inout Pipeline.State, _ path: String) -> Never {
        set_parent_death_signal(CInt(PR_SET_PDEATHSIG), UInt(SIGKILL))
        close_descriptors(3, .max, 0)
        _ = nice(10)
        do throws(SnapshotError) {
            try Pipeline.write(&state, to: path)
            _exit(0)
        } catch {
            if case .system(_, _, let code) = error { _exit(code) }
            _exit(1)
        }
    }

    /// Waits until the child has written the snapshot; kills it when it takes too long.
    func wait(patience: Duration) throws(SnapshotError) {
        let deadline = ContinuousClock.now + patience
        while true {
            let status = try child.withLock { child throws(SnapshotError) in try Self.reap(&child, path) }
            if let status {
                guard status != 0 else { return }
                unsafe _ = unlink(path)
                // An exit code is an errno; a signal has none.
                throw .system(call: "writing", path: path, errno: status & 0x7f == 0 ? status >> 8 & 0xff : EINTR)
            }
            if ContinuousClock.now > deadline { cancel() }
            usleep(20_000)
        }
    }

    /// The child's status once it has ended, as waitpid(2) gives it.
    private static func reap(_ child: inout pid_t?, _ path: String) throws(SnapshotError) -> CInt? {
        var status: CInt = 0
        // SAFETY: waitpid writes only into `status`.
        let ended = unsafe waitpid(child ?? -1, &status, WNOHANG)
        if ended == 0 || ended < 0 && errno == EINTR { return nil }
        child = nil
        guard ended > 0 else { throw .system(call: "waitpid", path: path, errno: errno) }
        return status
    }

    /// Ends the child, whatever it has written.
    func cancel() {
        child.withLock { if let child = $0 { kill(child, SIGKILL) } }
    }
}
