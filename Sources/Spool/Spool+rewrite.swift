import Glibc
package import RiskModel
import Synchronization

/// What becomes of a frame when the spool is rewritten.
package enum Redaction: Sendable {
    /// The line is overwritten, and the frame holds no event any more; number, source and origin stay.
    case erased
    /// The line becomes this one, of the same length.
    case line([UInt8])
}

/// What a rewriting of the spool has done.
package struct RewriteReport: Sendable, Hashable {
    /// Up to here frames were looked at; later ones were not on disk yet.
    package var throughSequence: UInt64 = 0
    package var erased = 0
    package var altered = 0
    /// How many segments were written anew, of how many.
    package var segmentsWritten = 0
    package var segments = 0
}

extension Spool {
    /// Looks at every frame that is on disk, and has some of them overwritten where they stand.
    ///
    /// Each segment with such a frame is written to a new file, which takes its name when it is on disk: whenever the process
    /// dies, the old one is there or the new one, whole. Numbers, lengths and places stay. What could not be read is
    /// overwritten with zeros, and stays a hole. The newest segment is closed first; new frames go to another.
    ///
    /// - Parameters:
    ///   - needsLook: whether a part of a segment's bytes, with a beginning of the next, may hold something that is to be
    ///     overwritten; segments of which it says no throughout are not read any closer.
    ///   - redact: called with frames in order; what is to become of some of them, by index in the batch.
    package func rewrite(
        where needsLook: (Span<UInt8>) -> Bool, _ redact: (FrameBatch) throws -> [Int: Redaction]
    ) throws -> RewriteReport {
        try core.closeNewestSegment()
        let segments = core.monitor.withLock { $0.segments }
        var report = RewriteReport(throughSequence: segments.last?.last ?? durableSequence, segments: segments.count)
        for segment in segments {
            try core.directory.remove(segment.rewrittenName)
            do {
                guard try core.directory.source(segment.name).contains(through: segment.end, needsLook) else {
                    continue
                }
                if try core.directory.rewrite(segment, redact, &report) { try replace(segment) }
            } catch SpoolError.system(_, _, ENOENT) {
                // Retention was quicker.
            }
        }
        core.readersMustReopen.add(1, ordering: .releasing)
        return report
    }

    /// Gives the new file the segment's name, unless retention has removed that meanwhile.
    private func replace(_ segment: Segment) throws(SpoolError) {
        try core.monitor.withLock { state throws(SpoolError) in
            if state.segments.contains(where: { $0.first == segment.first }) {
                try core.directory.rename(segment.rewrittenName, to: segment.name)
            } else {
                try core.directory.remove(segment.rewrittenName)
            }
        }
        try core.directory.sync()
    }
}

extension Segment {
    /// What the file is called while it is written anew; no name of a segment.
    var rewrittenName: String { name + ".rewritten" }
}

extension SegmentSource {
    /// Bytes that are read at a time, and how many of them are shown twice.
    private static let chunkBytes = 1 << 20
    private static let overlapBytes = 8192

    /// Whether `test` holds for any part of the first `end` bytes.
    fileprivate func contains(through end: Int, _ test: (Span<UInt8>) -> Bool) throws(SpoolError) -> Bool {
        var buffer = [UInt8](repeating: 0, count: Self.chunkBytes)
        var offset = 0
        while offset < end {
            let count = try read(into: &buffer, count: min(buffer.count, end - offset), at: offset)
            if count == 0 { break }
            if test(buffer.span.extracting(first: count)) { return true }
            if count < buffer.count { break }
            offset += count - Self.overlapBytes
        }
        return false
    }
}
