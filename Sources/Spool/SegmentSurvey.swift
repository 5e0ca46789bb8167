package import RiskModel

/// What a segment holds, from one pass over its bytes.
package struct SegmentSurvey: Sendable, Equatable {
    /// A part without frames that can be read.
    package struct Hole: Sendable, Equatable {
        /// The part of the file; empty where frames are missing without a trace.
        package var bytes: Range<Int>
        /// The indexes that are missing. Up to `UInt32.max` at the end of a segment that may still grow.
        package var lost: Range<UInt32>
    }

    /// Frames that can be read.
    package private(set) var frames = 0
    /// In order.
    package private(set) var holes: [Hole] = []
    /// Where the last frame ends, or the hole behind it.
    package private(set) var end = SegmentHeader.byteCount
    /// The index that follows the last frame, or the hole behind it if that is known to end.
    package private(set) var nextIndex: UInt32 = 0
    /// When the last frame was received.
    package private(set) var received: Timestamp
    /// All frames below this index were synced before later ones were written.
    package private(set) var synced: UInt32 = 0
    /// Where the first readable frame stands that may not have been synced.
    package private(set) var syncedEnd = SegmentHeader.byteCount

    /// Where a segment is to be cut, so that nothing stands behind a frame that is missing and was never acknowledged.
    struct Cut: Equatable {
        var end: Int
        var nextIndex: UInt32
    }

    /// Reads `scanner` from its beginning to its limit.
    ///
    /// - Parameters:
    ///   - endIndex: frames from this index on do not count, and all before it have been; `nil` if that is not known.
    ///   - body: called with each frame that counts, in order, before the scanner goes on.
    init(
        _ scanner: inout SegmentScanner, endIndex: UInt32?,
        body: (borrowing SegmentScanner, SegmentScanner.Found) -> Void
    ) throws(SpoolError) {
        received = scanner.header.created
        let upper = endIndex ?? .max
        scan: while scanner.nextIndex < upper {
            switch try scanner.next() {
            case .end: break scan
            case .damage(let bytes):
                guard case .frame(let found) = try scanner.next(), found.header.index < upper else {
                    holes.append(Hole(bytes: bytes, lost: nextIndex..<upper))
                    end = bytes.upperBound
                    nextIndex = endIndex ?? nextIndex
                    return
                }
                holes.append(Hole(bytes: bytes, lost: nextIndex..<found.header.index))
                nextIndex = found.header.index
            case .frame(let found):
                if found.header.index >= upper { break scan }
                if found.header.index > nextIndex {
                    holes.append(Hole(bytes: found.start..<found.start, lost: nextIndex..<found.header.index))
                }
                if found.header.group > synced || frames == 0 {
                    synced = found.header.group
                    syncedEnd = found.start
                }
                body(scanner, found)
                scanner.advance(past: found)
                frames += 1
                received = found.header.received
                end = found.end
                nextIndex = scanner.nextIndex
            }
        }
        if let endIndex, nextIndex < endIndex {
            holes.append(Hole(bytes: end..<end, lost: nextIndex..<endIndex))
            nextIndex = endIndex
        }
    }

    /// Where to cut the newest segment; `nil` if it is whole as far as can be known.
    ///
    /// A group's bytes reach the disk in any order before its sync. So a hole among the frames of the last group is no
    /// damage but a write that a crash interrupted. What stands behind it was not acknowledged, and must not count: its
    /// sender will send it again, from the first frame that is missing.
    ///
    /// - Parameter applied: frames below this index are known to have been synced.
    func cut(applied: UInt32) -> Cut? {
        let synced = max(synced, applied)
        guard let hole = holes.first(where: { !$0.lost.isEmpty && $0.lost.upperBound > synced }) else { return nil }
        // Frames that were synced are lost with this hole, so its bytes stay as a trace.
        if hole.lost.lowerBound < synced { return Cut(end: hole.bytes.upperBound, nextIndex: synced) }
        return Cut(end: hole.bytes.lowerBound, nextIndex: hole.lost.lowerBound)
    }

    /// Reads a segment's bytes as a whole, for tests and fuzzers.
    ///
    /// - Parameter batch: gets the frames appended.
    /// - Returns: `nil` where the header is damaged.
    /// - Throws: ``SpoolError/unsupportedVersion(path:version:)``.
    package init?(image: [UInt8], into batch: inout FrameBatch) throws(SpoolError) {
        guard var scanner = try SegmentScanner.open(SegmentSource(image: image)) else { return nil }
        try self.init(&scanner, endIndex: nil) { $0.append($1, to: &batch) }
    }
}
