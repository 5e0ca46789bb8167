import Foundation
import Glibc
import RiskModel
import Settings
import Testing

@testable import Notification

@Suite struct CommandSinkTests {
    private func sink(_ words: [String], timeout: String = "20s") throws -> any Sink {
        let list = words.map(JSONText.quote).joined(separator: ", ")
        return try settings("kind: command, timeout: \(timeout), command: [\(list)]").sink
    }

    @Test(arguments: AlertBodyTests.hostile)
    func `The alert comes on standard input, whole, and no shell sees it`(name: String) throws {
        let folder = try Folder()
        let message = AlertMessage(.sample(1, account: name))
        #expect(try sink(["/bin/cp", "/dev/stdin", folder("out")]).deliver([message]) == .done)
        #expect(folder.text("out") == message.json(names: true) + "\n")
    }

    @Test func `Words are passed as they stand`() throws {
        let folder = try Folder()
        let script = try folder.write(
            "#!/bin/sh\nfor word; do echo \"[$word]\"; done > \(folder("out"))\n", to: "script")
        chmod(script, 0o700)
        #expect(try sink([script, "a b", "$HOME", "`id`", "", ";ls"]).deliver([AlertMessage(.sample(1))]) == .done)
        #expect(folder.lines("out") == ["[a b]", "[$HOME]", "[`id`]", "[]", "[;ls]"])
    }

    @Test func `It gets nothing of this process but its standard error`() throws {
        let folder = try Folder()
        // Not closed on exec.
        let leak = open("/dev/null", O_RDONLY)
        defer { close(leak) }
        setenv("BANRISK_LEAK", "secret", 1)
        let script =
            "ls -1 /proc/self/fd | sort -n | tr '\\n' ' ' > \(folder("fd")); env > \(folder("env")); pwd > \(folder("pwd"))"
        let facts = AlertFacts.sample(1, level: "ban", campaign: 7, members: 9)
        #expect(try sink(["/bin/sh", "-c", script]).deliver([AlertMessage(facts)]) == .done)
        // 3 is the folder that ls reads.
        #expect(folder.text("fd") == "0 1 2 3 ")
        #expect(folder.lines("pwd") == ["/"])
        let names = Set(folder.lines("env").map { String($0.prefix { $0 != "=" }) })
        #expect(
            names.subtracting(["PWD", "SHLVL", "_", "OLDPWD"])
                == ["PATH", "LANG", "BANRISK_ALERT", "BANRISK_KEY", "BANRISK_LEVEL", "BANRISK_CAMPAIGN"])
        #expect(folder.lines("env").contains("BANRISK_LEVEL=ban"))
    }

    @Test func `A program that does not read its input ends as well`() throws {
        #expect(try sink(["/bin/true"]).deliver([AlertMessage(.sample(1))]) == .done)
    }

    @Test func `A program that fails, cannot be started, or is killed, is tried again`() throws {
        for words in [["/bin/false"], ["/nonexistent"], ["/bin/sh", "-c", "kill -9 $$"], ["/etc/passwd"]] {
            guard case .failed(0, _, nil) = try sink(words).deliver([AlertMessage(.sample(1))]) else {
                Issue.record("\(words) counts as done")
                continue
            }
        }
    }

    @Test func `A program that takes too long is ended with what it started`() throws {
        let folder = try Folder()
        let script =
            "trap '' TERM; sleep 1000 & echo $! > \(folder("pid")); echo $$ >> \(folder("pid")); wait; sleep 1000"
        guard case .failed = try sink(["/bin/sh", "-c", script], timeout: "300ms").deliver([AlertMessage(.sample(1))])
        else {
            Issue.record("it counts as done")
            return
        }
        for pid in folder.lines("pid").compactMap(pid_t.init) {
            // Gone, or a zombie that waits for its reaper.
            let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            #expect(state?.contains(") Z") ?? true)
        }
    }
}
