internal import Synchronization

/// How many alert streams there may be, in all and of one user.
final class StreamPlaces: Sendable {
    private let limits: APILimits
    private let byUser = Mutex<[UInt32?: Int]>([:])

    init(limits: APILimits) { self.limits = limits }

    var count: Int { byUser.withLock { $0.values.reduce(0, +) } }

    /// One stream's place, given back when it is let go of.
    final class Place: Sendable {
        private let places: StreamPlaces
        private let uid: UInt32?

        fileprivate init(_ places: StreamPlaces, _ uid: UInt32?) {
            self.places = places
            self.uid = uid
        }

        deinit {
            places.byUser.withLock { counts in
                let rest = (counts[uid] ?? 1) - 1
                counts[uid] = rest > 0 ? rest : nil
            }
        }
    }

    /// `nil` where there are too many.
    func take(for caller: Caller) -> Place? {
        let isFree = byUser.withLock { counts in
            let own = counts[caller.uid, default: 0]
            guard own < limits.streamsPerUser, counts.values.reduce(0, +) < limits.streams else { return false }
            counts[caller.uid] = own + 1
            return true
        }
        return isFree ? Place(self, caller.uid) : nil
    }
}
