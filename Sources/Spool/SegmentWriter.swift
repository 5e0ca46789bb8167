import Glibc
import RiskModel

/// The segment that grows. Belongs to the committer's thread.
struct SegmentWriter: ~Copyable {
    let first: UInt64
    let salt: UInt32
    /// Where the next frame goes: everything before is synced.
    private(set) var end: Int
    /// Frames so far, and the index of the next.
    private(set) var frames: UInt32
    /// Up to where room is reserved; beyond every size once the file system has refused.
    private var reservedEnd: Int
    private let file: Descriptor
    private let name: String

    /// How much room is reserved at a time.
    private static let reservedBytes = 16 << 20

    /// What recovery found of the newest segment.
    struct Resumption: Sendable {
        var header: SegmentHeader
        var end: Int
        var frames: UInt32
    }

    /// Goes on with the newest segment.
    init(resuming found: Resumption, in directory: borrowing SpoolDirectory) throws(SpoolError) {
        name = Segment.name(first: found.header.first)
        file = try directory.openFile(name, flags: O_WRONLY)
        first = found.header.first
        salt = found.header.salt
        end = found.end
        frames = found.frames
        reservedEnd = end
    }

    /// Makes a new segment, which is on disk with its name before a frame is.
    init(first: UInt64, created: Timestamp, in directory: borrowing SpoolDirectory) throws(SpoolError) {
        let name = Segment.name(first: first)
        let file = try directory.openFile(name, flags: O_WRONLY | O_CREAT)
        // What is there can only be what an earlier attempt left: it holds no frame that was acknowledged. It must be
        // gone before the new header comes, so that a crash cannot mix the two.
        try directory.truncate(file, to: 0, name)
        try directory.sync(file, name)
        let header = SegmentHeader(salt: .random(in: 0 ... .max), first: first, created: created)
        // SAFETY: bytes have no padding.
        try unsafe directory.write(header.encoded.span.bytes, at: 0, to: file, name)
        try directory.sync(file, name)
        try directory.sync()
        self.file = file
        self.name = name
        self.first = first
        salt = header.salt
        end = SegmentHeader.byteCount
        frames = 0
        reservedEnd = end
    }

    /// Writes sealed frames behind the last; they count only after ``sync(frames:bytes:in:)``.
    ///
    /// - Parameter fullBytes: The size that ends the segment; no room is reserved beyond it.
    mutating func write(_ bytes: RawSpan, fullBytes: Int, in directory: borrowing SpoolDirectory) throws(SpoolError) {
        reserve(through: end + bytes.byteCount, fullBytes: fullBytes, in: directory)
        try directory.write(bytes, at: end, to: file, name)
    }

    /// Makes what was written durable.
    mutating func sync(frames count: UInt32, bytes: Int, in directory: borrowing SpoolDirectory) throws(SpoolError) {
        try directory.sync(file, name)
        end += bytes
        frames += count
    }

    /// Cuts off what is not synced or only reserved. If that fails, the next segment's number tells what does not
    /// count.
    func cut(in directory: borrowing SpoolDirectory) { try? directory.truncate(file, to: end, name) }

    private mutating func reserve(through needed: Int, fullBytes: Int, in directory: borrowing SpoolDirectory) {
        guard needed > reservedEnd else { return }
        let wanted = max(needed, min(end + Self.reservedBytes, fullBytes))
        if directory.disk.reserve(file.raw, end..<wanted) == 0 {
            reservedEnd = wanted
        } else {
            // No failure by itself: the write says whether what is needed fits. What the attempt has got of a disk that
            // is nearly full goes back to everybody.
            reservedEnd = .max
            cut(in: directory)
        }
    }
}
