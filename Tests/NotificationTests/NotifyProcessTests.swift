import Foundation
import Glibc
import TestSupport
import Testing

@testable import Notification

/// The real `banrisk notify`, as a process that can be killed.
@Suite struct NotifyProcessTests {
    /// Folder, database, configuration and process of one test.
    final class Bench {
        let folder: Folder
        let database: AlertDatabase
        private(set) var process: Program?

        init(_ sinks: String) throws {
            folder = try Folder()
            database = try AlertDatabase(folder("banrisk.db"))
            try configure(sinks)
        }

        deinit { kill() }

        func configure(_ sinks: String) throws {
            _ = try folder.write("database: banrisk.db\nalerts:\n\(sinks)\n", to: "banrisk.yaml")
        }

        var arguments: [String] { ["notify", "--config", folder("banrisk.yaml"), "--state", folder("state")] }

        func run() throws { process = try Program(banriskPath, arguments, errors: folder("log")) }

        /// Runs it to its end with further arguments, and returns its status.
        func run(_ more: String...) throws -> Int32 {
            let process = try Program(banriskPath, arguments + more, errors: folder("log"))
            process.waitUntilExit()
            return process.terminationStatus
        }

        func signal(_ number: CInt) { process?.signal(number) }

        func kill() { process?.end() }

        func stop() -> Int32 {
            signal(SIGTERM)
            process?.waitUntilExit()
            return process?.terminationStatus ?? -1
        }

        /// How far a sink is, by its file.
        func cursor(_ sink: String) -> Int? { (try? StateFolder(path: folder("state")).cursor(sink))??.id }

        func status(_ sink: String) -> NotifyStatus.Sink? {
            StateFolder(path: folder("state")).status?.sinks.first { $0.name == sink }
        }

        /// The numbers in a file of lines.
        func numbers(_ name: String) -> [Int] {
            struct Line: Decodable { var id: Int }
            return folder.lines(name).map {
                (try? JSONDecoder().decode(Line.self, from: Data($0.utf8)).id) ?? -1
            }
        }
    }

    /// Numbers as they came first.
    private func firsts(_ numbers: [Int]) -> [Int] {
        var seen: Set<Int> = []
        return numbers.filter { seen.insert($0).inserted }
    }

    @Test func `Killed again and again, at any point, it delivers every alert to every sink, in order`() throws {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        // No two failures in a row: a sink that fails again waits twice as long, up to minutes.
        let plan = (0..<30).flatMap { _ in ["200", generator.pick(["200", "500", "close", "half"])] }
        let receiver = try Receiver(plan)
        let bench = try Bench("")
        try bench.configure(
            """
              - {name: hook, kind: webhook, url: "\(receiver.url)", format: json, batch: 7, timeout: 30s, from: beginning}
              - {name: lines, kind: file, path: \(bench.folder("lines")), from: beginning}
              - {name: program, kind: command, command: [/bin/sh, -c, "cat >> \(bench.folder("program"))"], from: beginning}
            """)
        var newest = 0
        for _ in 0..<25 {
            try bench.run()
            let begun = ContinuousClock.now
            let life = Duration.milliseconds(Int.random(in: 10...600, using: &generator))
            while ContinuousClock.now - begun < life {
                let count = Int.random(in: 1...4, using: &generator)
                try bench.database.add(newest + 1...newest + count)
                newest += count
                poll(nil, 0, 10)
            }
            bench.kill()
        }
        try bench.run()
        try eventually("all alerts to be done with; \(bench.folder.text("log").suffix(500))") {
            ["hook", "lines", "program"].allSatisfy { bench.cursor($0) == newest }
        }
        let all = Array(1...newest)
        #expect(firsts(receiver.delivered) == all)
        #expect(firsts(bench.numbers("lines")) == all)
        #expect(firsts(bench.numbers("program")) == all)
        #expect(bench.stop() == 0)
    }

    @Test func `A sink that hangs, refuses or is gone holds up no other`() throws {
        let hanging = try Receiver(Array(repeating: "hang", count: 50))
        let refusing = try Receiver(Array(repeating: "400", count: 200))
        let bench = try Bench("")
        try bench.configure(
            """
              - {name: hanging, kind: webhook, url: "\(hanging.url)", timeout: 5m, from: beginning}
              - {name: refusing, kind: webhook, url: "\(refusing.url)", format: json, from: beginning}
              - {name: gone, kind: webhook, url: "http://127.0.0.1:1/", from: beginning}
              - {name: lines, kind: file, path: \(bench.folder("lines")), from: beginning}
            """)
        try bench.database.add(1...20)
        try bench.run()
        try eventually("the file to have all") { bench.numbers("lines") == Array(1...20) }
        try eventually("all of them to be refused") { bench.cursor("refusing") == 20 }
        // Once together, then one by one; each of them is kept.
        #expect(refusing.requests.map { alertNumbers($0.body).count } == [20] + Array(repeating: 1, count: 20))
        let letters = bench.folder.lines("state/refusing.dead")
        #expect(letters.count == 20 && letters.allSatisfy { $0.contains("HTTP status 400") && $0.contains("alice") })
        try eventually("the status to tell") {
            bench.status("gone")?.failing != nil && bench.status("refusing")?.refused == 20
                && bench.status("lines")?.delivered == 20
        }
        #expect(bench.status("gone")?.lag == 20)
        #expect(bench.cursor("hanging") ?? 0 == 0)
        #expect(try bench.run("--status") == 1)
        #expect(bench.stop() == 0)
        #expect(!bench.folder.text("log").contains("alice"))
    }

    @Test func `A sink that is new begins with what comes, and goes on there after a stop`() throws {
        let bench = try Bench("")
        try bench.configure("  - {name: lines, kind: file, path: \(bench.folder("lines"))}")
        try bench.database.add(1...10)
        try bench.run()
        try eventually("its place to be written") { bench.cursor("lines") == 10 }
        #expect(bench.stop() == 0)
        try bench.database.add(11...12)
        try bench.run()
        try eventually("what came meanwhile") { bench.numbers("lines") == [11, 12] }
    }

    @Test func `Only its level and above reaches a sink`() throws {
        let bench = try Bench("")
        try bench.configure(
            "  - {name: lines, kind: file, level: ban, path: \(bench.folder("lines")), from: beginning}")
        try bench.database.add((1...9).map { .sample($0, level: ["watch", "review", "ban"][$0 % 3]) })
        try bench.run()
        try eventually("the file to have them") { bench.numbers("lines") == [2, 5, 8] }
        try eventually("the last one to be passed by") { bench.status("lines")?.alert == 9 }
        #expect(bench.stop() == 0)
        #expect(bench.cursor("lines") == 9)
    }

    @Test func `It waits for a database, and another in its place is new from its first alert on`() throws {
        let bench = try Bench("")
        try bench.configure("  - {name: lines, kind: file, path: \(bench.folder("lines"))}")
        try bench.database.add(1...30)
        for suffix in ["", "-wal", "-shm"] {
            rename(bench.folder("banrisk.db\(suffix)"), bench.folder("away.db\(suffix)"))
        }
        try bench.run()
        try eventually("it to wait") { bench.status("lines")?.waiting != nil }
        let first = try AlertDatabase(bench.folder("banrisk.db"))
        try first.add(1...3)
        try eventually("what a database that was not there yet holds") { bench.numbers("lines") == [1, 2, 3] }
        for suffix in ["", "-wal", "-shm"] {
            rename(bench.folder("banrisk.db\(suffix)"), bench.folder("gone.db\(suffix)"))
        }
        let second = try AlertDatabase(bench.folder("banrisk.db"))
        try second.add(1...2, salt: 9)
        try eventually("the alerts of the other database") { bench.numbers("lines") == [1, 2, 3, 1, 2] }
        try second.add(3...4, salt: 9)
        try eventually("those that follow") { bench.numbers("lines") == [1, 2, 3, 1, 2, 3, 4] }
    }

    @Test func `A reload puts other sinks in force, and a faulty one changes nothing`() throws {
        let bench = try Bench("")
        let first = "  - {name: lines, kind: file, path: \(bench.folder("lines")), from: beginning}"
        try bench.configure(first)
        try bench.database.add(1...2)
        try bench.run()
        try eventually("the first sink") { bench.numbers("lines") == [1, 2] }
        try bench.configure(first + "\n  - {name: broken, kind: telegraph}")
        bench.signal(SIGHUP)
        try eventually("the refusal") { bench.folder.text("log").contains("reload refused") }
        try bench.database.add(3...3)
        try eventually("the old to stay in force") { bench.numbers("lines") == [1, 2, 3] }
        try bench.configure(first + "\n  - {name: more, kind: file, path: \(bench.folder("more")), from: beginning}")
        bench.signal(SIGHUP)
        try eventually("the other sink") { bench.numbers("more") == [1, 2, 3] }
        #expect(bench.numbers("lines") == [1, 2, 3])
        #expect(bench.stop() == 0)
    }

    @Test func `A program that fails on an alert is given it so many times, and then the next`() throws {
        let bench = try Bench("")
        let script = "cat >> \(bench.folder("seen")); test $BANRISK_ALERT != 2"
        try bench.configure(
            "  - {name: program, kind: command, command: [/bin/sh, -c, \"\(script)\"], attempts: 2, from: beginning}")
        try bench.database.add(1...3)
        try bench.run()
        try eventually("the last alert") { bench.cursor("program") == 3 }
        #expect(bench.numbers("seen") == [1, 2, 2, 3])
        #expect(bench.folder.lines("state/program.dead").count == 1)
    }

    @Test func `With --once it delivers what is there, and says what it could not`() throws {
        let bench = try Bench("")
        let good = "  - {name: lines, kind: file, path: \(bench.folder("lines")), from: beginning}"
        try bench.configure(good)
        try bench.database.add(1...3)
        #expect(try bench.run("--once") == 0)
        #expect(try bench.run("--once") == 0)
        #expect(bench.numbers("lines") == [1, 2, 3])
        try bench.configure(good + "\n  - {name: gone, kind: webhook, url: \"http://127.0.0.1:1/\", from: beginning}")
        try bench.database.add(4...4)
        #expect(try bench.run("--once") == 69)
        #expect(bench.numbers("lines") == [1, 2, 3, 4])
        #expect(bench.cursor("gone") ?? 0 == 0)
    }

    @Test func `A test reaches its sink, and moves no place`() throws {
        let receiver = try Receiver(["200", "500"])
        let bench = try Bench("  - {name: hook, kind: webhook, format: json, url: \"\(receiver.url)\"}")
        #expect(try bench.run("--test", "hook") == 0)
        #expect(try #require(receiver.requests.first).body.contains("\"test\":true"))
        #expect(try bench.run("--test", "hook") == 69)
        #expect(try bench.run("--test", "other") == 2)
        #expect(bench.cursor("hook") == nil)
    }

    @Test func `Two do not deliver from one folder`() throws {
        let bench = try Bench("")
        try bench.configure("  - {name: lines, kind: file, path: \(bench.folder("lines"))}")
        try bench.run()
        try eventually("the first to run") { bench.cursor("lines") != nil }
        #expect(try bench.run("--once") == 69)
    }
}
