internal import ArgumentParser
internal import Glibc
internal import Store

/// Why a command ended without doing its work; each with its exit status.
enum ToolError: Error {
    /// What was asked for is not there.
    case notFound(String)
    /// An input or a configuration file is at fault.
    case faultyInput(String)
    case store(StoreError)
    /// The daemon does not answer.
    case unreachable(String)
    /// Standard output or a file failed with this `errno`.
    case inputOutput(Int32)

    /// 1 and 2 are the tool's own; the others are those of `sysexits.h`.
    var status: Int32 {
        switch self {
        case .notFound: 1
        case .faultyInput: 2
        case .store(.sqlite), .store(.full), .store(.corrupt): EX_IOERR
        case .store, .unreachable: EX_UNAVAILABLE
        case .inputOutput: EX_IOERR
        }
    }

    var message: String {
        switch self {
        case .notFound(let text), .faultyInput(let text), .unreachable(let text): text
        case .store(let error): error.description
        case .inputOutput(let code): unsafe String(cString: strerror(code))  // SAFETY: strerror's text is copied.
        }
    }

    /// For every command's help.
    static let discussion = """
        Exit status: 0 done, 1 nothing found, 2 faulty input or configuration, 64 wrong usage, \
        69 the database or the daemon cannot be reached, 74 input or output failed.
        """

    /// Runs a command's body, says on standard error what went wrong, and turns it into the exit status.
    ///
    /// A reader that closes standard output has what it wanted: that is no fault.
    static func reporting(_ body: () throws -> Void) throws {
        do {
            signal(SIGPIPE, SIG_IGN)
            try body()
        } catch let error as ToolError {
            if case .inputOutput(EPIPE) = error { return }
            throw error.reported()
        } catch let error as StoreError {
            throw ToolError.store(error).reported()
        }
    }

    private func reported() -> ExitCode {
        Terminal.complain(message)
        return ExitCode(status)
    }
}
