import Glibc
import RiskModel

/// Reads a segment from front to back, checks each frame, and finds the next good one behind damage.
///
/// After damage, every following byte is tried as the beginning of a frame: plausible fields, an index that has not
/// been,
/// and the checksum. The salt keeps bytes inside of events from passing for frames.
struct SegmentScanner: ~Copyable {
    /// A frame whose checksum is right.
    struct Found {
        var header: FrameHeader
        /// Where its header begins in the file.
        var start: Int
        var end: Int { start + FrameHeader.byteCount + Int(header.length) }
    }

    enum Item {
        case frame(Found)
        /// This part of the file has no frames that can be read.
        case damage(Range<Int>)
        case end
    }

    let header: SegmentHeader
    /// Where the segment ends for this reader.
    var limit: Int
    /// Where the next frame begins.
    private(set) var position = SegmentHeader.byteCount
    /// The lowest index that the next frame can have.
    private(set) var nextIndex: UInt32 = 0

    private let file: Descriptor
    private let path: String
    private var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    /// What part of the file is in the buffer.
    private var held = 0..<0

    private init(header: SegmentHeader, limit: Int, file: consuming Descriptor, path: String) {
        self.header = header
        self.limit = limit
        self.file = file
        self.path = path
    }

    /// Opens a segment; ``limit`` is at first the file's size.
    ///
    /// - Returns: `nil` where the header is damaged.
    static func open(_ name: String, in directory: borrowing SpoolDirectory) throws(SpoolError) -> SegmentScanner? {
        let file = try directory.openFile(name, flags: O_RDONLY)
        let size = Int(lseek(file.raw, 0, SEEK_END))
        guard size >= 0 else { throw directory.failure("lseek", name) }
        let path = "\(directory.path)/\(name)"
        var start = [UInt8](repeating: 0, count: SegmentHeader.byteCount)
        let count = try read(file.raw, into: &start, count: start.count, at: 0, path: path)
        do throws(SegmentHeader.Failure) {
            // SAFETY: here and below, bytes have no padding.
            let header = try unsafe SegmentHeader(reading: start.span.extracting(first: count).bytes)
            guard Segment.name(first: header.first) == name else { return nil }
            return SegmentScanner(header: header, limit: size, file: file, path: path)
        } catch {
            switch error {
            case .damaged: return nil
            case .unsupportedVersion(let version): throw .unsupportedVersion(path: path, version: version)
            }
        }
    }

    /// The next frame or damage. A frame is given again until ``advance(past:)``; damage is given once.
    mutating func next() throws(SpoolError) -> Item {
        if position >= limit { return .end }
        if let found = try frame(at: position) { return .frame(found) }
        let start = position
        repeat {
            position += 1
            if position == limit { break }
        } while try frame(at: position) == nil
        return .damage(start..<position)
    }

    mutating func advance(past found: Found) {
        position = found.end
        nextIndex = found.header.index + 1
    }

    /// Appends the frame that ``next()`` has just given.
    func append(_ found: Found, to batch: inout FrameBatch) {
        let start = found.start + FrameHeader.byteCount - held.lowerBound
        batch.append(
            buffer.span.extracting(start..<start + Int(found.header.length)),
            seq: header.first + UInt64(found.header.index), source: found.header.source, flags: found.header.flags)
    }

    private mutating func frame(at offset: Int) throws(SpoolError) -> Found? {
        guard limit - offset > FrameHeader.byteCount, try hold(offset, FrameHeader.byteCount),
            let header = unsafe FrameHeader(reading: buffer.span.bytes, at: offset - held.lowerBound),
            header.index >= nextIndex
        else { return nil }
        let found = Found(header: header, start: offset)
        guard found.end <= limit, try hold(offset, found.end - offset) else { return nil }
        let start = offset - held.lowerBound
        let bytes = unsafe buffer.span.bytes.extracting(start..<start + found.end - offset)
        let checksum = CRC32C.checksum(bytes.extracting(FrameHeader.checkedFrom...), seed: self.header.salt)
        return checksum == bytes.integer(at: 0, as: UInt32.self) ? found : nil
    }

    /// Has `count` bytes of the file at `offset` in the buffer.
    ///
    /// - Returns: false where the file ends before.
    private mutating func hold(_ offset: Int, _ count: Int) throws(SpoolError) -> Bool {
        if offset >= held.lowerBound, offset + count <= held.upperBound { return true }
        let wanted = min(buffer.count, limit - offset)
        let got = try Self.read(file.raw, into: &buffer, count: wanted, at: offset, path: path)
        held = offset..<offset + got
        return got >= count
    }

    /// Reads until `count` bytes are there, or the file ends.
    private static func read(
        _ file: CInt, into buffer: inout [UInt8], count: Int, at offset: Int, path: String
    ) throws(SpoolError) -> Int {
        precondition(count <= buffer.count)
        var done = 0
        while done < count {
            // SAFETY: `done + count - done` bytes are within the buffer.
            let got = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe pread(file, bytes.baseAddress.map { unsafe $0 + done }, count - done, offset + done)
            }
            if got == 0 { break }
            if got < 0, errno != EINTR { throw SpoolError.system(call: "read", path: path, errno: errno) }
            done += max(0, got)
        }
        return done
    }
}
