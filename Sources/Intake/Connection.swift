/// One client of a stream socket.
final class Connection {
    let descriptor: Descriptor
    /// Whose it is; `nil` where the kernel does not say.
    let user: UInt32?
    let conversation: any Conversation
    /// When the last frame came, or the client. Bytes that complete no frame are silence, too.
    var lastFrame: ContinuousClock.Instant
    /// Whether the client has been noted as one that gets acknowledgements.
    var isGreeted = false
    /// Whether the client has sent everything, and only waits for acknowledgements.
    var hasEnded = false
    /// Whether the client's socket has no room for answers.
    var isBlocked = false

    init(
        _ descriptor: consuming Descriptor, user: UInt32?, conversation: any Conversation,
        now: ContinuousClock.Instant
    ) {
        self.descriptor = descriptor
        self.user = user
        self.conversation = conversation
        lastFrame = now
    }
}
