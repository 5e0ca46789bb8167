/// Why a client of the Forward protocol is disconnected. The description names nothing of what it has sent.
enum ForwardFault: Error, Equatable, CustomStringConvertible {
    case notMessagePack
    case tooLong
    case tooDeep
    /// A value ends behind the bytes that it stands in.
    case brokenOff
    /// MessagePack, but no message of the Forward protocol.
    case notForward
    case compression
    /// More memory would be needed for unfinished messages than there is for all, or for one user's.
    case noRoom
    /// Acknowledgements are not read.
    case unread

    var description: String {
        switch self {
        case .notMessagePack:
            "a client of the Forward protocol sent what is not MessagePack; TLS and the handshake with a shared key are not offered"
        case .tooLong:
            "a client of the Forward protocol sent a message that is too long; have it send smaller chunks"
        case .tooDeep: "a client of the Forward protocol sent values that are nested too deep"
        case .brokenOff, .notForward: "a client of the Forward protocol sent a message of another form"
        case .compression:
            "a client of the Forward protocol sent a chunk that cannot be decompressed, or is too long then; gzip is understood"
        case .noRoom: "too many clients of the Forward protocol have sent a part of a large message and not the rest"
        case .unread: "a client of the Forward protocol does not read its acknowledgements"
        }
    }
}
