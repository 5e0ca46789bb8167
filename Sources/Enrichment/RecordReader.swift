/// A fault in a database's bytes; becomes ``DatabaseError/malformed(path:detail:)``.
struct MalformedDatabase: Error {
    var detail: String
}

/// Reads values of a data section by the MaxMind DB specification 2.0, "Output Data Section".
///
/// Every access is checked against the section's end, every size against what is left, and the steps for one record are
/// counted: containers that nest or point without end cost no more than the longest honest record.
///
/// A value starts with a control byte: type in the upper three bits (0: the type stands in the next byte, less 7), size
/// in the lower five (29, 30, 31: one to three further bytes). A pointer has its own layout and never points to a
/// pointer.
struct RecordReader {
    enum Value {
        case text(Range<Int>)
        case number(UInt64)
        case real(Double)
        case bool(Bool)
        /// A map of `count` pairs whose first key is at `content`.
        case map(count: Int, content: Int)
        /// An array of `count` values whose first is at `content`.
        case array(count: Int, content: Int)
        /// Bytes, signed and 128-bit numbers: nothing that banrisk asks for.
        case other
    }

    private var steps = 0

    /// Values that one record may have. MaxMind's largest, Enterprise, has about 150.
    static let maximumSteps = 8_192
    /// Containers within containers; honest records have three.
    private static let maximumDepth = 32

    /// The value at `position`, which moves behind it, except for containers, where it moves to their content.
    ///
    /// Behind a pointer the position is that behind the pointer, whatever it points to.
    mutating func value(in data: Span<UInt8>, at position: inout Int) throws(MalformedDatabase) -> Value {
        let first = try head(in: data, at: &position)
        guard first.type == 1 else { return try body(first, in: data, at: &position) }
        var target = first.size
        let pointed = try head(in: data, at: &target)
        guard pointed.type != 1 else { throw MalformedDatabase(detail: "a pointer to a pointer") }
        return try body(pointed, in: data, at: &target)
    }

    /// The position of the value of `key` in the map at `map`; `nil` if it has no such key or is no map.
    mutating func find(_ key: StaticString, in data: Span<UInt8>, at map: Int) throws(MalformedDatabase) -> Int? {
        var position = map
        guard case .map(let count, let content) = try value(in: data, at: &position) else { return nil }
        position = content
        for _ in 0..<count {
            guard case .text(let name) = try value(in: data, at: &position) else {
                throw MalformedDatabase(detail: "a map's key that is no text")
            }
            if Self.equal(data, name, key) { return position }
            try skip(in: data, at: &position, depth: 0)
        }
        return nil
    }

    /// The positions of the values of several keys in the map at `map`, in one pass; -1 where it has no such key or is no map.
    mutating func find<let n: Int>(
        _ keys: InlineArray<n, StaticString>, in data: Span<UInt8>, at map: Int
    ) throws(MalformedDatabase) -> InlineArray<n, Int> {
        var found = InlineArray<n, Int>(repeating: -1)
        var position = map
        guard case .map(let count, let content) = try value(in: data, at: &position) else { return found }
        position = content
        for _ in 0..<count {
            guard case .text(let name) = try value(in: data, at: &position) else {
                throw MalformedDatabase(detail: "a map's key that is no text")
            }
            for i in keys.indices where found[i] < 0 && Self.equal(data, name, keys[i]) { found[i] = position }
            try skip(in: data, at: &position, depth: 0)
        }
        return found
    }

    /// The position of the first value of the array at `array`; `nil` if it is empty or no array.
    mutating func first(in data: Span<UInt8>, at array: Int) throws(MalformedDatabase) -> Int? {
        var position = array
        guard case .array(let count, let content) = try value(in: data, at: &position), count > 0 else { return nil }
        return content
    }

    private mutating func skip(in data: Span<UInt8>, at position: inout Int, depth: Int) throws(MalformedDatabase) {
        guard depth < Self.maximumDepth else { throw MalformedDatabase(detail: "values nested too deep") }
        let first = try head(in: data, at: &position)
        if first.type == 1 { return }
        let values: Int
        switch try body(first, in: data, at: &position) {
        case .map(let count, _): values = count * 2
        case .array(let count, _): values = count
        default: return
        }
        for _ in 0..<values { try skip(in: data, at: &position, depth: depth + 1) }
    }

    /// Type and size of the value at `position`; for a pointer the position that it points to.
    private mutating func head(
        in data: Span<UInt8>, at position: inout Int
    ) throws(MalformedDatabase) -> (type: Int, size: Int) {
        steps += 1
        guard steps <= Self.maximumSteps else { throw MalformedDatabase(detail: "a record without end") }
        guard position >= 0, position < data.count else { throw MalformedDatabase(detail: "a value beyond its end") }
        let control = Int(data[position])
        position += 1
        let short = control & 0x1f
        var type = control >> 5
        if type == 1 {
            let bytes = short >> 3 & 3
            let rest = try unsigned(in: data, at: &position, count: bytes + 1)
            let base = bytes == 1 ? 2_048 : bytes == 2 ? 526_336 : 0
            return (1, base + (bytes == 3 ? 0 : (short & 7) << (8 * (bytes + 1))) + rest)
        }
        if type == 0 {
            type = 7 + (try unsigned(in: data, at: &position, count: 1))
            guard (8...15).contains(type) else { throw MalformedDatabase(detail: "a value of unknown type") }
        }
        guard short >= 29 else { return (type, short) }
        let base = short == 29 ? 29 : short == 30 ? 285 : 65_821
        return (type, base + (try unsigned(in: data, at: &position, count: short - 28)))
    }

    private mutating func body(
        _ head: (type: Int, size: Int), in data: Span<UInt8>, at position: inout Int
    ) throws(MalformedDatabase) -> Value {
        switch head.type {
        case 7: return .map(count: head.size, content: position)
        case 11: return .array(count: head.size, content: position)
        case 14: return .bool(head.size != 0)
        default: break
        }
        let start = position
        guard head.size <= data.count - start else { throw MalformedDatabase(detail: "a value beyond its end") }
        switch head.type {
        case 2:
            position += head.size
            return .text(start..<position)
        case 3, 15:
            guard head.size == (head.type == 3 ? 8 : 4) else { throw MalformedDatabase(detail: "a number's size") }
            let bits = UInt64(truncatingIfNeeded: try unsigned(in: data, at: &position, count: head.size))
            return .real(head.type == 3 ? Double(bitPattern: bits) : Double(Float(bitPattern: UInt32(bits))))
        case 5, 6, 9:
            guard head.size <= 8 else { throw MalformedDatabase(detail: "a number's size") }
            return .number(UInt64(bitPattern: Int64(try unsigned(in: data, at: &position, count: head.size))))
        default:
            position += head.size
            return .other
        }
    }

    /// The big-endian number of `count` (0 to 8) bytes at `position`, which moves behind it.
    private func unsigned(in data: Span<UInt8>, at position: inout Int, count: Int) throws(MalformedDatabase) -> Int {
        guard position >= 0, position <= data.count, count <= data.count - position else {
            throw MalformedDatabase(detail: "a value beyond its end")
        }
        var bits: UInt64 = 0
        for i in position..<position + count { bits = bits << 8 | UInt64(data[i]) }
        position += count
        return Int(bitPattern: UInt(bits))
    }

    private static func equal(_ data: Span<UInt8>, _ range: Range<Int>, _ key: StaticString) -> Bool {
        guard range.count == key.utf8CodeUnitCount else { return false }
        // SAFETY: a static string is valid for ever, and both lengths are equal.
        let name = unsafe UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        for i in 0..<range.count {
            guard unsafe data[range.lowerBound + i] == name[i] else { return false }
        }
        return true
    }
}

/// The fields that banrisk asks for. A field of another type than expected counts as absent: vendors differ.
extension RecordReader {
    mutating func text(_ key: StaticString, in data: Span<UInt8>, at map: Int) throws(MalformedDatabase) -> Range<Int>?
    {
        guard let position = try find(key, in: data, at: map) else { return nil }
        return try text(in: data, at: position)
    }

    /// The text at a position; `nil` where that is -1, or something else stands there.
    mutating func text(in data: Span<UInt8>, at position: Int) throws(MalformedDatabase) -> Range<Int>? {
        var position = position
        guard position >= 0, case .text(let range) = try value(in: data, at: &position) else { return nil }
        return range
    }

    /// As ``text(in:at:)``.
    mutating func number(in data: Span<UInt8>, at position: Int) throws(MalformedDatabase) -> UInt64? {
        var position = position
        guard position >= 0, case .number(let value) = try value(in: data, at: &position) else { return nil }
        return value
    }

    /// As ``text(in:at:)``.
    mutating func real(in data: Span<UInt8>, at position: Int) throws(MalformedDatabase) -> Double? {
        var position = position
        guard position >= 0, case .real(let value) = try value(in: data, at: &position) else { return nil }
        return value
    }

    mutating func number(_ key: StaticString, in data: Span<UInt8>, at map: Int) throws(MalformedDatabase) -> UInt64? {
        guard let position = try find(key, in: data, at: map) else { return nil }
        return try number(in: data, at: position)
    }

    mutating func isTrue(_ key: StaticString, in data: Span<UInt8>, at map: Int) throws(MalformedDatabase) -> Bool {
        guard var position = try find(key, in: data, at: map) else { return false }
        guard case .bool(let value) = try value(in: data, at: &position) else { return false }
        return value
    }
}
