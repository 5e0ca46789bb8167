import Glibc
import RiskModel

/// Reads a segment from front to back, checks each frame, and finds the next good one behind damage.
///
/// After damage, every following byte is tried as the beginning of a frame: plausible fields, an index that has not
/// been, the header's own check, and the checksum. The salt keeps bytes inside of events from passing for frames, and
/// the header's check keeps them from costing the time of a checksum over a long frame.
struct SegmentScanner: ~Copyable {
    /// A frame whose checksum is right.
    struct Found {
        var header: FrameHeader
        /// Where its header begins in the file.
        var start: Int
        var end: Int { start + header.byteCount + Int(header.length) }
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

    private let source: SegmentSource
    private var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    /// What part of the file is in the buffer.
    private var held = 0..<0

    private init(header: SegmentHeader, limit: Int, source: consuming SegmentSource) {
        self.header = header
        self.limit = limit
        self.source = source
    }

    /// Opens a segment; ``limit`` is at first the file's size.
    ///
    /// - Returns: `nil` where the header is damaged, or another segment's.
    static func open(_ name: String, in directory: borrowing SpoolDirectory) throws(SpoolError) -> SegmentScanner? {
        guard let scanner = try open(directory.source(name)),
            Segment.name(first: scanner.header.first) == name
        else { return nil }
        return scanner
    }

    /// Opens a segment that may be of any name; `nil` where its header is damaged.
    static func open(_ source: consuming SegmentSource) throws(SpoolError) -> SegmentScanner? {
        let size = try source.size()
        var start = [UInt8](repeating: 0, count: SegmentHeader.byteCount)
        let count = try source.read(into: &start, count: start.count, at: 0)
        do throws(SegmentHeader.Failure) {
            // SAFETY: here and below, bytes have no padding.
            let header = try unsafe SegmentHeader(reading: start.span.extracting(first: count).bytes)
            return SegmentScanner(header: header, limit: size, source: source)
        } catch {
            switch error {
            case .damaged: return nil
            case .unsupportedVersion(let version): throw .unsupportedVersion(path: source.path, version: version)
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

    /// Begins again at the first frame.
    mutating func rewind() {
        position = SegmentHeader.byteCount
        nextIndex = 0
    }

    /// Appends the frame that ``next()`` has just given.
    func append(_ found: Found, to batch: inout FrameBatch) {
        let header = found.header
        let start = found.start + header.byteCount - held.lowerBound
        batch.append(
            buffer.span.extracting(start..<start + Int(header.length)), seq: self.header.first + UInt64(header.index),
            source: header.source, flags: header.flags, received: header.received, origin: header.origin)
    }

    private mutating func frame(at offset: Int) throws(SpoolError) -> Found? {
        let headerBytes = min(limit - offset, FrameHeader.maximumBytes)
        guard try hold(offset, headerBytes) else { return nil }
        let start = offset - held.lowerBound
        guard
            let header = unsafe FrameHeader(
                reading: buffer.span.bytes.extracting(start..<start + headerBytes), in: self.header),
            header.index >= nextIndex
        else { return nil }
        let found = Found(header: header, start: offset)
        guard found.end <= limit, try hold(offset, found.end - offset) else { return nil }
        let line = offset + header.byteCount - held.lowerBound..<found.end - held.lowerBound
        return unsafe header.matches(buffer.span.bytes.extracting(line)) ? found : nil
    }

    /// Has `count` bytes of the file at `offset` in the buffer.
    ///
    /// - Returns: false where the file ends before.
    private mutating func hold(_ offset: Int, _ count: Int) throws(SpoolError) -> Bool {
        if offset >= held.lowerBound, offset + count <= held.upperBound { return true }
        let wanted = min(buffer.count, limit - offset)
        let got = try source.read(into: &buffer, count: wanted, at: offset)
        held = offset..<offset + got
        return got >= count
    }
}
