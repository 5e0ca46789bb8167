internal import Glibc
internal import RiskModel

/// A buffer in front of standard output.
struct Output: ~Copyable {
    private var bytes: [UInt8] = []
    private let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Adds a line, and writes when 64 KiB have gathered. On a terminal nothing of a line of JSON is obeyed, hidden or reordered.
    mutating func line(_ text: String) throws(ToolError) {
        bytes.append(contentsOf: (isTerminal ? PlainText.escaped(json: text) : text).utf8)
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count >= 65_536 { try flush() }
    }

    /// Writes what has gathered. Must be called at the end.
    ///
    /// - Throws: ``ToolError/inputOutput(_:)``, with `EPIPE` where the reader has gone.
    mutating func flush() throws(ToolError) {
        var written = 0
        while written < bytes.count {
            // SAFETY: the buffer holds `count - written` bytes from `written` on and lives during the call.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe write(STDOUT_FILENO, $0.baseAddress.unsafelyUnwrapped + written, $0.count - written)
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                let code = errno
                bytes.removeAll()
                throw .inputOutput(code)
            }
        }
        bytes.removeAll(keepingCapacity: true)
    }

    /// Whether the reader of standard output has gone.
    static var isClosed: Bool {
        var query = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        // SAFETY: one pollfd is given and counted.
        return unsafe poll(&query, 1, 0) == 1 && query.revents & Int16(POLLERR | POLLNVAL) != 0
    }
}
