import RiskModel

// docs/specs/spool.md describes these layouts byte by byte. All numbers are little-endian.

/// The beginning of a segment file.
struct SegmentHeader: Equatable, Sendable {
    static let byteCount = 36
    static let version: UInt32 = 1
    /// "BRSPOOL" and a newline, which shows damage by text-mode transfers.
    static let magic: UInt64 = 0x0a4c_4f4f_5053_5242

    /// Random. The checksum of each frame begins with it, so that no frame counts in another segment, and no sender
    /// can write bytes into an event that would count as a frame.
    var salt: UInt32
    /// The number of the frame with index 0.
    var first: UInt64
    /// When the file was made, in microseconds since 1970 by the wall clock; for people only.
    var created: UInt64

    /// Why bytes are no header.
    enum Failure: Error, Equatable { case damaged, unsupportedVersion(UInt32) }

    init(salt: UInt32, first: UInt64, created: UInt64) {
        self.salt = salt
        self.first = first
        self.created = created
    }

    init(reading bytes: RawSpan) throws(Failure) {
        guard bytes.byteCount >= Self.byteCount, bytes.integer(at: 0, as: UInt64.self) == Self.magic,
            bytes.integer(at: 32, as: UInt32.self) == CRC32C.checksum(bytes.extracting(0..<32))
        else { throw .damaged }
        let version = bytes.integer(at: 8, as: UInt32.self)
        guard version == Self.version else { throw .unsupportedVersion(version) }
        salt = bytes.integer(at: 12, as: UInt32.self)
        first = bytes.integer(at: 16, as: UInt64.self)
        created = bytes.integer(at: 24, as: UInt64.self)
    }

    /// The header's bytes.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: some FixedWidthInteger) {
            for i in 0..<value.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * i))) }
        }
        append(Self.magic)
        append(Self.version)
        append(salt)
        append(first)
        append(created)
        append(unsafe CRC32C.checksum(bytes.span.bytes))  // SAFETY: bytes have no padding.
        return bytes
    }
}

/// What stands before the bytes of a frame: the checksum of all that follows it, then these fields.
struct FrameHeader: Equatable, Sendable {
    static let byteCount = 16
    /// Where the bytes begin that the checksum covers.
    static let checkedFrom = 4

    var length: UInt32
    /// The frame's number less the segment's first.
    var index: UInt32
    var source: Source
    var flags: FrameFlags

    /// `nil` where the fields cannot be a header's.
    init?(reading bytes: RawSpan, at offset: Int) {
        length = bytes.integer(at: offset + 4, as: UInt32.self)
        index = bytes.integer(at: offset + 8, as: UInt32.self)
        let tail = bytes.integer(at: offset + 12, as: UInt32.self)
        guard length >= 1, length <= Frame.maximumBytes, tail >> 16 == 0,
            let source = Source(rawValue: UInt8(truncatingIfNeeded: tail))
        else { return nil }
        self.source = source
        flags = FrameFlags(rawValue: UInt8(truncatingIfNeeded: tail >> 8))
    }

    /// The last four bytes of a header: source, flags, two zero bytes.
    static func tail(source: Source, flags: FrameFlags) -> UInt32 {
        UInt32(source.rawValue) | UInt32(flags.rawValue) << 8
    }
}

extension RawSpan {
    /// A little-endian number; the bytes must be within the span.
    @inline(__always)
    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Integer.Type) -> Integer {
        // SAFETY: any bits are a valid integer, and the load checks its bounds.
        Integer(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }
}
