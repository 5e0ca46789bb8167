/// How much of unfinished messages may be kept, of all clients together. Belongs to the thread that serves them.
final class ForwardRoom {
    private let limit: Int
    /// Whom nothing but `limit` limits.
    private let trustedUsers: Set<UInt32>
    private var taken = 0
    private var takenByUser: [UInt32: Int] = [:]

    init(limit: Int, trustedUsers: Set<UInt32>) {
        self.limit = limit
        self.trustedUsers = trustedUsers
    }

    /// Changes what a client keeps from one number of bytes to another.
    ///
    /// - Returns: false, and nothing is changed, if that is more than there is room for; a user has half of it at most.
    func change(from before: Int, to after: Int, user: UInt32?) -> Bool {
        let user = user ?? .max
        let ofUser = takenByUser[user, default: 0] + after - before
        if after > before {
            guard taken + after - before <= limit, trustedUsers.contains(user) || ofUser <= limit / 2 else {
                return false
            }
        }
        taken += after - before
        takenByUser[user] = ofUser == 0 ? nil : ofUser
        return true
    }
}
