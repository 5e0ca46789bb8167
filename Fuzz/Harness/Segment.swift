import RiskModel

@testable import Spool

/// A segment of the spool: the reader goes through all of it, once, and gives frames in rising order.
///
/// No input would meet the checksums by chance. So the first byte says whether the header's is put right (bit 0), and
/// those of the frames that follow each other from the beginning (bit 1).
@Sendable func fuzzSegment(_ input: [UInt8]) {
    guard let mode = input.first else { return }
    var image = Array(input.dropFirst())
    if mode & 1 != 0 { repairHeader(&image) }
    if mode & 2 != 0 { repairFrames(&image) }
    do throws(SpoolError) {
        guard var scanner = try SegmentScanner.open(SegmentSource(image: image)) else { return }
        var end = SegmentHeader.byteCount
        var last: UInt64 = 0
        var batch = FrameBatch()
        while true {
            switch try scanner.next() {
            case .end: return check(end == image.count, "the reader stopped at \(end) of \(image.count)")
            case .damage(let range):
                check(range.lowerBound == end && range.upperBound > end, "damage at \(range) behind \(end)")
                end = range.upperBound
            case .frame(let found):
                check(found.start == end && found.end > end && found.end <= image.count, "a frame out of place")
                batch.removeAll()
                scanner.append(found, to: &batch)
                check(batch.frames.count == 1 && batch.frames[0].seq > last, "frames out of order")
                let line = image[found.start + found.header.byteCount..<found.end]
                check(batch.bytes(of: batch.frames[0]) == line, "other bytes than the segment's")
                last = batch.frames[0].seq
                end = found.end
                scanner.advance(past: found)
            }
        }
    } catch {
        guard case .unsupportedVersion = error else { fatalError("\(error)") }
    }
}

private func repairHeader(_ image: inout [UInt8]) {
    guard image.count >= SegmentHeader.byteCount else { return }
    put(SegmentHeader.magic, at: 0, in: &image)
    put(CRC32C.checksum(image.span.bytes.extracting(0..<32)), at: 32, in: &image)
}

private func repairFrames(_ image: inout [UInt8]) {
    guard image.count > SegmentHeader.byteCount, let header = try? SegmentHeader(reading: image.span.bytes),
        header.version == .current
    else { return }
    var start = SegmentHeader.byteCount
    while start + FrameHeader.byteCount(isNumbered: true) <= image.count {
        let isNumbered = FrameFlags(rawValue: image[start + FrameHeader.Offset.flags]).isNumbered
        let headerEnd = start + FrameHeader.byteCount(isNumbered: isNumbered)
        let length = image.span.bytes.integer(at: start + FrameHeader.Offset.length, as: UInt32.self)
        let check = FrameHeader.checksum(image.span.bytes.extracting(start..<headerEnd), salt: header.salt)
        put(UInt16(truncatingIfNeeded: check), at: start + FrameHeader.Offset.check, in: &image)
        guard Int(length) <= image.count - headerEnd else { return }
        let end = headerEnd + Int(length)
        let checksum = CRC32C.checksum(image.span.bytes.extracting(headerEnd..<end), seed: check)
        put(checksum, at: start + FrameHeader.Offset.checksum, in: &image)
        start = end
    }
}

private func put(_ value: some FixedWidthInteger, at offset: Int, in image: inout [UInt8]) {
    for i in 0..<value.bitWidth / 8 { image[offset + i] = UInt8(truncatingIfNeeded: value >> (8 * i)) }
}
