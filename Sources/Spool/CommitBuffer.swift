import RiskModel

/// Frames on their way to the disk, already in the layout of a segment, with room for what is known only when they are
/// written: their index, their group and their checksums.
///
/// A fixed piece of memory; pages that were never needed take no room.
@safe struct CommitBuffer: ~Copyable, @unchecked Sendable {  // because it is the only owner of its memory
    private typealias Offset = FrameHeader.Offset

    private let base: UnsafeMutableRawPointer
    let capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        unsafe base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }

    deinit { unsafe base.deallocate() }

    var isEmpty: Bool { count == 0 }

    func fits(_ lineBytes: Int) -> Bool { capacity - count >= FrameHeader.maximumBytes + lineBytes }

    mutating func removeAll() { count = 0 }

    /// Appends a copy of `line`, which must fit.
    mutating func append(
        _ line: Span<UInt8>, source: Source, flags: FrameFlags, received: Timestamp, origin: FrameOrigin
    ) {
        precondition(fits(line.count))
        store(source.rawValue, at: count + Offset.source)
        store(flags.rawValue, at: count + Offset.flags)
        store(UInt32(line.count), at: count + Offset.length)
        store(received.microseconds, at: count + Offset.received)
        let isNumbered = flags.isNumbered
        if isNumbered {
            store(origin.session, at: count + Offset.session)
            store(origin.ordinal, at: count + Offset.ordinal)
        }
        let header = FrameHeader.byteCount(isNumbered: isNumbered)
        // SAFETY: header and line fit, as just checked.
        let target = unsafe base + count + header
        unsafe line.withUnsafeBytes { bytes in
            if let from = bytes.baseAddress { unsafe target.copyMemory(from: from, byteCount: bytes.count) }
        }
        count += header + line.count
    }

    /// What ``seal(from:firstIndex:salt:room:)`` has sealed.
    struct Sealed {
        /// Where the first frame stands that was not sealed.
        var end: Int
        var frames: UInt32
        /// When the last one was received.
        var received: Timestamp
    }

    /// Makes the frames from `offset` on a group, with indexes and checksums, up to the one that reaches `room` bytes.
    func seal(from offset: Int, firstIndex: UInt32, salt: UInt32, room: Int) -> Sealed {
        var sealed = Sealed(end: offset, frames: 0, received: .epoch)
        repeat {
            let start = sealed.end
            store(firstIndex + sealed.frames, at: start + Offset.index)
            store(firstIndex, at: start + Offset.group)
            let (flags, length) = withBytes(start..<count) {
                sealed.received = $0.time(at: Offset.received)
                return (
                    FrameFlags(rawValue: $0.integer(at: Offset.flags, as: UInt8.self)),
                    Int($0.integer(at: Offset.length, as: UInt32.self))
                )
            }
            let line = start + FrameHeader.byteCount(isNumbered: flags.isNumbered)
            let check = withBytes(start..<line) { FrameHeader.checksum($0, salt: salt) }
            store(UInt16(truncatingIfNeeded: check), at: start + Offset.check)
            store(withBytes(line..<line + length) { CRC32C.checksum($0, seed: check) }, at: start + Offset.checksum)
            sealed.end = line + length
            sealed.frames += 1
        } while sealed.end < count && sealed.end - offset < room
        return sealed
    }

    /// Calls `body` with a part of what is in the buffer.
    func withBytes<Result, Failure>(
        _ range: Range<Int>, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        // SAFETY: the range is within the memory, which lives longer than the closure runs.
        let bytes = unsafe UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
        return try unsafe body(bytes.bytes)
    }

    private func store<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer, at offset: Int) {
        // SAFETY: all callers store within the header of a frame that fits.
        unsafe base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Integer.self)
    }
}
