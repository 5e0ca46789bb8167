import Glibc
import Intake
import RiskModel
import TestSupport
import Testing

/// A writer, a rotation and a follower that is stopped and killed, all by chance: each line arrives once, in its place.
@Suite struct FollowPropertyTests {
    /// How many worlds are tried.
    private static let seeds = getenv("BANRISK_FILES_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 24

    /// What is written to one log, and what became of its files.
    private final class World {
        let folder: LogFolder
        var random: SeededGenerator
        /// The lines of each content in turn, and the unfinished last one of the newest.
        var contents: [[String]] = [[]]
        var begun = ""
        /// Tails that were put aside without a newline.
        var unterminated: Set<String> = []
        /// What was done, for whoever looks into a failure.
        var story: [String] = []
        private var count = 0
        private let hasHeads: Bool

        static let head = "# the head line, which all files of this log begin with"

        init(seed: UInt64) throws {
            folder = try LogFolder()
            random = SeededGenerator(seed: seed)
            hasHeads = random.next() % 2 == 0
        }

        var expected: Int { contents.reduce(0) { $0 + $1.count } }

        private func line() -> String {
            count += 1
            let length = random.next() % 40 == 0 ? 3000 : Int.random(in: 0...120, using: &random)
            return "line \(count) " + String(repeating: random.pick(["a", "b", "c"]), count: length)
        }

        /// Appends lines, and perhaps the beginning of one.
        func write(atLeast count: Int = 0) throws {
            var text = ""
            if contents[contents.count - 1].isEmpty {
                // At once, so that no file is ever known by its head line alone.
                if hasHeads { add(Self.head, to: &text) }
                for _ in 0..<3 { add(line(), to: &text) }
            }
            for _ in 0..<Int.random(in: count...8, using: &random) { add(line(), to: &text) }
            if random.next() % 3 == 0, begun.isEmpty {
                begun = line()
                text += begun
            }
            story.append("write up to \(self.count)")
            try folder.append(text, to: "x.log")
        }

        private func add(_ line: String, to text: inout String) {
            if begun.isEmpty {
                contents[contents.count - 1].append(line)
                text += line + "\n"
            } else {
                contents[contents.count - 1].append(begun)
                begun = ""
                text += "\n"
            }
        }

        func endLine() throws {
            guard !begun.isEmpty else { return }
            try folder.append("\n", to: "x.log")
            contents[contents.count - 1].append(begun)
            begun = ""
        }

        private func shift() throws {
            for number in stride(from: 30, to: 0, by: -1) {
                for suffix in ["", ".gz"] where folder.exists("x.log.\(number)\(suffix)") {
                    try folder.rename("x.log.\(number)\(suffix)", to: "x.log.\(number + 1)\(suffix)")
                }
            }
        }

        func rotate() throws {
            guard contents[contents.count - 1].count > 2 else { return }
            try shift()
            if random.next() % 3 == 0 {
                // Cut after it was copied, between two lines, while nobody writes.
                story.append("copy and truncate")
                try endLine()
                try folder.copy("x.log", to: "x.log.1")
                try folder.truncate("x.log")
            } else {
                story.append("rename")
                if !begun.isEmpty {
                    contents[contents.count - 1].append(begun)
                    unterminated.insert(begun)
                    begun = ""
                }
                try folder.rename("x.log", to: "x.log.1")
            }
            contents.append([])
        }

        func compress() throws {
            for number in [2, 3] where folder.exists("x.log.\(number)") {
                story.append("gzip \(number)")
                return try folder.gzip("x.log.\(number)")
            }
        }

        /// Removes what was put aside.
        func removeOld() throws {
            story.append("remove")
            for number in 1...31 {
                for suffix in ["", ".gz"] where folder.exists("x.log.\(number)\(suffix)") {
                    try folder.remove("x.log.\(number)\(suffix)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(Self.seeds > 100 ? 60 : 3)), arguments: 0..<Self.seeds)
    func `each line arrives once and in order`(seed: UInt64) throws {
        let world = try World(seed: seed)
        var limits = FollowRun.limits
        if world.random.next() % 3 == 0 { limits.openFiles = 2 }
        if world.random.next() % 3 == 0 { limits.unsavedBytes = 1000 }
        // Where so little may be unsaved, a disk that takes nothing holds the follower up.
        let sink = SpoolModel(isSyncing: limits.unsavedBytes == 1000 || world.random.next() % 2 == 0)
        let path = FollowedPath(
            pattern: world.folder(world.random.pick(["x.log", "x.log*", "*"])), readsRotated: true)
        var run: FollowRun? = try FollowRun(world.folder, [path], sink, limits: limits)
        for _ in 0..<60 {
            switch world.random.next() % 20 {
            case 0...10: try world.write()
            case 11, 12: try world.rotate()
            case 13: try world.compress()
            case 14:
                guard run != nil else { break }
                #expect(sink.waitForLines(world.expected), "seed \(seed)")
                // What is removed before it is on disk is lost if the daemon is killed then.
                sink.sync()
                try world.removeOld()
            case 15:
                sink.sync()
                if run != nil { world.story.append("stop") }
                try run?.stop()
                run = nil
                // As the spool does when it is closed.
                sink.sync()
            case 16:
                guard let killed = run else { break }
                // It dies with the next line, before its state is saved.
                sink.fail(afterAppends: 0)
                world.story.append("kill with the next line")
                try world.write(atLeast: 1)
                #expect(throws: SpoolModel.Crash.self, "seed \(seed)") { try killed.wait() }
                sink.sync(through: Int.random(in: 0...sink.lines.count, using: &world.random))
                sink.crash()
                run = nil
            case 17: sink.sync()
            default:
                guard run == nil else { break }
                world.story.append("start")
                run = try FollowRun(world.folder, [path], sink, limits: limits)
            }
        }
        try world.endLine()
        let last = try run ?? FollowRun(world.folder, [path], sink, limits: limits)
        #expect(sink.waitForLines(world.expected), "seed \(seed)")
        sink.sync()
        try last.stop()
        check(sink.lines, world, seed)
    }

    private func check(_ lines: [SpoolModel.Line], _ world: World, _ seed: UInt64) {
        let expected = Array(world.contents.joined()).sorted()
        let difference = lines.map(\.text).sorted().difference(from: expected)
        let story = world.story.joined(separator: ", ")
        #expect(difference.insertions.isEmpty, "seed \(seed): more than once; \(story)")
        #expect(difference.removals.isEmpty, "seed \(seed): missing; \(story)")
        let tails = lines.filter { $0.flags == .unterminated }.map(\.text)
        #expect(Set(tails) == world.unterminated, "seed \(seed)")
        var places: [String: Int] = [:]
        for (place, line) in lines.enumerated() { places[line.text] = place }
        for content in world.contents {
            let found = content.filter { $0 != World.head }.compactMap { places[$0] }
            #expect(zip(found, found.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed)")
        }
    }
}
