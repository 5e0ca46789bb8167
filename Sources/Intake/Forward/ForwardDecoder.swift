import RiskModel

/// Messages of the Forward protocol to frames: one for each record. No I/O.
struct ForwardDecoder: ~Copyable {
    /// What a message may be.
    struct Limits {
        /// The longest message.
        var messageBytes = 16 << 20
        /// The most that the entries of a compressed message may have when they are decompressed.
        var inflatedBytes = 64 << 20
        /// Of a record that is longer only the beginning is kept, as it came: no line of it could be short enough.
        var recordBytes = 1 << 20
    }

    /// What a client wants to be told of a message.
    struct Receipt: Equatable {
        /// To be sent when all frames of the message are on disk.
        var answer: [UInt8]
        /// Whether the message had all been stored before.
        var isRepeated: Bool
    }

    let limits: Limits
    private let reader = MessageReader()
    private var writer = RecordWriter()
    /// The same in every life of the daemon, so that chunks that are sent again are recognised.
    private static let sessionHash = KeyHash(seed: 0x666f_7277_6172_6431)

    init(limits: Limits = Limits()) { self.limits = limits }

    /// Gives the frames of a message that is whole to `emit`, in order.
    ///
    /// The records of a chunk are numbered, and make up a session of the chunk's own: what is sent again is recognised, after
    /// a restart too, and also where only a part of it was stored.
    ///
    /// - Parameter lastOrdinal: how many records of a session were stored before.
    /// - Returns: `nil` if the client does not want to know.
    /// - Throws: ``ForwardFault``, and what `emit` throws. What was whole before the fault has been given.
    mutating func decode(
        _ message: Span<UInt8>, lastOrdinal: (_ session: UInt64) -> UInt64?,
        emit: (Span<UInt8>, FrameFlags, FrameOrigin) throws -> Void
    ) throws -> Receipt? {
        // A sign of life, of some clients.
        if message.count == 1, message[0] == 0xc0 { return nil }
        let parts = try ForwardMessage(message)
        writer.begin(tag: message.extracting(parts.tag))
        var numbering = Numbering(message, parts, lastOrdinal: lastOrdinal)
        switch parts.entries {
        case .one(let entry): try emitRecord(of: entry, in: message, &numbering, emit)
        case .several(var place, let count):
            for _ in 0..<count {
                let entry = try ForwardEntry(message, at: place)
                place = entry.end
                try emitRecord(of: entry, in: message, &numbering, emit)
            }
        case .packed(let range, isCompressed: false):
            try emitRecords(of: message.extracting(range), &numbering, emit)
        case .packed(let range, isCompressed: true):
            guard let entries = Gunzip.bytes(of: message.extracting(range), limit: limits.inflatedBytes) else {
                throw ForwardFault.compression
            }
            try emitRecords(of: entries.span, &numbering, emit)
        }
        return parts.chunk.map { chunk in
            // {"ack": chunk}
            var answer: [UInt8] = [0x81, 0xa3] + Array("ack".utf8)
            answer.append(copying: message.extracting(chunk))
            return Receipt(answer: answer, isRepeated: numbering.isRepeated)
        }
    }

    private mutating func emitRecords(
        of entries: Span<UInt8>, _ numbering: inout Numbering,
        _ emit: (Span<UInt8>, FrameFlags, FrameOrigin) throws -> Void
    ) throws {
        var place = 0
        while place < entries.count {
            let entry = try ForwardEntry(entries, at: place)
            place = entry.end
            try emitRecord(of: entry, in: entries, &numbering, emit)
        }
    }

    private mutating func emitRecord(
        of entry: ForwardEntry, in bytes: Span<UInt8>, _ numbering: inout Numbering,
        _ emit: (Span<UInt8>, FrameFlags, FrameOrigin) throws -> Void
    ) throws {
        guard let origin = numbering.next() else { return }
        let record = bytes.extracting(entry.record)
        let flags: FrameFlags = numbering.session == 0 ? [] : .numbered
        if record.count > limits.recordBytes {
            return try emit(record.extracting(first: Frame.keptOfOversized), flags.union(.oversized), origin)
        }
        let time = try unsafe reader.read(bytes.extracting(entry.time)) { unsafe Timestamp($0) }
        try unsafe reader.read(record) { unsafe writer.write($0, at: time) }
        let line = writer.line
        if line.count > Frame.maximumBytes {
            try emit(line.span.extracting(first: Frame.keptOfOversized), flags.union(.oversized), origin)
        } else {
            try emit(line.span, flags, origin)
        }
    }

    /// The numbers of a message's records.
    private struct Numbering {
        /// 0 for a message whose records have none.
        let session: UInt64
        /// How many of them were stored before.
        private let known: UInt64
        private var ordinal: UInt64 = 0

        /// In Message mode the records are not numbered: Fluent Bit makes a chunk's name from its content, and two records
        /// of one second may well be equal.
        init(_ message: Span<UInt8>, _ parts: ForwardMessage, lastOrdinal: (UInt64) -> UInt64?) {
            guard let chunk = parts.chunk, !parts.isMessageMode else {
                (session, known) = (0, 0)
                return
            }
            let tag = ForwardDecoder.sessionHash.hash(message.extracting(parts.tag))
            let name = ForwardDecoder.sessionHash.hash(message.extracting(chunk))
            session = max(1, ForwardDecoder.sessionHash.hash(tag, name))
            known = lastOrdinal(session) ?? 0
        }

        /// The next record's number; `nil` if it was stored before.
        mutating func next() -> FrameOrigin? {
            if session == 0 { return FrameOrigin.none }
            ordinal += 1
            return ordinal > known ? FrameOrigin(session: session, ordinal: ordinal) : nil
        }

        var isRepeated: Bool { session != 0 && ordinal <= known }
    }
}
