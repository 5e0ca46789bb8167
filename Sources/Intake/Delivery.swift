package import RiskModel

/// A sender's side of an acknowledged stream: lines go in, bytes for the daemon come out, its answers go in. No I/O.
///
/// Each line is kept until the daemon has said that it is on disk. When a connection is lost, the next one goes on behind
/// what the daemon says that it has, so each line is stored once. docs/specs/wire.md describes the bytes.
package struct Delivery: Sendable {
    /// Names the stream: of two senders with the same session the later one pushes the earlier one out.
    package let session: UInt64
    /// How many lines were added.
    package private(set) var lines: UInt64 = 0
    /// How many of the session's lines are on disk, as the daemon has said.
    package private(set) var onDisk: UInt64 = 0
    /// How many of the session's lines the daemon had at the first connection; `nil` before that.
    package private(set) var resumedAfter: UInt64?
    /// Whether a connection is there and the daemon has answered.
    package private(set) var isOpen = false

    private let isResumable: Bool
    private let windowBytes: Int
    private var hasAllLines = false
    /// How many lines were on disk when the daemon had forgotten the session; it counts from there on.
    private var base: UInt64 = 0
    /// What is left of the request.
    private var request: [UInt8] = []
    private var kept = KeptLines()
    /// The place in `kept` up to which everything was sent on this connection.
    private var sent = 0
    /// The same, on any connection.
    private var farthest = 0
    /// The beginning of an answer whose end has not come.
    private var received: [UInt8] = []

    /// The longest answer that can make sense.
    private static let maximumAnswer = 1024

    /// - Parameters:
    ///   - session: not 0.
    ///   - isResumable: whether the session may have lines from before, or be gone on with after this.
    ///   - windowBytes: how much is kept before ``hasRoom`` turns false.
    package init(session: UInt64, isResumable: Bool, windowBytes: Int = 4 << 20) {
        self.session = session
        self.isResumable = isResumable
        self.windowBytes = windowBytes
    }

    /// The session that a name stands for: the same in every process.
    package static func session(named name: String) -> UInt64 {
        max(1, KeyHash(seed: 0).hash(Array(name.utf8).span))
    }

    /// Whether more lines should be added now.
    package var hasRoom: Bool { !hasAllLines && kept.byteCount < windowBytes }
    /// Whether lines wait to be sent or acknowledged.
    package var hasWork: Bool { !kept.isEmpty }
    /// Whether all lines there will ever be are on disk.
    package var isDone: Bool { hasAllLines && onDisk >= lines }
    /// The bytes of lines that are not known to be on disk.
    package var keptBytes: Int { kept.byteCount }

    /// Adds the session's next line, as a framer gave it.
    package mutating func add(_ line: Span<UInt8>, flags: FrameFlags) {
        lines += 1
        if lines > onDisk { kept.append(line, flags: flags, number: lines) }
    }

    /// Says that no more lines will come.
    package mutating func finish() throws(DeliveryError) {
        hasAllLines = true
        try checkNumbers()
    }

    /// Begins with a new connection.
    package mutating func connect() {
        request = Array(StreamRequest(session: session).line.utf8)
        received = []
        isOpen = false
    }

    /// What is to be sent next; empty when there is nothing, or the daemon has to answer first.
    package var output: ArraySlice<UInt8> { isOpen ? kept.bytes(from: sent) : request[...] }

    /// Takes note that so many bytes of ``output`` were sent.
    package mutating func didSend(_ count: Int) {
        if isOpen {
            sent += count
            farthest = max(farthest, sent)
            kept.drop(through: onDisk, endingBy: sent)
        } else {
            request.removeFirst(count)
        }
    }

    /// Takes in what the daemon has sent.
    package mutating func receive(_ bytes: Span<UInt8>) throws(DeliveryError) {
        for i in 0..<bytes.count {
            if bytes[i] != UInt8(ascii: "\n") {
                received.append(bytes[i])
                if received.count > Self.maximumAnswer { throw .notUnderstood }
            } else {
                let line = String(decoding: received, as: UTF8.self)
                received.removeAll(keepingCapacity: true)
                try take(line)
            }
        }
    }

    /// Ends a connection. What was not acknowledged will be sent again, unless the daemon turns out to have it.
    package mutating func disconnect() {
        isOpen = false
        request = []
    }

    private mutating func take(_ line: String) throws(DeliveryError) {
        switch StreamAnswer(line) {
        case .ready(let count) where !isOpen:
            // Daemons do not remember sessions for ever. Where nothing is in doubt, that does no harm.
            if count == 0, onDisk > base, !isResumable, farthest <= kept.start { base = onDisk }
            try begin(after: base + count)
        case .acknowledged(let count) where isOpen && count <= lines - base && base + count >= onDisk:
            onDisk = base + count
            // An oversized line may be on disk before its end was sent.
            kept.drop(through: onDisk, endingBy: sent)
        case .refused(let reason): throw .refused(reason)
        default: throw .notUnderstood
        }
    }

    private mutating func begin(after count: UInt64) throws(DeliveryError) {
        if count < onDisk { throw .forgotten(onDisk: onDisk, answered: count) }
        if resumedAfter != nil || !isResumable, count > lines { throw .ahead(onDisk: count, lines: lines) }
        resumedAfter = resumedAfter ?? count
        onDisk = count
        kept.drop(through: count, endingBy: kept.end)
        sent = kept.start
        isOpen = true
        try checkNumbers()
    }

    private func checkNumbers() throws(DeliveryError) {
        if hasAllLines, onDisk > lines { throw .ahead(onDisk: onDisk, lines: lines) }
    }
}

/// Why lines cannot be delivered, however long one waits. The description says the remedy.
package enum DeliveryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The daemon does not take the stream, for this reason.
    case refused(String)
    /// The daemon has more of the session than there is.
    case ahead(onDisk: UInt64, lines: UInt64)
    /// The daemon has less of the session than it said before.
    case forgotten(onDisk: UInt64, answered: UInt64)
    case notUnderstood

    package var description: String {
        switch self {
        case .refused(let reason):
            "the daemon refuses the stream: \(reason)"
        case .ahead(let onDisk, let lines):
            "\(onDisk) lines of this session are on disk, and the input has only \(lines): other files were sent under its "
                + "name; choose another session for these"
        case .forgotten(let onDisk, let answered):
            "the daemon had \(onDisk) lines of this session and now knows of \(answered): its spool was removed, or too many "
                + "other sessions came since; send what is missing under another session"
        case .notUnderstood:
            "the daemon's answer is of another protocol; check that the socket is banriskd's events.sock, and its version"
        }
    }
}
