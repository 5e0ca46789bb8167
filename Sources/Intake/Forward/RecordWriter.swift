import CMessagePack
import RiskModel

/// Makes one JSON line of each record. Its memory is reused from record to record.
///
/// A record that only wraps a line, in a field `log` or `message`, becomes that line. Any other becomes an object of its
/// fields in order, with `fluent_tag` and `fluent_time` behind them unless it has such fields. What JSON cannot say is
/// replaced: bytes that are no UTF-8 by U+FFFD, a number that is none and an unknown extension by null, a key that is a
/// number by its text.
struct RecordWriter {
    /// The line that was written last.
    private(set) var line: [UInt8] = []
    /// The tag as JSON.
    private var tag: [UInt8] = []

    /// Fields that Fluent Bit, Fluentd and Docker put beside a line that they collect. A record with others is not only a
    /// line, and is kept whole.
    private static let companions: Set<String> = [
        "_p", "container_id", "container_name", "docker", "file", "filename", "fluent_tag", "fluent_time", "host",
        "hostname", "kubernetes", "logtag", "offset", "path", "source", "stream", "tag", "time",
    ]

    /// Takes the tag of the records that follow.
    mutating func begin(tag: Span<UInt8>) {
        self.tag.removeAll(keepingCapacity: true)
        self.tag.append(json: tag)
    }

    /// Writes ``line``.
    mutating func write(_ record: mp_value, at time: Timestamp?) {
        line.removeAll(keepingCapacity: true)
        guard unsafe record.kind == MP_MAP.rawValue else { return unsafe line.append(json: record) }
        // SAFETY: here and below, the library made the map of so many pairs, and its texts of so many bytes.
        let pairs = unsafe UnsafeBufferPointer(start: record.map.pairs, count: Int(record.map.count))
        if unsafe appendWrappedLine(pairs) { return }
        var hasTag = false
        var hasTime = false
        line.append(UInt8(ascii: "{"))
        for i in pairs.indices {
            if i > 0 { line.append(UInt8(ascii: ",")) }
            unsafe line.append(json: pairs[i])
            hasTag = unsafe hasTag || pairs[i].key.isText("fluent_tag")
            hasTime = unsafe hasTime || pairs[i].key.isText("fluent_time")
        }
        if !hasTag {
            beginField("\"fluent_tag\":")
            line += tag
        }
        if !hasTime, let time {
            beginField("\"fluent_time\":")
            line.append(json: time)
        }
        line.append(UInt8(ascii: "}"))
    }

    private mutating func beginField(_ name: StaticString) {
        if line.count > 1 { line.append(UInt8(ascii: ",")) }
        line.append(ascii: name)
    }

    /// Appends the line that the record wraps, if it does.
    private mutating func appendWrappedLine(_ pairs: UnsafeBufferPointer<mp_pair>) -> Bool {
        var wrapped: UnsafeBufferPointer<UInt8>?
        for i in pairs.indices {
            let pair = unsafe pairs[i]
            if unsafe pair.key.isText("log") || pair.key.isText("message") {
                guard unsafe wrapped == nil, let text = unsafe pair.value.text(of: MP_STRING) else { return false }
                unsafe wrapped = unsafe text
            } else {
                guard let key = unsafe pair.key.text(of: MP_STRING),
                    Self.companions.contains(unsafe String(decoding: key, as: UTF8.self))
                else { return false }
            }
        }
        guard var text = unsafe wrapped?[...], unsafe text.first == UInt8(ascii: "{") else { return false }
        while let last = unsafe text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
            unsafe text.removeLast()
        }
        // A frame is one line. In JSON, line breaks stand between values only, where a space says the same.
        line.append(contentsOf: unsafe text.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? 0x20 : $0 })
        return true
    }
}

extension mp_value {
    /// The bytes of a text, or of binary; `nil` if the value is not of that kind.
    fileprivate func text(of wanted: mp_kind) -> UnsafeBufferPointer<UInt8>? {
        // SAFETY: the kind says which member counts; the library made the text of so many bytes.
        guard unsafe kind == wanted.rawValue else { return nil }
        return unsafe UnsafeBufferPointer(start: text.bytes, count: Int(text.count))
    }

    fileprivate func isText(_ wanted: StaticString) -> Bool {
        guard let bytes = unsafe text(of: MP_STRING), bytes.count == wanted.utf8CodeUnitCount else { return false }
        // SAFETY: a static string's bytes are there for good, and are counted.
        return unsafe bytes.elementsEqual(UnsafeBufferPointer(start: wanted.utf8Start, count: wanted.utf8CodeUnitCount))
    }
}
