import Foundation
import Glibc
import Intake
import RiskModel
import TestSupport
import Testing

@testable import Intake

/// What who may write below a followed folder cannot make of the daemon.
@Suite(.timeLimit(.minutes(1)))
struct FollowSafetyTests {
    private let folder: LogFolder
    private let sink = SpoolModel()

    init() throws {
        folder = try LogFolder()
        try folder.makeFolder("own")
        try folder.makeFolder("logs")
    }

    /// A file with a lock of this process, as SQLite has them: gone as soon as any descriptor of the file is closed.
    private final class Locked {
        private let raw: CInt

        init(_ path: String) throws {
            raw = open(path, O_RDWR | O_CLOEXEC)
            var lock = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
            guard raw >= 0, fcntl(raw, F_SETLK, &lock) == 0 else { throw POSIXError(.EIO) }
        }

        deinit { close(raw) }

        /// As the kernel says to who asks as an owner of another kind. /proc/locks misses locks while others come and go.
        var isHeld: Bool {
            let askForOpenFile: CInt = 36  // F_OFD_GETLK, fcntl(2); Glibc's module leaves it out.
            var lock = flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
            return fcntl(raw, askForOpenFile, &lock) == 0 && lock.l_type == Int16(F_WRLCK) && lock.l_pid == getpid()
        }
    }

    @Test func `no file of the daemon's own loses its lock, whatever leads there`() throws {
        try folder.append("not for the spool\n", to: "own/banrisk.db")
        try folder.append("nor this\n", to: "elsewhere.db")
        let inside = try Locked(folder("own/banrisk.db"))
        let outside = try Locked(folder("elsewhere.db"))
        for name in ["w", "v"] { try folder.makeFolder("logs/\(name)") }
        try folder.link("logs/w/logs", to: folder("own"))
        try folder.makeFolder("logs/v/logs")
        try folder.link("logs/v/logs/a.db", to: folder("own/banrisk.db"))
        #expect(link(folder("own/banrisk.db"), folder("logs/v/logs/b.db")) == 0)
        #expect(link(folder("elsewhere.db"), folder("logs/v/logs/c.db")) == 0)
        try folder.append("good\n", to: "logs/v/logs/good.log")
        let paths = ["logs/*/logs/*", "*/*"].map { FollowedPath(pattern: folder($0)) }
        let own = ["own/banrisk.db", "elsewhere.db", "none"].map { folder($0) }
        let run = try FollowRun(folder, paths, sink, ownFiles: own)
        #expect(sink.waitForLines(1) && run.waitUntil { $0.faults == 2 })
        try run.stop()
        #expect(sink.texts == ["good"])
        #expect(inside.isHeld && outside.isHeld)
    }

    @Test func `folders are not followed through others' links, nor into the kernel's`() throws {
        try folder.makeFolder("secret")
        try folder.append("key\n", to: "secret/api.token")
        for name in ["u", "p", "v"] { try folder.makeFolder("logs/\(name)") }
        try folder.link("logs/u/logs", to: folder("secret"))
        try folder.link("logs/p/logs", to: "/proc/self")
        try folder.makeFolder("logs/v/logs")
        if geteuid() == 0 {
            #expect(lchown(folder("logs/u/logs"), 1001, 1001) == 0)
        } else {
            try folder.remove("logs/u/logs")
        }
        try folder.append("good\n", to: "logs/v/logs/good.log")
        let paths = ["logs/*/logs/*", "logs/u/logs/api.token", "**/logs/*.token"].map {
            FollowedPath(pattern: folder($0))
        }
        let run = try FollowRun(folder, paths, sink)
        #expect(sink.waitForLines(1))
        try folder.append("better\n", to: "logs/v/logs/good.log")
        #expect(sink.waitForLines(2) && run.waitUntil { $0.files == 1 && $0.lagBytes == 0 })
        try run.stop()
        #expect(sink.texts == ["good", "better"])
        #expect(run.notices.list.isEmpty)
    }

    /// Opens a path, and says which file it is.
    private func identity(_ name: String) -> FileIdentity? {
        guard let file = TrustedPath.open(folder(name)) else { return nil }
        return FileStatus(descriptor: file.raw)?.identity
    }

    @Test func `a path is walked as the kernel does, but for others' links`() throws {
        try folder.makeFolder("logs/a")
        try folder.append("line\n", to: "logs/a/x.log")
        try folder.link("current", to: "logs/../logs/./a")
        try folder.link("logs/a/y.log", to: "../../current/x.log")
        try folder.link("loop", to: "loop")
        let file = FileStatus(path: folder("logs/a/x.log"))?.identity
        #expect(file != nil && identity("logs/a/x.log") == file && identity("current/y.log") == file)
        #expect(identity("loop") == nil && identity("logs/a/x.log/..") == nil && identity("none") == nil)
        guard geteuid() == 0 else { return }
        #expect(lchown(folder("logs/a/y.log"), 1001, 1001) == 0)
        #expect(identity("current/y.log") == nil)
        #expect(chown(folder("logs/a/x.log"), 1001, 1001) == 0)
        #expect(identity("current/y.log") == file)
        #expect(lchown(folder("current"), 1001, 1001) == 0)
        #expect(identity("current/x.log") == nil && identity("logs/a/y.log") == nil && errno == ELOOP)
    }

    // MARK: Many files

    @Test func `thousands of files that begin alike hold up neither the others nor the stop`() throws {
        let count = 3000
        let same = "the same beginning in all of these files, again and again"
        for i in 0..<count { try folder.append("\(same)\n\(same)\nnumber \(i)\n", to: "logs/x\(i).log") }
        try folder.append("first\n", to: "own.log")
        let paths = ["own.log", "logs/*.log"].map { FollowedPath(pattern: folder($0)) }
        let run = try FollowRun(folder, paths, sink)
        #expect(sink.waitForLines(1))
        try folder.append("second\n", to: "own.log")
        #expect(sink.waitForLines(3 * count + 2, seconds: 50))
        try run.stop()
        #expect(Set(sink.texts).count == count + 3)

        // A stop amid the next identification: nothing is lost, and nothing read twice.
        for i in 0..<count { try folder.append("later \(i)\n", to: "logs/x\(i).log") }
        let stopped = try FollowRun(folder, paths, sink)
        #expect(sink.waitForLines(3 * count + 3))
        try stopped.stop()
        let last = try FollowRun(folder, paths, sink)
        #expect(sink.waitForLines(4 * count + 2, seconds: 50))
        try last.stop()
        #expect(sink.lines.count == 4 * count + 2 && Set(sink.texts).count == 2 * count + 3)
    }

    @Test func `a path that has taken all room leaves the others their share`() throws {
        var limits = FollowRun.limits
        limits.files = 8
        for i in 0..<20 { try folder.append("\(i)\n", to: "logs/\(i).log") }
        let paths = ["logs/*.log", "*.log"].map { FollowedPath(pattern: folder($0)) }
        let run = try FollowRun(folder, paths, sink, limits: limits)
        // Four in common, and two for each.
        #expect(sink.waitForLines(6) && run.waitUntil { $0.ignoredFiles == 14 })
        for i in 0..<3 { try folder.append("other \(i)\n", to: "\(i).log") }
        #expect(sink.waitForLines(8) && run.waitUntil { $0.ignoredFiles == 15 && $0.files == 8 })
        try run.stop()
        #expect(sink.texts.count { $0.hasPrefix("other") } == 2 && sink.texts.count == 8)
    }
}
