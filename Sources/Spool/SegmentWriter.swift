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
    private let file: Descriptor
    private let path: String

    /// What recovery found of the newest segment.
    struct Resumption: Sendable {
        var header: SegmentHeader
        var end: Int
        var frames: UInt32
    }

    /// Goes on with the newest segment.
    init(resuming found: Resumption, in directory: borrowing SpoolDirectory) throws(SpoolError) {
        let name = Segment.name(first: found.header.first)
        file = try directory.openFile(name, flags: O_WRONLY)
        path = "\(directory.path)/\(name)"
        first = found.header.first
        salt = found.header.salt
        end = found.end
        frames = found.frames
    }

    /// Makes a new segment, which is on disk with its name before a frame is.
    init(first: UInt64, in directory: borrowing SpoolDirectory, disk: Disk) throws(SpoolError) {
        let name = Segment.name(first: first)
        // A file of this name can only be what an earlier attempt left: it holds no frame that was acknowledged.
        try directory.remove(name)
        let file = try directory.openFile(name, flags: O_WRONLY | O_CREAT | O_EXCL)
        let header = SegmentHeader(salt: .random(in: 0 ... .max), first: first, created: Self.wallClock())
        let path = "\(directory.path)/\(name)"
        // SAFETY: bytes have no padding.
        try unsafe Self.write(header.encoded.span.bytes, at: 0, to: file.raw, path: path, disk: disk)
        guard fsync(file.raw) == 0 else { throw directory.failure("fsync", name) }
        try directory.sync()
        self.file = file
        self.path = path
        self.first = first
        salt = header.salt
        end = SegmentHeader.byteCount
        frames = 0
    }

    /// Writes sealed frames behind the last; they count only after ``sync(frames:bytes:disk:)``.
    func write(_ bytes: RawSpan, disk: Disk) throws(SpoolError) {
        try Self.write(bytes, at: end, to: file.raw, path: path, disk: disk)
    }

    /// Makes what was written durable.
    mutating func sync(frames count: UInt32, bytes: Int, disk: Disk) throws(SpoolError) {
        let code = disk.sync(file.raw)
        guard code == 0 else { throw SpoolError.system(call: "fdatasync", path: path, errno: code) }
        end += bytes
        frames += count
    }

    /// Cuts off what may or may not have reached the disk. If that fails too, the next segment's number says it.
    func cut() { _ = ftruncate(file.raw, end) }

    private static func write(
        _ bytes: RawSpan, at offset: Int, to file: CInt, path: String, disk: Disk
    ) throws(SpoolError) {
        var done = 0
        while done < bytes.byteCount {
            let (count, code) = disk.write(file, bytes.extracting(done...), offset + done)
            if count > 0 {
                done += count
            } else if code != EINTR {
                throw SpoolError.system(call: "write", path: path, errno: count == 0 ? ENOSPC : code)
            }
        }
    }

    private static func wallClock() -> UInt64 {
        var time = timespec()
        // SAFETY: the call writes only into `time`.
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }
}
