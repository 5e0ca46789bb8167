internal import Intake
internal import Store

/// Whoever asks.
enum Caller: Sendable, Hashable {
    /// A process on the Unix socket, as the kernel knows it.
    case peer(Peer)
    /// A client over TCP who has shown the token.
    case token

    var uid: UInt32? {
        switch self {
        case .peer(let peer): peer.uid
        case .token: nil
        }
    }

    var name: String? {
        switch self {
        case .peer(let peer): peer.name
        case .token: "api-token"
        }
    }

    /// As verdicts name him. The token is the daemon's own secret, so its bearer acts in the name of the daemon's user.
    func verdictPeer(daemon: UInt32) -> VerdictPeer { VerdictPeer(uid: uid ?? daemon, name: name) }
}
