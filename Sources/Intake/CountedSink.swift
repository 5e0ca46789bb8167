import RiskModel

/// The sink of a listener, and what was done with it.
struct CountedSink {
    private let sink: any AcknowledgingSink
    private let source: Source
    var statistics = IntakeStatistics()
    /// The highest number of a frame that was appended here; a frame that is repeated has an earlier one.
    private(set) var lastSequence: UInt64 = 0

    init(_ sink: any AcknowledgingSink, source: Source) {
        self.sink = sink
        self.source = source
    }

    mutating func append(_ line: Span<UInt8>, flags: FrameFlags, origin: FrameOrigin = .none) throws {
        lastSequence = max(lastSequence, try sink.append(line, source: source, flags: flags, origin: origin))
        statistics.count(flags)
    }

    var durableSequence: UInt64 { sink.durableSequence }
    func lastOrdinal(of session: UInt64) -> UInt64? { sink.lastOrdinal(of: session) }
}
