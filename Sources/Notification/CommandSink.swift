internal import CDelivery
internal import Glibc
internal import Settings
internal import Synchronization

/// Alerts on the standard input of a program, one at a time.
///
/// No shell: the words are passed as they stand. The program gets a session's beginning: its own process group, no open
/// descriptors, no blocked signals, the folder `/`, and six variables.
final class CommandSink: Sink {
    private static let pollMilliseconds: Int32 = 20
    /// What a program has to end in, once it was told to.
    private static let grace = Duration.seconds(5)

    private let command: Configuration.AlertSink.Command
    private let tellsNames: Bool
    private let isCancelled = Mutex(false)

    init(_ command: Configuration.AlertSink.Command, tellsNames: Bool) {
        self.command = command
        self.tellsNames = tellsNames
    }

    var batch: Int { 1 }
    var attempts: Int? { command.attempts }
    var patience: Duration { .milliseconds(command.timeoutMilliseconds) + Self.grace }

    func cancel() { isCancelled.withLock { $0 = true } }

    func deliver(_ messages: [AlertMessage]) -> Delivery {
        for (index, message) in messages.enumerated() {
            if let why = run(message) { return .failed(after: index, why: why) }
        }
        return .done
    }

    /// - Returns: `nil` where the program ended with 0.
    private func run(_ message: AlertMessage) -> String? {
        let input = unsafe anonymous_file("banrisk-alert", UInt32(ANONYMOUS_FILE_CLOEXEC))
        guard input >= 0 else { return "no memory for an alert: \(reason(errno))" }
        defer { close(input) }
        let text = Array((message.json(names: tellsNames) + "\n").utf8)
        // SAFETY: the kernel reads the array's own bytes.
        guard unsafe write(input, text, text.count) == text.count, lseek(input, 0, SEEK_SET) == 0 else {
            return "no memory for an alert: \(reason(errno))"
        }
        var pid: pid_t = 0
        let code = spawn(&pid, input: input, message)
        guard code == 0 else { return "\(command.words[0]) cannot be started: \(reason(code))" }
        return wait(for: pid)
    }

    private func spawn(_ pid: inout pid_t, input: CInt, _ message: AlertMessage) -> CInt {
        // SAFETY: actions and attributes are made, used and destroyed here; the texts are copies that live until they
        // are freed below, and the lists of them end with NULL.
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        unsafe _ = spawn_change_folder(&actions, "/")
        unsafe _ = spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var variables = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
            "BANRISK_ALERT=\(message.row.id)", "BANRISK_KEY=\(message.key)", "BANRISK_LEVEL=\(message.row.level)",
        ]
        if let campaign = message.row.campaign { variables.append("BANRISK_CAMPAIGN=\(campaign)") }
        if message.isTest { variables.append("BANRISK_TEST=1") }
        var words = unsafe command.words.map { unsafe strdup($0) } + [nil]
        var environment = unsafe variables.map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + environment).forEach { unsafe free($0) } }
        return unsafe posix_spawn(&pid, command.words[0], &actions, &attributes, &words, &environment)
    }

    private func wait(for pid: pid_t) -> String? {
        let limit = Duration.milliseconds(command.timeoutMilliseconds)
        let start = ContinuousClock.now
        var told: ContinuousClock.Instant?
        var why: String?
        while true {
            var status: Int32 = 0
            // SAFETY: the call fills one number; nobody else waits for this child.
            let ended = unsafe waitpid(pid, &status, WNOHANG)
            if ended == pid || (ended < 0 && errno != EINTR) {
                // What it left running in its group goes too.
                kill(-pid, SIGKILL)
                if let why { return why }
                if status == 0 { return nil }
                let signal = status & 0x7f
                return signal == 0
                    ? "\(command.words[0]) ended with status \(status >> 8 & 0xff)"
                    : "\(command.words[0]) was ended by signal \(signal)"
            }
            let now = ContinuousClock.now
            if let told {
                if now - told > Self.grace { kill(-pid, SIGKILL) }
            } else if now - start > limit || isCancelled.withLock({ $0 }) {
                why = now - start > limit ? "\(command.words[0]) took longer than \(limit)" : "it was interrupted"
                kill(-pid, SIGTERM)
                told = now
            }
            // Short at first: most programs are quick.
            usleep(now - start < .milliseconds(100) ? 2_000 : UInt32(Self.pollMilliseconds) * 1_000)
        }
    }
}
