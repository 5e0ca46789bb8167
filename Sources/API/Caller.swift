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
}
