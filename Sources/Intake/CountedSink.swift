import RiskModel

/// The sink of a listener, and what was done with it.
struct CountedSink {
    let sink: any AcknowledgingSink
    var statistics = IntakeStatistics()
    /// The highest number of a frame that was appended here; a frame that is repeated has an earlier one.
    private(set) var lastSequence: UInt64 = 0

    init(_ sink: any AcknowledgingSink) { self.sink = sink }

    mutating func append(_ line: Span<UInt8>, flags: FrameFlags, origin: FrameOrigin = .none) throws {
        lastSequence = max(lastSequence, try sink.append(line, source: .stream, flags: flags, origin: origin))
        statistics.count(flags)
    }
}
