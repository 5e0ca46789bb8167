/// What files looked like, poll after poll: tells which of them have changed and have come to rest.
struct SettlingFiles: Sendable {
    /// As of the last report. A file that is not there has no state.
    private var known: [String: FileState]
    /// The files that are not as known: what they looked like at the last poll, and how many polls running.
    private var moving: [String: (state: FileState?, polls: Int)] = [:]

    static let presentPolls = 2
    static let absentPolls = 5

    init(known: [String: FileState]) { self.known = known }

    /// Takes in what the files look like now.
    ///
    /// - Returns: the files that are not as known, if all of them are at rest; they are known from now on.
    mutating func take(_ seen: [String: FileState]) -> [String] {
        var next: [String: (state: FileState?, polls: Int)] = [:]
        for path in Set(known.keys).union(seen.keys) where known[path] != seen[path] {
            let last = moving[path]
            let polls = if let last, last.state == seen[path] { last.polls + 1 } else { 1 }
            next[path] = (seen[path], polls)
        }
        moving = next
        let isAtRest = moving.values.allSatisfy { $0.polls >= ($0.state == nil ? Self.absentPolls : Self.presentPolls) }
        guard isAtRest else { return [] }
        defer { moving = [:] }
        known = seen
        return moving.keys.sorted()
    }
}
