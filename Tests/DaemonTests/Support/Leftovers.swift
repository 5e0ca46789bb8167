import Foundation
import Glibc
import Synchronization

/// What must not outlive the tests, even where one ends early: processes and folders.
enum Leftovers {
    private static let processes = Mutex<Set<pid_t>>([])
    private static let folders = Mutex<Set<String>>([])

    private static let cleaning: Void = {
        atexit {
            for pid in Leftovers.processes.withLock({ $0 }) { kill(pid, SIGKILL) }
            for path in Leftovers.folders.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
        }
    }()

    static func add(process: pid_t) {
        cleaning
        _ = processes.withLock { $0.insert(process) }
    }

    static func remove(process: pid_t) { _ = processes.withLock { $0.remove(process) } }

    static func add(folder: String) {
        cleaning
        _ = folders.withLock { $0.insert(folder) }
    }

    static func remove(folder: String) {
        try? FileManager.default.removeItem(atPath: folder)
        _ = folders.withLock { $0.remove(folder) }
    }
}

/// A folder with a path short enough for sockets; it goes with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/banrisk-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        path = String(cString: made)
        Leftovers.add(folder: path)
    }

    deinit { Leftovers.remove(folder: path) }

    /// The path of a file in the folder.
    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file and returns its path.
    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: self(name), atomically: false, encoding: .utf8)
        return self(name)
    }
}
