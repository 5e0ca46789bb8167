internal import Synchronization

/// How many bytes of bodies may be in memory at one time, of all requests.
final class ByteBudget: Sendable {
    private let limit: Int
    private let used = Mutex(0)

    init(limit: Int) { self.limit = limit }

    var usedBytes: Int { used.withLock { $0 } }

    /// A share of the budget, given back when it is let go of.
    final class Share: Sendable {
        private let budget: ByteBudget
        private let bytes = Mutex(0)

        fileprivate init(_ budget: ByteBudget) { self.budget = budget }

        deinit { budget.used.withLock { used in used -= bytes.withLock(\.self) } }

        /// - Throws: a ``Problem`` where all bodies together would be too much.
        func grow(to count: Int) throws(Problem) {
            let fits = bytes.withLock { bytes in
                guard count > bytes else { return true }
                let fits = budget.used.withLock { used in
                    guard used + count - bytes <= budget.limit else { return false }
                    used += count - bytes
                    return true
                }
                if fits { bytes = count }
                return fits
            }
            guard fits else { throw Problem.unavailable("Too much is being received at once; try again.") }
        }
    }

    func share() -> Share { Share(self) }
}
