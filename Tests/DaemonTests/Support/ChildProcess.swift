import Foundation
import Glibc

/// A process of this one. It is killed and reaped, at the latest when it is released.
final class ChildProcess {
    /// How it ended.
    enum End: Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    let pid: pid_t
    private let program: String
    private let folder = Result { try TemporaryFolder() }
    private var end: End?

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: a path, or a name to look for in `PATH`.
    ///   - environment: in place of the inherited values of these names; `nil` takes one away.
    ///   - input: the file that is standard input.
    ///   - terminal: a descriptor that is standard output and error in place of two files.
    init(
        _ program: String, _ arguments: [String], environment: [String: String?] = [:], input: String = "/dev/null",
        terminal: CInt? = nil
    ) throws {
        self.program = program
        let folder = try folder.get()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        if let terminal {
            posix_spawn_file_actions_adddup2(&actions, terminal, STDOUT_FILENO)
            posix_spawn_file_actions_adddup2(&actions, terminal, STDERR_FILENO)
        } else {
            let flags = O_WRONLY | O_CREAT | O_APPEND
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, folder("output"), flags, 0o600)
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, folder("errors"), flags, 0o600)
        }

        // A thread of the test runner may have blocked signals; the program starts with none blocked or ignored.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var variables = ProcessInfo.processInfo.environment
        for name in ["NO_COLOR", "BANRISK_DATABASE", "BANRISK_CONTROL"] { variables[name] = nil }
        variables["TERM"] = "xterm"
        for (name, value) in environment { variables[name] = value }

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var pairs: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in words + pairs { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, program, &actions, &attributes, &words, &pairs)
        guard code == 0 else {
            throw NeverCame(description: "\(program) cannot be started: \(String(cString: strerror(code)))")
        }
        self.pid = pid
        Leftovers.add(process: pid)
    }

    deinit {
        if end == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        Leftovers.remove(process: pid)
    }

    /// What it has written so far.
    var output: String { text("output") }
    var errors: String { text("errors") }

    private func text(_ name: String) -> String {
        guard let path = try? folder.get()(name), let data = FileManager.default.contents(atPath: path) else {
            return ""
        }
        return String(decoding: data, as: UTF8.self)
    }

    func signal(_ number: Int32) { if end == nil { kill(pid, number) } }

    /// How it ended; `nil` while it runs.
    func poll() -> End? {
        if end == nil {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                let number = status & 0x7f
                end = number == 0 ? .exit(status >> 8 & 0xff) : .signal(number)
                Leftovers.remove(process: pid)
            }
        }
        return end
    }

    /// Waits until it ends by itself.
    func wait() throws -> End {
        try answer(to: "the end of \(program), which has said: \(errors)") { poll() }
    }

    /// Waits until the kernel has stopped every thread of it (SIGSTOP).
    func waitUntilStopped() throws {
        try eventually("\(program) to stop") {
            let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
            return tasks.allSatisfy { task in
                let line = try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/stat", encoding: .utf8)
                return line?.split(separator: ")").last?.hasPrefix(" T") ?? true
            }
        }
    }
}

/// What a program said, and how it ended.
struct Outcome {
    var end: ChildProcess.End
    var output: String
    var errors: String

    /// The lines of standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// Runs a program to its end.
func run(
    _ program: String, _ arguments: [String], environment: [String: String?] = [:], input: String = "/dev/null"
) throws -> Outcome {
    let process = try ChildProcess(program, arguments, environment: environment, input: input)
    let end = try process.wait()
    return Outcome(end: end, output: process.output, errors: process.errors)
}

/// Runs the tool to its end.
func banrisk(
    _ arguments: String..., environment: [String: String?] = [:], input: String = "/dev/null"
) throws -> Outcome {
    try run(Places.banrisk, arguments, environment: environment, input: input)
}
