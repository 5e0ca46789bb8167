import RiskModel

/// One client of the event socket, from its first line on: a plain sender, or one that wants acknowledgements.
final class StreamConversation: Conversation {
    private enum Phase {
        /// No line has come yet.
        case opening
        case plain
        case acknowledged
        case refused
    }

    /// If the client has asked for acknowledgements.
    private var stream: AcknowledgedStream?
    private(set) var refusal: Refusal?
    private var framer = LineFramer()
    private var phase = Phase.opening

    private let names: SessionNames
    private let user: UInt32?

    init(names: SessionNames, user: UInt32?) {
        self.names = names
        self.user = user
    }

    var isAcknowledged: Bool { stream != nil }
    var session: UInt64? { stream?.session }
    func loseSession() { refuse(.takenOver) }

    /// A request sets ``session`` or ``refusal``, and is not for the sink.
    func receive(_ bytes: Span<UInt8>, into sink: inout CountedSink) throws {
        // In local variables: the checks of access to an object's would cost as much as the framing.
        var phase = phase
        var origin = FrameOrigin(session: stream?.session ?? 0, ordinal: stream?.ordinal ?? 0)
        try framer.consume(bytes) { line, flags in
            switch phase {
            case .plain: try sink.append(line, flags: flags)
            case .acknowledged:
                origin.ordinal += 1
                try sink.append(line, flags: flags.union(.numbered), origin: origin)
            case .opening:
                phase = open(line, sink)
                if let stream { origin = FrameOrigin(session: stream.session, ordinal: stream.ordinal) }
                if phase == .plain { try sink.append(line, flags: flags) }
            case .refused: break
            }
        }
        self.phase = phase
        stream?.append(through: origin.ordinal, sequence: sink.lastSequence)
    }

    /// A plain stream's tail without a newline is given to the sink, an acknowledged one's will be sent again.
    func finish(into sink: inout CountedSink) throws {
        let phase = phase
        try framer.finish { line, flags in
            switch phase {
            case .plain: try sink.append(line, flags: flags)
            case .opening where !StreamRequest.mayBegin(with: line): try sink.append(line, flags: flags)
            case .opening, .acknowledged, .refused: break
            }
        }
    }

    var isAwaitingSync: Bool { stream?.isAwaitingSync == true }
    func sync(through sequence: UInt64) { stream?.sync(through: sequence) }
    func nextAnswer() -> [UInt8]? { stream?.nextAnswer() }
    func didSend(_ count: Int) -> Bool { stream?.didSend(count) == true }

    private func open(_ line: Span<UInt8>, _ sink: CountedSink) -> Phase {
        do {
            guard let request = try StreamRequest(line) else { return .plain }
            let session = names.name(request.session, of: user)
            let last = sink.lastOrdinal(of: session)
            // Where the session's last frame stands is not known, only that it is not behind the last frame of all.
            stream = AcknowledgedStream(
                session: session, ordinal: last ?? 0, through: last == nil ? 0 : sink.lastSequence)
            return .acknowledged
        } catch {
            refuse(error)
            return .refused
        }
    }

    private func refuse(_ fault: StreamRequest.Fault) {
        refusal = Refusal(
            reason: fault.description, farewell: Array(StreamAnswer.refused(fault.description).line.utf8))
    }
}
