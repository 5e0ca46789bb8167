import Foundation
import Glibc

/// Somebody at the prompt of the real `sqlite3`, who stays connected between statements.
final class Analyst {
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let keyboard: CInt
    private var statements = 0

    init(_ database: String, readOnly: Bool) throws {
        folder = try TemporaryFolder()
        let path = folder("keyboard")
        // Both ends at once, so that opening does not wait for `sqlite3`.
        guard mkfifo(path, 0o600) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        keyboard = open(path, O_RDWR | O_CLOEXEC)
        let options = readOnly ? ["-readonly"] : []
        process = try ChildProcess("sqlite3", options + ["-batch", database], input: path)
    }

    deinit { close(keyboard) }

    /// Types statements and waits until they are done.
    func execute(_ sql: String) throws {
        statements += 1
        let done = folder("done-\(statements)")
        try type("\(sql)\n.shell touch \(done)\n")
        try eventually("sqlite3 to finish; it has said: \(process.errors)") {
            FileManager.default.fileExists(atPath: done)
        }
    }

    /// Leaves, and returns the lines that were printed.
    func leave() throws -> [String] {
        try type(".quit\n")
        guard try process.wait() == .exit(0), process.errors.isEmpty else {
            throw NeverCame(description: "sqlite3 failed: \(process.errors)")
        }
        return process.output.split(separator: "\n").map(String.init)
    }

    private func type(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard write(keyboard, bytes, bytes.count) == bytes.count else {
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
    }
}
