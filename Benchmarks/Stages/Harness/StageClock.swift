import Glibc

/// The processor time of this process, all threads and the kernel's part included, by stage.
struct StageClock {
    private(set) var nanoseconds: [(stage: String, spent: Int)] = []

    /// Adds the time that `body` takes to a stage's.
    mutating func time<Result>(_ stage: String, _ body: () throws -> Result) rethrows -> Result {
        let start = Self.now
        let result = try body()
        add(Self.now - start, to: stage)
        return result
    }

    private mutating func add(_ spent: Int, to stage: String) {
        if let i = nanoseconds.firstIndex(where: { $0.stage == stage }) {
            nanoseconds[i].spent += spent
        } else {
            nanoseconds.append((stage, spent))
        }
    }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
