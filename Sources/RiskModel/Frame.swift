// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Where frames came from.
public enum Source: UInt8, Sendable, CaseIterable {
    /// A file or standard input, by `banrisk replay`.
    case file = 1
    /// The Unix stream socket.
    case stream = 2
    /// A line of the quarantine that is tried again.
    case quarantine = 3
    /// The daemon itself: nothing has come for a while. The frame holds no event.
    case pause = 4
    /// An analyst's verdict, by way of the control socket or `banrisk replay --verdicts`.
    case verdict = 5
    /// The Unix datagram socket.
    case datagram = 6
    /// Fluent Bit or Fluentd, by their Forward protocol.
    case forward = 7
    /// `POST /v1/events`.
    case http = 8
    /// A log file that the daemon follows.
    case follow = 9

    /// The name in tables and metrics.
    public var name: String {
        switch self {
        case .file: "file"
        case .stream: "stream"
        case .quarantine: "quarantine"
        case .pause: "pause"
        case .verdict: "verdict"
        case .datagram: "datagram"
        case .forward: "forward"
        case .http: "http"
        case .follow: "follow"
        }
    }
}

/// What the framer knew of a frame.
public struct FrameFlags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The line was longer than ``Frame/maximumBytes``; the frame holds its first ``Frame/keptOfOversized`` bytes.
    public static let oversized = FrameFlags(rawValue: 1)
    /// The stream ended without a newline behind this line. It is an event only if it is complete.
    public static let unterminated = FrameFlags(rawValue: 2)
    /// The sender numbers its frames: the frame has an ``FrameOrigin``.
    public static let numbered = FrameFlags(rawValue: 4)
    /// What the line was has been erased; the frame holds no event.
    public static let erased = FrameFlags(rawValue: 8)
}

/// A frame's number with its sender, where it has one; what makes a frame that is sent again recognisable.
public struct FrameOrigin: Sendable, Hashable {
    /// Names the sender's session; for a frame of the quarantine 0.
    public var session: UInt64
    /// From 1 within the session; for a frame of the quarantine the number of the frame that was refused.
    public var ordinal: UInt64

    public init(session: UInt64, ordinal: UInt64) {
        self.session = session
        self.ordinal = ordinal
    }

    public static let none = FrameOrigin(session: 0, ordinal: 0)
}

/// Raw bytes of one event as received: one line without its newline, never empty.
///
/// The bytes stand in the ``FrameBatch`` that holds the frame.
public struct Frame: Sendable, Hashable {
    /// The frame's number, from 1; the order of everything after the spool.
    public var seq: UInt64
    /// Where the bytes begin in the batch.
    public var offset: Int
    public var count: Int
    public var source: Source
    public var flags: FrameFlags
    /// When it was received, by the wall clock. A hint: it decides nothing but which events are too far ahead to be
    /// believed at once.
    public var received: Timestamp
    /// ``FrameOrigin/none`` unless `flags` has ``FrameFlags/numbered``.
    public var origin: FrameOrigin

    public init(
        seq: UInt64, offset: Int, count: Int, source: Source, flags: FrameFlags, received: Timestamp = .latest,
        origin: FrameOrigin = .none
    ) {
        self.seq = seq
        self.offset = offset
        self.count = count
        self.source = source
        self.flags = flags
        self.received = received
        self.origin = origin
    }

    /// The longest line that can be an event, without its newline.
    public static let maximumBytes = 65_536
    /// How much of a line is kept for the quarantine.
    public static let keptOfOversized = 4_096
}

/// Frames in order of `seq`, with their bytes. Reused from batch to batch.
public struct FrameBatch: Sendable {
    public var bytes: [UInt8] = []
    public var frames: [Frame] = []

    public init() {}

    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        frames.removeAll(keepingCapacity: true)
    }

    /// Appends a copy of `line`.
    public mutating func append(
        _ line: Span<UInt8>, seq: UInt64, source: Source, flags: FrameFlags, received: Timestamp = .latest,
        origin: FrameOrigin = .none
    ) {
        frames.append(
            Frame(
                seq: seq, offset: bytes.count, count: line.count, source: source, flags: flags, received: received,
                origin: origin))
        bytes.append(copying: line)
    }

    /// The bytes of `frame`, which must be of this batch.
    public func bytes(of frame: Frame) -> ArraySlice<UInt8> { bytes[frame.offset..<frame.offset + frame.count] }
}

/// Who takes frames from the intake: the spool, or a test.
public protocol FrameSink: Sendable {
    /// Takes a copy of one frame. Waits while the sink is full: that is the backpressure to the shipper.
    ///
    /// - Parameter origin: The sender's own number for the frame; looked at only if `flags` has ``FrameFlags/numbered``.
    /// - Returns: The frame's `seq`.
    /// - Throws: when the sink can take no more, for good. The caller stops reading.
    @discardableResult
    func append(_ line: Span<UInt8>, source: Source, flags: FrameFlags, origin: FrameOrigin) throws -> UInt64
}

extension Array where Element == UInt8 {
    /// Appends the bytes of a span.
    @inlinable
    public mutating func append(copying span: Span<UInt8>) {
        // SAFETY: the buffer is read only inside the closure, and `append(contentsOf:)` copies it.
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
