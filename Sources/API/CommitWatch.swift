internal import Store
internal import Synchronization

/// Tells those who follow the database whether something was committed since they looked: one connection for all of
/// them, and at most one look in each pause.
final class CommitWatch: Sendable {
    /// Differs after each commit, and where another file has taken the database's place.
    struct Version: Sendable, Hashable {
        fileprivate var file: FileIdentity?
        fileprivate var number = 0
    }

    private struct State {
        var reader: StoreReader?
        var version = Version()
        var lookedAt: ContinuousClock.Instant?
    }

    private let path: String
    private let pause: Duration
    private let state = Mutex(State())

    init(path: String, seconds: Double) {
        self.path = path
        pause = .seconds(seconds)
    }

    /// Waits for the database, so it is for a thread that may.
    func version() throws(StoreError) -> Version {
        try state.withLock { state throws(StoreError) in
            if let last = state.lookedAt, .now - last < pause { return state.version }
            let file = FileIdentity(path: path)
            if state.reader == nil || state.version.file != file {
                state.reader = try StoreReader(path: path)
                state.version.file = file
            }
            state.version.number = try state.reader?.dataVersion() ?? 0
            state.lookedAt = .now
            return state.version
        }
    }
}
