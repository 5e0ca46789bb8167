import RiskModel

/// The parts of one message of the Forward protocol, as places in its bytes (Fluentd, "Forward Protocol Specification v1").
struct ForwardMessage: Equatable {
    /// The events of a message.
    enum Entries: Equatable {
        /// Message mode: one time and record.
        case one(ForwardEntry)
        /// Forward mode: so many entries from this place on.
        case several(start: Int, count: Int)
        /// PackedForward mode: entries one behind the other; where `isCompressed`, the bytes of a gzip file that holds them.
        case packed(Range<Int>, isCompressed: Bool)
    }

    /// The tag's text.
    let tag: Range<Int>
    let entries: Entries
    /// What the client wants to be told when all of it is on disk: one value, text or binary.
    let chunk: Range<Int>?

    /// A chunk's name may have so many bytes. Fluentd's has 24, Fluent Bit's 32.
    static let maximumChunkBytes = 256

    /// Reads a message that takes all of `bytes`.
    init(_ bytes: Span<UInt8>) throws(ForwardFault) {
        let message = try MessageHeader(bytes, of: .array, at: 0)
        guard (2...4).contains(message.values) else { throw .notForward }
        let tagStart = message.headerCount
        let tagHeader = try MessageHeader.text(bytes, at: tagStart)
        tag = tagStart + tagHeader.headerCount..<tagStart + tagHeader.count

        let second = tag.upperBound
        guard let header = try MessageHeader(bytes, at: second) else { throw .brokenOff }
        let optionPlace: Int
        switch header.kind {
        case .array, .string, .binary:
            guard message.values <= 3 else { throw .notForward }
            optionPlace = try MessageScanner.end(of: second, in: bytes)
        default:
            guard message.values >= 3 else { throw .notForward }
            optionPlace = try MessageScanner.end(of: MessageScanner.end(of: second, in: bytes), in: bytes)
        }
        let option = try Option(bytes, in: optionPlace..<bytes.count)
        chunk = option.chunk
        switch header.kind {
        case .array: entries = .several(start: second + header.headerCount, count: header.values)
        case .string, .binary:
            entries = .packed(
                second + header.headerCount..<second + header.count, isCompressed: option.isCompressed)
        default:
            let record = try MessageScanner.end(of: second, in: bytes)
            entries = .one(ForwardEntry(time: second..<record, record: record..<optionPlace))
        }
    }

    /// The message's last part, a map; not all clients send it.
    private struct Option {
        var chunk: Range<Int>?
        var isCompressed = false

        init(_ bytes: Span<UInt8>, in range: Range<Int>) throws(ForwardFault) {
            guard !range.isEmpty, let header = try MessageHeader(bytes, at: range.lowerBound), header.kind != .null
            else { return }
            guard header.kind == .map else { throw .notForward }
            var place = range.lowerBound + header.headerCount
            for _ in 0..<header.values / 2 {
                let value = try MessageScanner.end(of: place, in: bytes)
                let end = try MessageScanner.end(of: value, in: bytes)
                if Self.isText("chunk", bytes, in: place..<value) {
                    _ = try MessageHeader.text(bytes, at: value)
                    guard (1...ForwardMessage.maximumChunkBytes).contains(end - value) else { throw .notForward }
                    chunk = value..<end
                } else if Self.isText("compressed", bytes, in: place..<value) {
                    isCompressed = !Self.isText("text", bytes, in: value..<end)
                }
                place = end
            }
        }

        private static func isText(_ text: StaticString, _ bytes: Span<UInt8>, in range: Range<Int>) -> Bool {
            guard let header = try? MessageHeader.text(bytes, at: range.lowerBound),
                header.count - header.headerCount == text.utf8CodeUnitCount
            else { return false }
            let start = range.lowerBound + header.headerCount
            // SAFETY: a static string's bytes are there for good, and are counted.
            return (0..<text.utf8CodeUnitCount).allSatisfy { unsafe bytes[start + $0] == text.utf8Start[$0] }
        }
    }
}

/// One event in a message: its time and its record, as places in the bytes.
struct ForwardEntry: Equatable {
    let time: Range<Int>
    let record: Range<Int>
    var end: Int { record.upperBound }

    init(time: Range<Int>, record: Range<Int>) {
        self.time = time
        self.record = record
    }

    /// Reads the entry that begins at `place`: an array of a time and a record.
    ///
    /// Instead of the time there may be an array with the time in front, and metadata, as Fluent Bit has it within.
    init(_ bytes: Span<UInt8>, at place: Int) throws(ForwardFault) {
        let entry = try MessageHeader(bytes, of: .array, at: place)
        guard entry.values == 2 else { throw .notForward }
        let first = place + entry.headerCount
        let recordStart = try MessageScanner.end(of: first, in: bytes)
        record = recordStart..<(try MessageScanner.end(of: recordStart, in: bytes))
        if let pair = try MessageHeader(bytes, at: first), pair.kind == .array, pair.values > 0 {
            let start = first + pair.headerCount
            time = start..<(try MessageScanner.end(of: start, in: bytes))
        } else {
            time = first..<recordStart
        }
    }
}

extension MessageHeader {
    /// Reads the header of a value that must be of this kind.
    init(_ bytes: Span<UInt8>, of kind: Kind, at place: Int) throws(ForwardFault) {
        guard let header = try Self(bytes, at: place) else { throw .brokenOff }
        guard header.kind == kind else { throw .notForward }
        self = header
    }

    /// Reads the header of a text, which old clients send as binary, or the other way round; it must be all there.
    static func text(_ bytes: Span<UInt8>, at place: Int) throws(ForwardFault) -> Self {
        guard let header = try Self(bytes, at: place), place + header.count <= bytes.count else { throw .brokenOff }
        guard header.kind == .string || header.kind == .binary else { throw .notForward }
        return header
    }
}

extension ForwardMessage {
    var isMessageMode: Bool { if case .one = entries { true } else { false } }
}
