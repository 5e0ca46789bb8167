package import RiskModel
import Synchronization

/// Reads durable frames in order, as often and as far behind as it likes; each reader on its own.
///
/// It goes on reading a segment that retention removes meanwhile; only a segment that it had not yet opened is lost to
/// it.
package struct SpoolReader: ~Copyable {
    private let core: SpoolCore
    /// The number that the next frame should have.
    private var next: UInt64
    private var scanner: SegmentScanner?
    /// ``SpoolCore/readersMustReopen`` when the segment was opened.
    private var opened: UInt64 = 0

    init(core: SpoolCore, next: UInt64) {
        self.core = core
        self.next = next
    }

    /// Appends the next durable frames to `batch`, in order, until one of the limits is reached.
    ///
    /// Damage is skipped and counted in ``SpoolStatistics/skippedSequences``.
    ///
    /// - Parameters:
    ///   - maximumBytes: the frame that reaches it is the last.
    ///   - notAfter: no frame has a higher number than this.
    /// - Returns: how many were appended; 0 when nothing durable is left.
    /// - Throws: ``SpoolError/notRetained(sequence:oldest:)`` if the next frame was removed; errors of the file system.
    package mutating func read(
        into batch: inout FrameBatch, maximumFrames: Int, maximumBytes: Int, notAfter: UInt64? = nil
    ) throws(SpoolError) -> Int {
        let before = batch.frames.count
        var room = Room(frames: maximumFrames, bytes: maximumBytes, last: notAfter ?? .max)
        while !room.isUsed(next), let found = try core.segment(with: next) {
            if try readSegment(found.segment, into: &batch, &room) || found.isNewest { break }
        }
        return batch.frames.count - before
    }

    /// What a call may still append.
    private struct Room {
        var frames: Int
        var bytes: Int
        var last: UInt64

        func isUsed(_ sequence: UInt64) -> Bool { frames <= 0 || bytes <= 0 || sequence > last }
    }

    /// Reads until the room is used, then true, or until the segment ends.
    private mutating func readSegment(
        _ segment: Segment, into batch: inout FrameBatch, _ room: inout Room
    ) throws(SpoolError) -> Bool {
        let now = core.readersMustReopen.load(ordering: .acquiring)
        if scanner?.header.first != segment.first || opened != now {
            scanner = nil
            opened = now
            scanner = try SegmentScanner.open(segment.name, in: core.directory)
        }
        guard var scanner = scanner.take() else {
            skip(to: segment.last + 1)
            return false
        }
        scanner.limit = segment.end
        let isUsed = try read(segment, by: &scanner, into: &batch, &room)
        self.scanner = consume scanner
        return isUsed
    }

    private mutating func read(
        _ segment: Segment, by scanner: inout SegmentScanner, into batch: inout FrameBatch, _ room: inout Room
    ) throws(SpoolError) -> Bool {
        while true {
            switch try scanner.next() {
            case .damage: continue
            case .end:
                skip(to: segment.last + 1)
                return false
            case .frame(let found):
                let sequence = segment.first + UInt64(found.header.index)
                if sequence > segment.last {
                    skip(to: segment.last + 1)
                    return false
                }
                if sequence >= next {
                    skip(to: sequence > room.last ? room.last + 1 : sequence)
                    if room.isUsed(sequence) { return true }
                    scanner.append(found, to: &batch)
                    room.frames -= 1
                    room.bytes -= Int(found.header.length)
                    next = sequence + 1
                }
                scanner.advance(past: found)
            }
        }
    }

    /// Counts the numbers from ``next`` to before `sequence` as lost.
    private mutating func skip(to sequence: UInt64) {
        guard sequence > next else { return }
        let lost = sequence - next
        core.monitor.withLock { $0.skipped += lost }
        next = sequence
    }
}
