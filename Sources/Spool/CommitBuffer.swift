import RiskModel

/// Frames on their way to the disk, already in the layout of a segment, with room for their index and checksum.
///
/// A fixed piece of memory; pages that were never needed take no room.
@safe struct CommitBuffer: ~Copyable, @unchecked Sendable {  // because it is the only owner of its memory
    private let base: UnsafeMutableRawPointer
    let capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        unsafe base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }

    deinit { unsafe base.deallocate() }

    var isEmpty: Bool { count == 0 }

    func fits(_ lineBytes: Int) -> Bool { capacity - count >= FrameHeader.byteCount + lineBytes }

    mutating func removeAll() { count = 0 }

    /// Appends a copy of `line`, which must fit.
    mutating func append(_ line: Span<UInt8>, source: Source, flags: FrameFlags) {
        precondition(fits(line.count))
        store(UInt32(line.count), at: count + 4)
        store(FrameHeader.tail(source: source, flags: flags), at: count + 12)
        // SAFETY: header and line fit, as just checked.
        let target = unsafe base + count + FrameHeader.byteCount
        unsafe line.withUnsafeBytes { bytes in
            if let from = bytes.baseAddress { unsafe target.copyMemory(from: from, byteCount: bytes.count) }
        }
        count += FrameHeader.byteCount + line.count
    }

    /// Gives the frames from `offset` on their index and checksum, up to the one that reaches `room` bytes.
    ///
    /// - Returns: where the first frame stands that was not sealed, and how many were.
    func seal(from offset: Int, firstIndex: UInt32, salt: UInt32, room: Int) -> (end: Int, frames: UInt32) {
        var position = offset
        var index = firstIndex
        repeat {
            let length = withBytes(position..<count) { Int($0.integer(at: 4, as: UInt32.self)) }
            let end = position + FrameHeader.byteCount + length
            store(index, at: position + 8)
            let checksum = withBytes(position + FrameHeader.checkedFrom..<end) { CRC32C.checksum($0, seed: salt) }
            store(checksum, at: position)
            index += 1
            position = end
        } while position < count && position - offset < room
        return (position, index - firstIndex)
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

    private func store(_ value: UInt32, at offset: Int) {
        // SAFETY: both callers store within the header of a frame that fits.
        unsafe base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }
}
