import Foundation
import Glibc

/// A folder of logs, removed with everything in it when it is released; and what writers and rotations do in it.
final class LogFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/banrisk-files-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(what: "mkdtemp", errno: errno) }
        path = String(cString: made)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    struct Failure: Error {
        var what: String
        var errno: CInt
    }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Appends in one write, as a logger does.
    func append(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name, O_APPEND) }

    /// Cuts a file to nothing and writes it anew.
    func overwrite(_ name: String, with text: String) throws { try write(Array(text.utf8), to: name, O_TRUNC) }

    private func write(_ bytes: [UInt8], to name: String, _ flag: CInt) throws {
        let raw = open(self(name), O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0o644)
        guard raw >= 0 else { throw Failure(what: "open", errno: errno) }
        defer { close(raw) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(raw, $0.baseAddress.map { $0 + done }, $0.count - done) }
            guard count > 0 else { throw Failure(what: "write", errno: errno) }
            done += count
        }
    }

    func truncate(_ name: String) throws { try check("truncate", Glibc.truncate(self(name), 0)) }
    func rename(_ name: String, to other: String) throws { try check("rename", Glibc.rename(self(name), self(other))) }
    func remove(_ name: String) throws { try check("unlink", unlink(self(name))) }
    func makeFolder(_ name: String) throws { try check("mkdir", mkdir(self(name), 0o755)) }
    func link(_ name: String, to target: String) throws { try check("symlink", symlink(target, self(name))) }
    func exists(_ name: String) -> Bool { access(self(name), F_OK) == 0 }
    func copy(_ name: String, to other: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: self(name)))
        try data.write(to: URL(fileURLWithPath: self(other)), options: [])
    }

    /// As `gzip FILE` does.
    func gzip(_ name: String) throws { try run("gzip", "-f", self(name)) }

    private func run(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        try check(arguments[0], process.terminationStatus)
    }

    private func check(_ what: String, _ code: CInt) throws {
        if code != 0 { throw Failure(what: what, errno: errno) }
    }
}
