import Foundation
import Glibc
import Intake
import RiskModel
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct FileFollowerTests {
    private let folder: LogFolder
    private let sink = SpoolModel()

    init() throws { folder = try LogFolder() }

    /// Lines that no other call makes, and long enough to know a file by.
    private func lines(_ label: String, _ count: Int) -> [String] {
        (1...count).map { "\(label) \($0) \(UInt64.random(in: 0 ... .max)) of some length, as log lines have it" }
    }

    private func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    // MARK: Growing

    @Test func `a file is read from its beginning and followed as it grows`() throws {
        let (old, new) = (lines("old", 3), lines("new", 2))
        try folder.append(text(old), to: "x.log")
        let run = try FollowRun(folder, "x.log", sink)
        #expect(sink.waitForLines(3))
        try folder.append(text(new), to: "x.log")
        #expect(sink.waitForLines(5))
        try run.stop()
        #expect(sink.texts == old + new)
        #expect(sink.lines.map(\.origin.ordinal).last == UInt64(text(old + new).utf8.count))
        #expect(Set(sink.lines.map(\.origin.session)).count == 1)
    }

    @Test func `from the end, only what comes later is read, of files that are there at first`() throws {
        try folder.append(text(lines("old", 3)) + "begun", to: "x.log")
        let new = lines("new", 1)
        let run = try FollowRun(folder, "*.log", from: .end, sink)
        #expect(run.waitUntil { $0.files == 1 })
        try folder.append(", and ended\n" + text(new), to: "x.log")
        #expect(sink.waitForLines(1))
        let other = lines("other", 1)
        try folder.append(text(other), to: "y.log")
        #expect(sink.waitForLines(2))
        try run.stop()
        #expect(sink.texts == new + other)
    }

    @Test func `a line waits for its newline`() throws {
        let run = try FollowRun(folder, "x.log", sink)
        try folder.append("first\nsec", to: "x.log")
        #expect(sink.waitForLines(1))
        #expect(run.waitUntil { $0.lagBytes == 3 })
        try folder.append("ond\n", to: "x.log")
        #expect(sink.waitForLines(2))
        try run.stop()
        #expect(sink.texts == ["first", "second"])
        #expect(sink.lines.allSatisfy { $0.flags == [] })
    }

    @Test func `a restart goes on behind what the spool has`() throws {
        let all = lines("line", 100)
        try folder.append(text(Array(all[..<60])), to: "x.log")
        let unsynced = SpoolModel(isSyncing: false)
        var run = try FollowRun(folder, "x.log", unsynced)
        #expect(unsynced.waitForLines(60))
        // Killed: what is not on disk is lost, and the state does not say otherwise.
        unsynced.sync(through: 40)
        unsynced.fail(afterAppends: 0)
        try folder.append(text(Array(all[60...])), to: "x.log")
        #expect(throws: SpoolModel.Crash.self) { try run.wait() }
        unsynced.crash()
        #expect(unsynced.lines.count == 40)
        run = try FollowRun(folder, "x.log", unsynced)
        #expect(unsynced.waitForLines(100))
        unsynced.sync()
        try run.stop()
        #expect(unsynced.texts == all)
    }

    @Test func `what the spool has forgotten is known from the state`() throws {
        let all = lines("line", 20)
        try folder.append(text(Array(all[..<10])), to: "x.log")
        var run = try FollowRun(folder, "x.log", sink)
        #expect(sink.waitForLines(10))
        try run.stop()
        let later = SpoolModel()
        run = try FollowRun(folder, "x.log", later)
        try folder.append(text(Array(all[10...])), to: "x.log")
        #expect(later.waitForLines(10))
        try run.stop()
        #expect(later.texts == Array(all[10...]))
    }

    // MARK: Rotation

    @Test(arguments: [true, false])
    func `a file that is renamed is read to its end, and the new one from its beginning`(isRunning: Bool) throws {
        let (a, b, c) = (lines("a", 3), lines("b", 2), lines("c", 2))
        try folder.append(text(a), to: "x.log")
        var run = try FollowRun(folder, "x.log", sink)
        #expect(sink.waitForLines(3))
        if !isRunning { try run.stop() }
        try folder.rename("x.log", to: "x.log.1")
        try folder.append(text(b) + "no newline", to: "x.log.1")
        try folder.append(text(c), to: "x.log")
        if !isRunning { run = try FollowRun(folder, "x.log", sink) }
        #expect(sink.waitForLines(8))
        try run.stop()
        #expect(sink.texts.filter { !$0.hasPrefix("c") } == a + b + ["no newline"])
        #expect(sink.texts.filter { $0.hasPrefix("c") } == c)
        #expect(sink.lines.filter { $0.flags == .unterminated }.map(\.text) == ["no newline"])
    }

    @Test(arguments: [true, false])
    func `a file that is copied and cut is read once, and the rest from the copy`(isRunning: Bool) throws {
        let (a, b, c) = (lines("a", 3), lines("b", 2), lines("c", 2))
        try folder.append(text(a), to: "x.log")
        var run = try FollowRun(folder, "x.log*", rotated: true, sink)
        #expect(sink.waitForLines(3))
        if !isRunning {
            try run.stop()
            try folder.append(text(b), to: "x.log")
        }
        try folder.copy("x.log", to: "x.log.1")
        try folder.truncate("x.log")
        if isRunning { try folder.append(text(b), to: "x.log") }
        try folder.append(text(c), to: "x.log")
        if !isRunning { run = try FollowRun(folder, "x.log*", rotated: true, sink) }
        #expect(sink.waitForLines(7))
        try run.stop()
        #expect(sink.texts.sorted() == (a + b + c).sorted() && sink.repeated == 0)
    }

    @Test(arguments: [true, false])
    func `a file that was compressed goes on where it was read`(isRunning: Bool) throws {
        let (a, b, c) = (lines("a", 300), lines("b", 200), lines("c", 2))
        try folder.append(text(a), to: "x.log")
        var run = try FollowRun(folder, "x.log", sink)
        #expect(sink.waitForLines(300))
        if !isRunning { try run.stop() }
        try folder.rename("x.log", to: "x.log.1")
        try folder.append(text(b), to: "x.log.1")
        try folder.gzip("x.log.1")
        try folder.append(text(c), to: "x.log")
        if !isRunning { run = try FollowRun(folder, "x.log", sink) }
        #expect(sink.waitForLines(502))
        try run.stop()
        #expect(sink.texts.filter { !$0.hasPrefix("c") } == a + b && sink.texts.count == 502)
    }

    /// Leaves both the file and what gzip makes of it, put aside a while ago.
    private func compress(_ name: String, to compressed: String) throws {
        try folder.copy(name, to: "copy")
        try folder.gzip("copy")
        try folder.rename("copy.gz", to: compressed)
        let time = Date(timeIntervalSinceNow: -100)
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: folder(compressed))
    }

    /// gzip leaves both for a moment, and gives the new one the old one's time.
    @Test func `a file that is just being compressed is read once`() throws {
        let (a, b, c) = (lines("a", 30), lines("b", 3), lines("c", 1))
        try folder.append(text(a), to: "x.log.1")
        try compress("x.log.1", to: "x.log.1.gz")
        try folder.append(text(b), to: "x.log")
        let run = try FollowRun(folder, "x.log", rotated: true, sink)
        #expect(sink.waitForLines(33))
        try folder.remove("x.log.1")
        try folder.append(text(c), to: "x.log")
        #expect(sink.waitForLines(34))
        try run.stop()
        #expect(sink.texts == a + b + c)
    }

    /// The names of a folder are not read in one moment: what is renamed meanwhile may be missed, and is seen the next time.
    @Test func `a compressed file that is seen before its source is read once`() throws {
        let (a, b, c) = (lines("a", 30), lines("b", 3), lines("c", 1))
        try folder.append(text(a), to: "y")
        try compress("y", to: "x.log.1.gz")
        try folder.append(text(b), to: "x.log")
        let run = try FollowRun(folder, "x.log", rotated: true, sink)
        #expect(sink.waitForLines(33))
        try folder.rename("y", to: "x.log.1")
        #expect(run.waitUntil { $0.recognized == 1 })
        try folder.remove("x.log.1")
        try folder.append(text(c), to: "x.log")
        #expect(sink.waitForLines(34))
        try run.stop()
        #expect(Set(sink.texts) == Set(a + b + c) && sink.texts.count == 34)
    }

    @Test func `what was put aside before is read if that is asked for, the oldest first`() throws {
        let (a, b, c) = (lines("a", 3), lines("b", 3), lines("c", 3))
        try folder.append(text(a), to: "x.log.2")
        try folder.gzip("x.log.2")
        try folder.append(text(b), to: "x.log.1")
        try folder.append(text(c), to: "x.log")
        for (index, name) in ["x.log.2.gz", "x.log.1", "x.log"].enumerated() {
            let time = Date(timeIntervalSinceNow: Double(index * 100 - 1000))
            try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: folder(name))
        }
        let run = try FollowRun(folder, "x.log", rotated: true, sink)
        #expect(sink.waitForLines(9))
        try run.stop()
        #expect(sink.texts == a + b + c)

        let other = try LogFolder()
        try other.append(text(a), to: "x.log.1")
        try other.append(text(c), to: "x.log")
        let without = SpoolModel()
        let second = try FollowRun(other, "x.log*", without)
        #expect(without.waitForLines(3))
        try second.stop()
        #expect(without.texts == c)
    }

    @Test func `a file that is cut or overwritten in place is begun again`() throws {
        let (a, b, c) = (lines("a", 3), lines("b", 6), lines("c", 3))
        try folder.append(text(a), to: "x.log")
        let run = try FollowRun(folder, "x.log", sink)
        #expect(sink.waitForLines(3))
        try folder.overwrite("x.log", with: text(b))
        #expect(sink.waitForLines(9))
        try folder.overwrite("x.log", with: text(c))
        #expect(sink.waitForLines(12))
        try run.stop()
        #expect(sink.texts == a + b + c && run.follower.statistics.truncations == 2)
        #expect(Set(sink.lines.map(\.origin.session)).count == 3)
    }

    @Test func `a file that replaces another and begins with all of it goes on where that was read`() throws {
        let (a, b) = (lines("a", 3), lines("b", 3))
        try folder.append(text(a), to: "x.log")
        let run = try FollowRun(folder, "x.log", sink)
        #expect(sink.waitForLines(3))
        try folder.append(text(a + b), to: ".x.log.tmp")
        try folder.rename(".x.log.tmp", to: "x.log")
        #expect(sink.waitForLines(6))
        try run.stop()
        #expect(sink.texts == a + b)
    }

    @Test(arguments: [true, false])
    func `files with the same head line are not confused`(isRunning: Bool) throws {
        let head = "# time, account, address, outcome; the head line that all these files have in common"
        try folder.append(text([head]), to: "x.log")
        var run = try FollowRun(folder, "x.log", sink)
        #expect(sink.waitForLines(1))
        if !isRunning { try run.stop() }
        try folder.rename("x.log", to: "x.log.1")
        try folder.append(text([head]), to: "x.log")
        if !isRunning { run = try FollowRun(folder, "x.log", sink) }
        try folder.append(text(["one"]), to: "x.log")
        try folder.append(text(["zero"]), to: "x.log.1")
        #expect(sink.waitForLines(4))
        try run.stop()
        #expect(sink.texts.sorted() == [head, head, "one", "zero"].sorted())
    }

    @Test func `a link that is switched is followed to the new file, and the old one is read to its end`() throws {
        let (a, b, c) = (lines("a", 3), lines("b", 2), lines("c", 2))
        try folder.makeFolder("data")
        try folder.append(text(a), to: "data/0")
        try folder.link("x.log", to: folder("data/0"))
        let run = try FollowRun(folder, "x.log", sink)
        #expect(sink.waitForLines(3))
        try folder.append(text(c), to: "data/1")
        try folder.link("x.new", to: folder("data/1"))
        try folder.append(text(b), to: "data/0")
        try folder.rename("x.new", to: "x.log")
        #expect(sink.waitForLines(7))
        try run.stop()
        #expect(sink.texts.filter { !$0.hasPrefix("c") } == a + b)
    }

    @Test func `a file that is deleted is read to its end and let go`() throws {
        let limits = FollowRun.limits
        let run = try FollowRun(folder, "*.log", sink, limits: limits)
        try folder.append("one\ntwo\nno newline", to: "x.log")
        #expect(sink.waitForLines(2))
        try folder.remove("x.log")
        #expect(sink.waitForLines(3))
        #expect(run.waitUntil { $0.files == 0 && $0.openFiles == 0 })
        try run.stop()
        #expect(sink.texts == ["one", "two", "no newline"] && sink.lines[2].flags == .unterminated)
    }

    // MARK: Limits and hostile neighbours

    @Test func `files that must not be read are left alone`() throws {
        try folder.makeFolder("own")
        try folder.append("secret\n", to: "own/spool")
        try folder.link("own.log", to: folder("own/spool"))
        try folder.link("device.log", to: "/dev/zero")
        try folder.makeFolder("folder.log")
        #expect(mkfifo(folder("fifo.log"), 0o600) == 0)
        try folder.link("loop.log", to: folder("loop.log"))
        if geteuid() == 0 {
            try folder.append("another's\n", to: "other")
            #expect(chown(folder("other"), 1001, 1001) == 0)
            try folder.link("stolen.log", to: folder("other"))
            #expect(lchown(folder("stolen.log"), 1002, 1002) == 0)
        }
        try folder.append("good\n", to: "good.log")
        let run = try FollowRun(folder, "*.log", sink)
        #expect(sink.waitForLines(1))
        #expect(run.waitUntil { $0.faults == 1 })
        try run.stop()
        #expect(sink.texts == ["good"])
        #expect(
            run.notices.list == [
                .unreadable(
                    path: "\"\(folder("own.log"))\"",
                    why: "it is one of the daemon's or the system's own; leave it out")
            ])
    }

    @Test func `more files than may be open are all followed`() throws {
        var limits = FollowRun.limits
        limits.openFiles = 4
        for i in 0..<40 { try folder.append("\(i) first\n", to: "\(i).log") }
        let run = try FollowRun(folder, "*.log", sink, limits: limits)
        #expect(sink.waitForLines(40))
        for i in 0..<40 { try folder.append("\(i) second\n", to: "\(i).log") }
        #expect(sink.waitForLines(80))
        #expect(run.follower.statistics.openFiles <= 4)
        try run.stop()
        #expect(Set(sink.texts).count == 80)
    }

    @Test func `files beyond the limit are left out and counted`() throws {
        var limits = FollowRun.limits
        limits.files = 5
        for i in 0..<8 { try folder.append("line\n", to: "\(i).log") }
        let run = try FollowRun(folder, "*.log", sink, limits: limits)
        #expect(run.waitUntil { $0.ignoredFiles == 3 && $0.frames == 5 })
        for i in 0..<8 { try folder.remove("\(i).log") }
        try folder.append("line\n", to: "new.log")
        #expect(sink.waitForLines(6))
        try run.stop()
        #expect(run.notices.list == [.tooManyFiles(limit: 5)])
    }

    @Test func `the rest of a line without end costs no memory, and a hole in it no time`() throws {
        try folder.append("x", to: "x.log")
        #expect(Glibc.truncate(folder("x.log"), 1 << 42) == 0)
        try folder.append("\nnext\n", to: "x.log")
        let run = try FollowRun(folder, "x.log", sink)
        #expect(sink.waitForLines(2))
        try run.stop()
        #expect(sink.lines.map(\.flags) == [.oversized, []] && sink.texts[1] == "next")
    }

    @Test func `a damaged compressed file is a fault, and read when it is mended`() throws {
        let all = lines("line", 2000)
        try folder.append(text(all), to: "x.log.1")
        try folder.gzip("x.log.1")
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder("x.log.1.gz")))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder("x.log.1.gz")))
        let run = try FollowRun(folder, "x.log", rotated: true, sink)
        #expect(run.waitUntil { $0.faults == 1 })
        try whole.write(to: URL(fileURLWithPath: folder("x.log.1.gz")))
        #expect(sink.waitForLines(2000))
        try run.stop()
        #expect(sink.texts == all)
    }

    @Test func `other paths can be followed while it runs, and the first ones again later`() throws {
        try folder.append("x1\n", to: "x.log")
        let run = try FollowRun(folder, "x.log", sink)
        #expect(sink.waitForLines(1))
        run.follower.follow([FollowedPath(pattern: folder("y.log"))])
        try folder.append("y1\n", to: "y.log")
        #expect(sink.waitForLines(2))
        try folder.append("x2\n", to: "x.log")
        #expect(run.waitUntil { $0.files == 1 })
        run.follower.follow([FollowedPath(pattern: folder("?.log"), start: .end)])
        try folder.append("y2\n", to: "y.log")
        #expect(sink.waitForLines(4))
        try run.stop()
        #expect(sink.texts.sorted() == ["x1", "x2", "y1", "y2"])
    }

    @Test func `a sink that fails ends it, and a damaged state is refused`() throws {
        sink.fail(afterAppends: 1)
        try folder.append("one\ntwo\n", to: "x.log")
        let run = try FollowRun(folder, "x.log", sink)
        #expect(throws: SpoolModel.Crash.self) { try run.wait() }
        try folder.overwrite("own/files.state", with: "nonsense")
        let second = try FollowRun(folder, "x.log", sink)
        #expect(throws: FollowError.damagedState(path: folder("own/files.state"))) { try second.wait() }
    }

    @Test func `nothing is read while the state cannot be saved`() throws {
        try folder.makeFolder("own")
        try folder.makeFolder("own/files.state.new")
        try folder.append("one\n", to: "x.log")
        let run = try FollowRun(folder, "x.log", sink)
        #expect(run.waitUntil { $0.failedSaves >= 1 })
        #expect(sink.texts.isEmpty)
        #expect(rmdir(folder("own/files.state.new")) == 0)
        #expect(sink.waitForLines(1))
        try run.stop()
        #expect(run.notices.list.count == 2 && run.notices.list.last == .saves)
    }
}
