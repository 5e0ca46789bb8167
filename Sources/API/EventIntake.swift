internal import Crypto
internal import Intake
internal import RiskModel

/// Gives the events of one body to the sink, each as a frame, and counts what became of them.
struct EventIntake {
    /// How a body is cut into events.
    enum Form: Sendable {
        /// One a line.
        case lines
        /// A JSON array, or values behind each other.
        case values
    }

    /// Faults that are named; the others are counted.
    private static let namedFaults = 100
    /// Lines that are checked at once.
    private static let batchFrames = 1_024

    private let services: APIServices
    private let session: UInt64?
    private let before: UInt64
    private var batch = FrameBatch()
    private var count = 0
    private var rejected = 0
    private var faults: [JSONObject] = []
    private var through: UInt64?

    /// - Parameter session: names the body to the sink, so that nothing of it is stored twice.
    init(services: APIServices, session: UInt64?) {
        self.services = services
        self.session = session
        before = session.flatMap { services.sink.lastOrdinal(of: $0) } ?? 0
    }

    /// What a body under a key is called: the same for the same sender, key and bytes only. So a key that is used for
    /// another body by mistake, or by another sender, costs no event.
    static func session(key: String, caller: Caller, body: [UInt8]) -> UInt64 {
        var hash = SHA256()
        hash.update(data: Array("\(caller.uid.map(String.init) ?? "token")\n\(key.utf8.count)\n\(key)\n".utf8))
        hash.update(data: body)
        let number = hash.finalize().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return max(1, number)
    }

    /// What the answer says; ``seq`` must be on disk before it is said.
    struct Outcome: Sendable {
        var json: JSONObject
        var seq: UInt64?
        var accepted: Int
        var rejected: Int
        var repeated: Int
    }

    /// Takes a whole body. Waits while the sink is full.
    ///
    /// - Throws: where the sink takes no more.
    mutating func take(_ body: [UInt8], as form: Form) throws -> Outcome {
        switch form {
        case .lines:
            var framer = LineFramer()
            try framer.consume(body.span) { try add($0, $1) }
            // The body's end is the last line's end.
            try framer.finish { try add($0, $1.subtracting(.unterminated)) }
        case .values:
            var splitter = JSONValueSplitter(body)
            let ending = try splitter.split { try add($0, $1) }
            if ending == .unterminated { note(line: count + 1, RejectionReason.unterminated) }
        }
        try flush()
        return outcome
    }

    private mutating func add(_ line: Span<UInt8>, _ flags: FrameFlags) throws {
        if line.count == 0 { return }
        count += 1
        batch.append(
            line, seq: UInt64(count), source: .http, flags: session == nil ? flags : flags.union(.numbered),
            origin: FrameOrigin(session: session ?? 0, ordinal: UInt64(count)))
        if batch.frames.count >= Self.batchFrames { try flush() }
    }

    private mutating func flush() throws {
        for rejection in services.check(batch) {
            rejected += 1
            note(line: Int(rejection.seq), rejection.reason, rejection)
        }
        var last = through
        for frame in batch.frames {
            let line = batch.bytes.span.extracting(frame.offset..<frame.offset + frame.count)
            last = try services.sink.append(line, source: .http, flags: frame.flags, origin: frame.origin)
        }
        through = last
        batch.removeAll()
    }

    private mutating func note(line: Int, _ reason: RejectionReason, _ rejection: Rejection? = nil) {
        guard faults.count < Self.namedFaults else { return }
        var fault = JSONObject()
        fault.add("line", line)
        fault.add("reason", reason.rawValue)
        if let rejection {
            if !rejection.field.isEmpty { fault.add("field", rejection.field) }
            if !rejection.mapping.isEmpty { fault.add("mapping", rejection.mapping) }
            fault.add("position", rejection.position)
        }
        faults.append(fault)
    }

    private var outcome: Outcome {
        let repeated = min(count, Int(clamping: before))
        var object = JSONObject()
        object.add("accepted", count - rejected)
        object.add("rejected", rejected)
        object.add("repeated", repeated)
        object.add("faults", faults)
        object.add("through", through.map { Int(clamping: $0) })
        return Outcome(json: object, seq: through, accepted: count - rejected, rejected: rejected, repeated: repeated)
    }
}
