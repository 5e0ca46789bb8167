import RiskModel

/// One client of the stream socket, from its first line on: a plain sender, or one that wants acknowledgements.
final class StreamConnection {
    private enum Phase {
        /// No line has come yet.
        case opening
        case plain
        case acknowledged
        case refused
    }

    let descriptor: Descriptor
    /// When the last line ended, or the client came. Bytes of a line that does not end are silence, too.
    var lastLine: ContinuousClock.Instant
    /// If the client has asked for acknowledgements.
    var stream: AcknowledgedStream?
    /// Why the client's request cannot be granted.
    private(set) var refusal: StreamRequest.Fault?
    /// Whether the client has sent everything, and only waits for acknowledgements.
    var hasEnded = false
    /// Whether the client's socket has no room for answers.
    var isBlocked = false

    private var framer = LineFramer()
    private var phase = Phase.opening

    init(_ descriptor: consuming Descriptor, now: ContinuousClock.Instant) {
        self.descriptor = descriptor
        lastLine = now
    }

    /// Gives the lines that `bytes` complete to the sink.
    ///
    /// A request sets ``stream`` or ``refusal``, and is not for the sink.
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

    /// Ends the lines: a plain stream's tail without a newline is given to the sink, an acknowledged one's will be sent again.
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

    private func open(_ line: Span<UInt8>, _ sink: CountedSink) -> Phase {
        do {
            guard let request = try StreamRequest(line) else { return .plain }
            let last = sink.sink.lastOrdinal(of: request.session)
            // Where the session's last frame stands is not known, only that it is not behind the last frame of all.
            stream = AcknowledgedStream(
                session: request.session, ordinal: last ?? 0, through: last == nil ? 0 : sink.lastSequence)
            return .acknowledged
        } catch {
            refusal = error
            return .refused
        }
    }
}
