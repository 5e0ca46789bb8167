import Glibc

/// How a Unix socket carries what is sent.
package enum SocketKind: Sendable, Equatable {
    /// A stream of bytes on connections that are accepted.
    case stream
    /// Messages, without connections.
    case datagram

    /// For socket(2).
    var type: CInt {
        switch self {
        case .stream: CInt(SOCK_STREAM.rawValue)
        case .datagram: CInt(SOCK_DGRAM.rawValue)
        }
    }
}
