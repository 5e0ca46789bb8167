// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Why bytes are no state.
public enum StateFault: Error, Hashable, Sendable {
    /// The bytes end before the state does.
    case truncated
    /// A value that no state has; what it was to be.
    case invalid(String)
}

/// Writes a fold's state as bytes: the same in a snapshot and, later, between machines.
///
/// Numbers are little-endian and fixed in size; texts and arrays stand behind their count. Nothing names itself: the
/// order of the fields is the format, and whoever stores the bytes stores its version.
public struct StateWriter: Sendable {
    @usableFromInline var buffer: [UInt8] = []
    public var bytes: [UInt8] { buffer }

    public init() {}

    /// Forgets the bytes and keeps the room.
    public mutating func removeAll() { buffer.removeAll(keepingCapacity: true) }

    @inlinable @inline(__always)
    public mutating func write(_ value: some FixedWidthInteger & BitwiseCopyable) {
        // SAFETY: the bytes of an integer have no padding, and are copied before the closure ends.
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe buffer.append(contentsOf: $0) }
    }

    @inlinable public mutating func write(_ value: Double) { write(value.bitPattern) }
    @inlinable public mutating func write(_ value: Float) { write(value.bitPattern) }
    @inlinable public mutating func write(_ value: Bool) { write(UInt8(value ? 1 : 0)) }
    @inlinable public mutating func write(_ value: Timestamp) { write(value.microseconds) }
    @inlinable
    public mutating func write(_ value: IPAddress) {
        write(value.high)
        write(value.low)
    }

    /// Writes how many elements follow, 0 to 2³² − 1.
    @inlinable public mutating func write(count: Int) { write(UInt32(count)) }

    /// Writes bytes behind their count.
    public mutating func write(_ value: [UInt8]) {
        write(count: value.count)
        buffer.append(contentsOf: value)
    }

    /// Writes bytes behind their count.
    public mutating func write(_ value: Span<UInt8>) {
        write(count: value.count)
        buffer.append(copying: value)
    }

    /// Writes a text behind its count of bytes.
    public mutating func write(_ value: String) {
        write(count: value.utf8.count)
        buffer.append(contentsOf: value.utf8)
    }
}

/// Reads what a ``StateWriter`` wrote, and trusts none of it.
public struct StateReader: Sendable {
    @usableFromInline let bytes: [UInt8]
    @usableFromInline var position = 0
    @usableFromInline let end: Int
    /// Stands in for a name while the state is read: the way by which a name leaves the state.
    package let substitution: NameSubstitution?

    package init(_ bytes: [UInt8], substitution: NameSubstitution? = nil) {
        self.bytes = bytes
        self.substitution = substitution
        end = bytes.count
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>, _ substitution: NameSubstitution?) {
        self.bytes = bytes
        self.substitution = substitution
        position = range.lowerBound
        end = range.upperBound
    }

    /// Bytes not read yet.
    @inlinable public var remaining: Int { end - position }

    @inlinable @inline(__always)
    public mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self
    ) throws(StateFault) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw .truncated }
        // SAFETY: the load checks its bounds, and any bits are a valid integer.
        let value = unsafe bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: type)
        position += size
        return Value(littleEndian: value)
    }

    @inlinable public mutating func readDouble() throws(StateFault) -> Double { Double(bitPattern: try read()) }
    @inlinable public mutating func readFloat() throws(StateFault) -> Float { Float(bitPattern: try read()) }

    @inlinable
    public mutating func readBool() throws(StateFault) -> Bool {
        switch try read(UInt8.self) {
        case 0: false
        case 1: true
        default: throw .invalid("a truth value")
        }
    }

    /// A time from 1970 to the end of 9999.
    @inlinable
    public mutating func readTimestamp() throws(StateFault) -> Timestamp {
        let microseconds = try read(Int64.self)
        guard microseconds >= 0, microseconds <= Timestamp.latest.microseconds else { throw .invalid("a time") }
        return Timestamp(microseconds: microseconds)
    }

    @inlinable
    public mutating func readAddress() throws(StateFault) -> IPAddress {
        IPAddress(high: try read(), low: try read())
    }

    /// How many elements follow, each of at least `bytesEach` bytes: a damaged count cannot ask for more memory than the
    /// bytes that are there.
    @inlinable
    public mutating func readCount(bytesEach: Int) throws(StateFault) -> Int {
        let count = Int(try read(UInt32.self))
        guard count <= remaining / max(1, bytesEach) else { throw .truncated }
        return count
    }

    /// Reads bytes, and copies them only where another name stands in for one.
    ///
    /// - Parameter isAccount: Whether they are an account's name. A device may well be called by an ordinary word, too.
    public mutating func readKey(isAccount: Bool) throws(StateFault) -> ArraySlice<UInt8> {
        let read = bytes[try readRange()]
        if let substitution, isAccount || !substitution.isOfOrdinaryName { return substitution.key(Array(read))[...] }
        return read
    }

    /// A reader of the bytes that follow behind their count, and that this one passes over.
    ///
    /// - Parameter isNamed: Whether names can stand in them.
    package mutating func readBlock(isNamed: Bool) throws(StateFault) -> StateReader {
        StateReader(bytes, try readRange(), isNamed ? substitution : nil)
    }

    private mutating func readRange() throws(StateFault) -> Range<Int> {
        let count = try readCount(bytesEach: 1)
        defer { position += count }
        return position..<position + count
    }

    /// The name of an account, which must be UTF-8: another's stays, though the name be a word of it.
    public mutating func readName() throws(StateFault) -> String {
        guard let name = String(validating: Array(try readKey(isAccount: true)), as: UTF8.self) else {
            throw .invalid("a name")
        }
        return name
    }

    /// A line as it was received.
    public mutating func readLine() throws(StateFault) -> [UInt8] {
        let line = Array(bytes[try readRange()])
        return substitution?.line(line) ?? line
    }

    /// A text of banrisk's own, such as a rule's id, which must be UTF-8: it speaks of nobody.
    public mutating func readString() throws(StateFault) -> String {
        guard let text = String(validating: Array(bytes[try readRange()]), as: UTF8.self) else {
            throw .invalid("a text")
        }
        return text
    }

    /// A text that may speak of an account, which must be UTF-8.
    public mutating func readText() throws(StateFault) -> String {
        let text = try readString()
        return substitution?.text(text) ?? text
    }

    /// A verdict in one text, see ``Verdict/packed``, or none.
    package mutating func readVerdict() throws(StateFault) -> String {
        let packed = try readString()
        guard let substitution, var verdict = Verdict(packed: packed) else { return packed }
        verdict.by = substitution.text(verdict.by)
        verdict.why = substitution.text(verdict.why)
        return verdict.packed
    }

    /// To be called when all is read: bytes that are left over are a fault.
    public func finish() throws(StateFault) {
        guard remaining == 0 else { throw .invalid("the end") }
    }
}
