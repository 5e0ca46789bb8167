internal import Intake
internal import NIOCore
internal import Synchronization

/// The open connections, and who may have one more.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// By user; what comes over TCP is one.
        var byUser: [UInt32?: Int] = [:]
        var accepted = 0
        var refused = 0
    }

    private let limits: APILimits
    private let state = Mutex(State())

    init(limits: APILimits) { self.limits = limits }

    var counts: (open: Int, accepted: Int, refused: Int) {
        state.withLock { ($0.channels.count, $0.accepted, $0.refused) }
    }

    /// Takes a connection in until it closes; `false` where there are too many.
    ///
    /// - Parameters:
    ///   - uid: `nil` over TCP.
    ///   - hasRole: whether the user may do anything.
    func admit(_ channel: any Channel, uid: UInt32?, hasRole: Bool) -> Bool {
        let id = ObjectIdentifier(channel)
        let isAdmitted = state.withLock { state in
            let own = state.byUser[uid, default: 0]
            guard state.channels.count < limits.connections,
                own < (hasRole ? limits.connectionsPerUser : limits.connectionsWithoutRole)
            else {
                state.refused += 1
                return false
            }
            state.channels[id] = channel
            state.byUser[uid] = own + 1
            state.accepted += 1
            return true
        }
        guard isAdmitted else { return false }
        channel.closeFuture.whenComplete { [weak self] _ in self?.remove(id, uid: uid) }
        return true
    }

    /// Tells all to end after the request at hand.
    func quiesce() {
        for channel in state.withLock({ Array($0.channels.values) }) {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }

    private func remove(_ id: ObjectIdentifier, uid: UInt32?) {
        state.withLock { state in
            state.channels[id] = nil
            let rest = (state.byUser[uid] ?? 1) - 1
            state.byUser[uid] = rest > 0 ? rest : nil
        }
    }
}
