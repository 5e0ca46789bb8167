import TestSupport
import Testing

@testable import Enrichment

@Suite struct SettlingFilesTests {
    /// Each letter of `polls` is one poll of a file: its state, or `-` for absent. `!` behind it: a change is reported.
    @Test(arguments: [
        ("a", "aaaa"),
        ("a", "bb!bb"),
        ("a", "bcdd!d"),
        ("a", "ba aa"),
        ("a", "-b b!"),
        ("a", "--a aaa"),
        ("a", "---- b b! bb"),
        ("a", "-----! ---"),
        ("a", "-----! a a! aa"),
        ("-", "--- a a! a"),
        ("-", "a - a - a a!"),
        ("a", "bb! cc! aa! a"),
        ("a", "b-b-b-bb!"),
    ])
    func `a file's change is reported once, when it has settled`(known: Character, polls: String) {
        func states(_ letter: Character) -> [String: FileState] { letter == "-" ? [:] : ["f": state(letter)] }
        var files = SettlingFiles(known: states(known))
        let letters = Array(polls.filter { $0 != " " })
        for (i, letter) in letters.enumerated() where letter != "!" {
            let isReported = i + 1 < letters.count && letters[i + 1] == "!"
            #expect(files.take(states(letter)) == (isReported ? ["f"] : []), "poll \(i) of \(polls)")
        }
    }

    @Test func `nothing is reported while one of the files still moves, and then all of it together`() {
        var files = SettlingFiles(known: ["a": state("1"), "b": state("1"), "c": state("1")])
        #expect(files.take(["a": state("2"), "b": state("1"), "c": state("2")]) == [])
        #expect(files.take(["a": state("2"), "b": state("1"), "c": state("3")]) == [])
        #expect(files.take(["a": state("2"), "b": state("1"), "c": state("3")]) == ["a", "c"])
        #expect(files.take(["a": state("2"), "b": state("1"), "c": state("3")]) == [])
    }

    @Test func `whatever happens, when files rest for long what was last known is what is there`() {
        var generator = SeededGenerator(seed: 23)
        for _ in 0..<2_000 {
            func random() -> [String: FileState] {
                var states: [String: FileState] = [:]
                for name in ["a", "b"] { states[name] = generator.pick([nil, state("1"), state("2"), state("3")]) }
                return states
            }
            let known = random()
            var files = SettlingFiles(known: known)
            // What somebody has who loads all files at each report.
            var loaded = known
            var isMoving = false
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let seen = random()
                let reported = files.take(seen)
                #expect(reported == (reported.isEmpty ? [] : differing(loaded, seen)))
                if !reported.isEmpty { loaded = seen }
                isMoving = seen != loaded
            }
            let last = random()
            var reports = 0
            for _ in 0..<SettlingFiles.absentPolls + 1 where !files.take(last).isEmpty {
                reports += 1
                loaded = last
            }
            #expect(loaded == last)
            #expect(reports <= 1, "moving before: \(isMoving)")
        }
    }

    private func state(_ letter: Character) -> FileState {
        let time = FileState.Moment(seconds: 0, nanoseconds: 0)
        return FileState(device: 1, inode: 1, bytes: Int(letter.asciiValue ?? 0), modified: time, changed: time)
    }

    private func differing(_ a: [String: FileState], _ b: [String: FileState]) -> [String] {
        Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }.sorted()
    }
}
