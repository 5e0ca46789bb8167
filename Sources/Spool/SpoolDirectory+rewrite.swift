import Glibc
import RiskModel

extension SpoolDirectory {
    private static let rewrittenBatchFrames = 4096

    /// Writes a segment to a new file, with some frames overwritten, and makes that durable.
    ///
    /// - Returns: Whether there is such a file: not where no frame is to be overwritten.
    borrowing func rewrite(
        _ segment: Segment, _ redact: (FrameBatch) throws -> [Int: Redaction], _ report: inout RewriteReport
    ) throws -> Bool {
        guard var scanner = try SegmentScanner.open(segment.name, in: self) else {
            // Without a header nothing can be read of it: the file is a hole.
            try overwrite(segment, [(0..<segment.end, nil)], [])
            report.segmentsWritten += 1
            return true
        }
        scanner.limit = segment.end
        var holes: [(Range<Int>, [UInt8]?)] = []
        var frames: [(found: SegmentScanner.Found, redaction: Redaction)] = []
        var batch = FrameBatch()
        var pending: [SegmentScanner.Found] = []
        func settle() throws {
            for (index, redaction) in try redact(batch) { frames.append((pending[index], redaction)) }
            batch.removeAll()
            pending.removeAll(keepingCapacity: true)
        }
        scan: while true {
            switch try scanner.next() {
            case .end: break scan
            case .damage(let range): holes.append((range, nil))
            case .frame(let found):
                scanner.append(found, to: &batch)
                pending.append(found)
                scanner.advance(past: found)
                if pending.count == Self.rewrittenBatchFrames { try settle() }
            }
        }
        try settle()
        guard !frames.isEmpty || !holes.isEmpty else { return false }
        try overwrite(segment, holes, frames.map { try encoded($0.found, $0.redaction, segment, scanner.header) })
        report.segmentsWritten += 1
        for (_, redaction) in frames {
            if case .erased = redaction { report.erased += 1 } else { report.altered += 1 }
        }
        return true
    }

    /// The bytes of a frame with another line of the same length.
    private borrowing func encoded(
        _ found: SegmentScanner.Found, _ redaction: Redaction, _ segment: Segment, _ header: SegmentHeader
    ) throws -> (Range<Int>, [UInt8]?) {
        var bytes = [UInt8](repeating: 0, count: found.end - found.start)
        let length = Int(found.header.length)
        guard try source(segment.name).read(into: &bytes, count: bytes.count, at: found.start) == bytes.count else {
            throw SpoolError.system(call: "read", path: segment.name, errno: EIO)
        }
        let line: [UInt8]
        var flags = found.header.flags
        switch redaction {
        case .erased:
            line = [UInt8](repeating: UInt8(ascii: "x"), count: length)
            flags.insert(.erased)
        case .line(let other):
            precondition(other.count == length, "a line of the same length")
            line = other
        }
        bytes.replaceSubrange(found.header.byteCount..., with: line)
        FrameHeader.seal(&bytes, flags: flags, headerBytes: found.header.byteCount, in: header)
        return (found.start..<found.end, bytes)
    }

    /// Copies a segment, and writes these parts over it; zeros where there are no bytes.
    private borrowing func overwrite(
        _ segment: Segment, _ holes: [(Range<Int>, [UInt8]?)], _ frames: [(Range<Int>, [UInt8]?)]
    ) throws(SpoolError) {
        let name = segment.rewrittenName
        let file = try openFile(name, flags: O_WRONLY | O_CREAT | O_TRUNC)
        let original = try source(segment.name)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var offset = 0
        while offset < segment.end {
            let count = try original.read(into: &buffer, count: min(buffer.count, segment.end - offset), at: offset)
            if count == 0 { break }
            // SAFETY: here and below, bytes have no padding.
            try unsafe write(buffer.span.extracting(first: count).bytes, at: offset, to: file, name)
            offset += count
        }
        for (range, bytes) in holes + frames {
            let bytes = bytes ?? [UInt8](repeating: 0, count: range.count)
            try unsafe write(bytes.span.bytes, at: range.lowerBound, to: file, name)
        }
        try sync(file, name)
    }

    /// Gives a file another name, in place of the file that has it.
    borrowing func rename(_ name: String, to other: String) throws(SpoolError) {
        let code = disk.rename(descriptorNumber, name, other)
        guard code == 0 else { throw failure("rename", other, code) }
    }
}

extension FrameHeader {
    /// Sets the flags of a frame's bytes, and its checksums to what they are now.
    static func seal(_ bytes: inout [UInt8], flags: FrameFlags, headerBytes: Int, in segment: SegmentHeader) {
        func store(_ value: some FixedWidthInteger, _ offset: Int) {
            for i in 0..<value.bitWidth / 8 { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * i)) }
        }
        switch segment.version {
        case .one:
            bytes[13] = flags.rawValue
            // SAFETY: here and below, bytes have no padding.
            store(unsafe CRC32C.checksum(bytes.span.extracting(4...).bytes, seed: segment.salt), 0)
        case .two:
            bytes[Offset.flags] = flags.rawValue
            let check = unsafe checksum(bytes.span.extracting(..<headerBytes).bytes, salt: segment.salt)
            store(UInt16(truncatingIfNeeded: check), Offset.check)
            store(unsafe CRC32C.checksum(bytes.span.extracting(headerBytes...).bytes, seed: check), Offset.checksum)
        }
    }
}
