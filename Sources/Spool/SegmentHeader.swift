import RiskModel

// docs/specs/spool.md describes the layouts byte by byte. All numbers are little-endian.

/// How a segment's frames are laid out.
enum SegmentVersion: UInt32, Sendable {
    /// Without times, origins and groups. It is read; nothing is added to it.
    case one = 1
    case two = 2

    static let current = two
}

/// The beginning of a segment file.
struct SegmentHeader: Equatable, Sendable {
    static let byteCount = 36
    /// "BRSPOOL" and a newline, which shows damage by text-mode transfers.
    static let magic: UInt64 = 0x0a4c_4f4f_5053_5242

    var version = SegmentVersion.current
    /// Random. The checksum of each frame begins with it, so that no frame counts in another segment, and no sender
    /// can write bytes into an event that would count as a frame.
    var salt: UInt32
    /// The number of the frame with index 0.
    var first: UInt64
    /// When the file was made, by the wall clock.
    var created: Timestamp

    /// Why bytes are no header.
    enum Failure: Error, Equatable { case damaged, unsupportedVersion(UInt32) }

    init(salt: UInt32, first: UInt64, created: Timestamp) {
        self.salt = salt
        self.first = first
        self.created = created
    }

    init(reading bytes: RawSpan) throws(Failure) {
        guard bytes.byteCount >= Self.byteCount, bytes.integer(at: 0, as: UInt64.self) == Self.magic,
            bytes.integer(at: 32, as: UInt32.self) == CRC32C.checksum(bytes.extracting(0..<32))
        else { throw .damaged }
        let version = bytes.integer(at: 8, as: UInt32.self)
        guard let version = SegmentVersion(rawValue: version) else { throw .unsupportedVersion(version) }
        self.version = version
        salt = bytes.integer(at: 12, as: UInt32.self)
        first = bytes.integer(at: 16, as: UInt64.self)
        guard Segment.numbers.contains(first) else { throw .damaged }
        created = bytes.time(at: 24)
    }

    /// The header's bytes.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: some FixedWidthInteger) {
            for i in 0..<value.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * i))) }
        }
        append(Self.magic)
        append(version.rawValue)
        append(salt)
        append(first)
        append(created.microseconds)
        append(unsafe CRC32C.checksum(bytes.span.bytes))  // SAFETY: bytes have no padding.
        return bytes
    }
}

extension RawSpan {
    /// A little-endian number; the bytes must be within the span.
    @inline(__always)
    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Integer.Type) -> Integer {
        // SAFETY: any bits are a valid integer, and the load checks its bounds.
        Integer(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }

    /// A time in microseconds since 1970; one after the last that is valid is taken for that.
    @inline(__always)
    func time(at offset: Int) -> Timestamp {
        let microseconds = Int64(clamping: integer(at: offset, as: UInt64.self))
        return min(Timestamp(microseconds: microseconds), .latest)
    }
}
