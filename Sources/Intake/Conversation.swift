/// What one client of a stream socket says and is answered, by one protocol. No I/O.
protocol Conversation: AnyObject {
    /// Gives what `bytes` complete to the sink; they follow on those before.
    ///
    /// Bytes that the protocol does not allow set ``refusal``; what was whole before them has been given.
    func receive(_ bytes: Span<UInt8>, into sink: inout CountedSink) throws

    /// Ends the stream: what it leaves unfinished is given to the sink or dropped, as the protocol has it.
    func finish(into sink: inout CountedSink) throws

    /// Why the connection is to be closed, once there is a reason.
    var refusal: Refusal? { get }

    /// Whether the client waits for answers: it is not closed before it has them, unless it goes.
    var isAcknowledged: Bool { get }

    /// What only one connection may have; the one that has had it is refused by ``loseSession()``.
    var session: UInt64? { get }
    func loseSession()

    /// Takes note that everything up to `sequence` is on disk.
    func sync(through sequence: UInt64)

    /// Whether frames wait for the disk.
    var isAwaitingSync: Bool { get }

    /// The next bytes to send; `nil` when everything has been said. To be followed by ``didSend(_:)``.
    func nextAnswer() -> [UInt8]?

    /// Takes note that so many bytes of ``nextAnswer()`` were sent.
    ///
    /// - Returns: whether that was the whole of an answer.
    func didSend(_ count: Int) -> Bool
}

extension Conversation {
    var session: UInt64? { nil }
    func loseSession() {}
}

/// Why a connection is closed, and what its client is told before.
struct Refusal: Equatable {
    /// Names nothing of what the client has sent.
    var reason: String
    var farewell: [UInt8] = []
}
