/// The daemon's side of one acknowledged stream: which frames it got, which of them are on disk, what of that the client has
/// still to be told.
///
/// Its memory is bounded whatever the client does: of acknowledgements only the newest matters, and of the frames that wait
/// for the disk only some are remembered.
struct AcknowledgedStream {
    let session: UInt64
    /// The last frame's number in the session.
    private(set) var ordinal: UInt64

    /// A frame, by both of its numbers.
    private struct Mark {
        var sequence: UInt64
        var ordinal: UInt64
    }

    /// Frames that are not known to be on disk, ascending in both numbers.
    private var marks: [Mark]
    private var isReady = false
    private var readyAnswer: StreamAnswer?
    private var acknowledgement: StreamAnswer?
    /// The rest of an answer that the socket took in part.
    private var unsent: [UInt8] = []

    /// When so many frames are remembered, the newest takes the place of the last: it is acknowledged a little later.
    static let maximumMarks = 16

    /// - Parameters:
    ///   - ordinal: the last frame of the session that was appended before.
    ///   - sequence: a number that this frame's own does not exceed. The client is told to go on once it is on disk.
    init(session: UInt64, ordinal: UInt64, through sequence: UInt64) {
        self.session = session
        self.ordinal = ordinal
        marks = [Mark(sequence: sequence, ordinal: ordinal)]
    }

    /// Takes note that the session's frames up to `ordinal` were appended, the last with the number `sequence`.
    mutating func append(through ordinal: UInt64, sequence: UInt64) {
        guard ordinal > self.ordinal else { return }
        self.ordinal = ordinal
        if marks.count == Self.maximumMarks { marks.removeLast() }
        marks.append(Mark(sequence: sequence, ordinal: ordinal))
    }

    /// Takes note that everything up to `sequence` is on disk.
    mutating func sync(through sequence: UInt64) {
        while let mark = marks.first, mark.sequence <= sequence {
            marks.removeFirst()
            if isReady {
                acknowledgement = .acknowledged(mark.ordinal)
            } else {
                isReady = true
                readyAnswer = .ready(mark.ordinal)
            }
        }
    }

    /// Whether frames wait for the disk.
    var isAwaitingSync: Bool { !marks.isEmpty }

    /// The next bytes to send; `nil` when everything has been said. To be followed by ``didSend(_:)``.
    mutating func nextAnswer() -> [UInt8]? {
        if unsent.isEmpty {
            guard let answer = readyAnswer.take() ?? acknowledgement.take() else { return nil }
            unsent = Array(answer.line.utf8)
        }
        return unsent
    }

    /// Takes note that so many bytes of ``nextAnswer()`` were sent.
    ///
    /// - Returns: whether that was the whole of an answer.
    mutating func didSend(_ count: Int) -> Bool {
        unsent.removeFirst(count)
        return unsent.isEmpty
    }
}
