import Synchronization

/// How urgently the daemon is to end.
final class StopRequest: Sendable {
    private struct State {
        var isHurried = false
        var actions: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    /// Whether ending is more urgent than being done: what is received is in the spool and can wait for the next start.
    var isHurried: Bool { state.withLock { $0.isHurried } }

    /// Runs `action` when the stop becomes urgent; at once if it is.
    func onHurry(_ action: @escaping @Sendable () -> Void) {
        let isHurried = state.withLock { state in
            if !state.isHurried { state.actions.append(action) }
            return state.isHurried
        }
        if isHurried { action() }
    }

    func hurry() {
        let actions = state.withLock { state in
            state.isHurried = true
            defer { state.actions = [] }
            return state.actions
        }
        for action in actions { action() }
    }
}
