import RiskModel

/// What stands before the bytes of a frame.
struct FrameHeader: Equatable, Sendable {
    var source: Source
    var flags: FrameFlags
    /// Bytes of the line.
    var length: UInt32
    /// The frame's number less the segment's first.
    var index: UInt32
    /// The index of the first frame of its group: when this frame was written, all frames before that were synced.
    var group: UInt32
    var received: Timestamp
    var origin: FrameOrigin
    /// The header's own bytes.
    var byteCount: Int
    /// The checksum of the frame, as it says.
    var checksum: UInt32
    /// The checksum of the header, which the line's continues.
    var headerChecksum: UInt32

    /// The longest header, and the shortest of any version.
    static let maximumBytes = 44
    static let minimumBytes = 16

    /// Bytes of the header of a frame as it is written now.
    static func byteCount(isNumbered: Bool) -> Int { isNumbered ? 44 : 28 }

    /// Where the fields stand in version 2.
    enum Offset {
        static let checksum = 0
        static let check = 4
        static let source = 6
        static let flags = 7
        static let length = 8
        static let index = 12
        static let group = 16
        static let received = 20
        static let session = 28
        static let ordinal = 36
    }

    /// Reads the header of the frame with which `bytes` begin; they go beyond the header or to the segment's end.
    ///
    /// - Returns: `nil` where there is none.
    @inline(__always)
    init?(reading bytes: RawSpan, in segment: SegmentHeader) {
        switch segment.version {
        case .one: self.init(readingVersion1: bytes, salt: segment.salt, created: segment.created)
        case .two: self.init(reading: bytes, salt: segment.salt)
        }
    }

    @inline(__always)
    private init?(reading bytes: RawSpan, salt: UInt32) {
        guard bytes.byteCount >= Self.byteCount(isNumbered: false),
            let source = Source(rawValue: bytes.integer(at: Offset.source, as: UInt8.self))
        else { return nil }
        self.source = source
        flags = FrameFlags(rawValue: bytes.integer(at: Offset.flags, as: UInt8.self))
        length = bytes.integer(at: Offset.length, as: UInt32.self)
        index = bytes.integer(at: Offset.index, as: UInt32.self)
        group = bytes.integer(at: Offset.group, as: UInt32.self)
        let isNumbered = flags.isNumbered
        byteCount = Self.byteCount(isNumbered: isNumbered)
        guard Self.isPossible(length: length, index: index), group <= index, bytes.byteCount >= byteCount
        else { return nil }
        checksum = bytes.integer(at: Offset.checksum, as: UInt32.self)
        headerChecksum = Self.checksum(bytes.extracting(..<byteCount), salt: salt)
        guard UInt16(truncatingIfNeeded: headerChecksum) == bytes.integer(at: Offset.check, as: UInt16.self)
        else { return nil }
        received = bytes.time(at: Offset.received)
        origin =
            isNumbered
            ? FrameOrigin(
                session: bytes.integer(at: Offset.session, as: UInt64.self),
                ordinal: bytes.integer(at: Offset.ordinal, as: UInt64.self))
            : .none
    }

    private init?(readingVersion1 bytes: RawSpan, salt: UInt32, created: Timestamp) {
        byteCount = Self.minimumBytes
        guard bytes.byteCount >= byteCount, bytes.integer(at: 14, as: UInt16.self) == 0,
            let source = Source(rawValue: bytes.integer(at: 12, as: UInt8.self))
        else { return nil }
        self.source = source
        // Version 1 knows no origins.
        flags = FrameFlags(rawValue: bytes.integer(at: 13, as: UInt8.self) & ~FrameFlags.numbered.rawValue)
        length = bytes.integer(at: 4, as: UInt32.self)
        index = bytes.integer(at: 8, as: UInt32.self)
        guard Self.isPossible(length: length, index: index) else { return nil }
        checksum = bytes.integer(at: 0, as: UInt32.self)
        headerChecksum = CRC32C.checksum(bytes.extracting(4..<byteCount), seed: salt)
        group = index
        received = created
        origin = .none
    }

    private static func isPossible(length: UInt32, index: UInt32) -> Bool {
        length >= 1 && length <= Frame.maximumBytes && index < .max
    }

    /// The checksum of a header as it is written now. The line's continues it.
    @inline(__always)
    static func checksum(_ header: RawSpan, salt: UInt32) -> UInt32 {
        CRC32C.checksum(header.extracting(Offset.source...), seed: salt)
    }

    /// Whether `line`, the bytes behind the header, are those that the header was written for.
    @inline(__always)
    func matches(_ line: RawSpan) -> Bool { CRC32C.checksum(line, seed: headerChecksum) == checksum }
}

extension FrameFlags {
    /// The same as `contains(.numbered)`, which is not specialised across modules.
    @inline(__always)
    var isNumbered: Bool { rawValue & Self.numbered.rawValue != 0 }
}
