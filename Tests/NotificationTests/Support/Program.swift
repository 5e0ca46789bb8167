import Foundation
import Glibc

/// A process of this one, with no descriptor but those that it is given. It is killed and reaped, at the latest when it is
/// released.
final class Program: @unchecked Sendable {
    let processIdentifier: pid_t
    private let lock = NSLock()
    private var status: CInt?

    /// - Parameters:
    ///   - output: descriptors that are its standard input and output; `nil`: `/dev/null`.
    ///   - errors: the file that its standard error is written behind.
    init(
        _ program: String, _ arguments: [String], input: CInt? = nil, output: CInt? = nil, errors: String = "/dev/null",
        terminal: String = "xterm"
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, given) in [(STDIN_FILENO, input), (STDOUT_FILENO, output)] {
            if let given {
                posix_spawn_file_actions_adddup2(&actions, given, target)
            } else {
                posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0)
            }
        }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // A thread of the test runner may have blocked signals; the program starts with none blocked or ignored.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var variables = ProcessInfo.processInfo.environment
        variables["TERM"] = terminal
        variables["NO_COLOR"] = nil
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var pairs: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in words + pairs { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, program, &actions, &attributes, &words, &pairs)
        guard code == 0 else { throw POSIXError(.init(rawValue: code) ?? .EIO) }
        processIdentifier = pid
    }

    deinit { end() }

    var isRunning: Bool { lock.withLock { reap(WNOHANG) == nil } }

    /// 0 to 255; -1 where a signal ended it.
    var terminationStatus: Int32 {
        let status = lock.withLock { reap(0) } ?? -1
        return status & 0x7f == 0 ? status >> 8 & 0xff : -1
    }

    func waitUntilExit() { _ = terminationStatus }

    func signal(_ number: CInt) { lock.withLock { if reap(WNOHANG) == nil { kill(processIdentifier, number) } } }

    /// Kills it, and waits for its end.
    func end() {
        signal(SIGKILL)
        waitUntilExit()
    }

    private func reap(_ options: CInt) -> CInt? {
        if status == nil {
            var ended: CInt = 0
            if waitpid(processIdentifier, &ended, options) == processIdentifier { status = ended }
        }
        return status
    }
}
