import Decoding
import Pipeline
import RiskModel

/// The lines of files with verdicts among them, numbered from 1: each verdict stands before the first event that is later.
///
/// Events are read for their times only while verdicts wait; afterwards batches pass as they are, under later numbers.
struct MergedFrames: FrameSource, ~Copyable {
    private static let chunkFrames = 4096

    private var files: FileFrames
    private let verdicts: [VerdictFile.Line]
    /// How many verdicts have their place.
    private var placed = 0
    private var decoder = EventDecoder()
    private var ready = FrameBatch()
    /// How many frames of `ready` have been given out.
    private var given = 0
    /// The number of the last frame that came into `ready`.
    private var seq: UInt64 = 0

    init(_ paths: [String], verdicts: VerdictFile?) {
        files = FileFrames(paths)
        self.verdicts = verdicts?.lines ?? []
    }

    mutating func next(into batch: inout FrameBatch, maximumFrames: Int, notAfter: UInt64?) throws -> Bool {
        if given == ready.frames.count {
            guard placed < verdicts.count else {
                return try passOn(into: &batch, maximumFrames: maximumFrames, notAfter: notAfter)
            }
            ready.removeAll()
            given = 0
            try merge()
        }
        let end = min(given + maximumFrames, ready.frames.count)
        for frame in ready.frames[given..<end] {
            let line = ready.bytes.span.extracting(frame.offset..<frame.offset + frame.count)
            batch.append(line, seq: frame.seq, source: frame.source, flags: frame.flags)
        }
        given = end
        return true
    }

    private mutating func passOn(
        into batch: inout FrameBatch, maximumFrames: Int, notAfter: UInt64?
    ) throws -> Bool {
        let start = batch.frames.count
        guard try files.next(into: &batch, maximumFrames: maximumFrames, notAfter: notAfter) else { return false }
        for index in start..<batch.frames.count { batch.frames[index].seq += UInt64(placed) }
        return true
    }

    /// Fills `ready` with the next lines of the files and the verdicts that belong among them; behind the last line, with
    /// the verdicts that are left.
    private mutating func merge() throws {
        var chunk = FrameBatch()
        guard try files.next(into: &chunk, maximumFrames: Self.chunkFrames, notAfter: nil) else {
            return placeVerdicts(before: nil)
        }
        var events = EventBatch()
        decoder.decode(chunk, frames: chunk.frames.indices, into: &events)
        var rest = events.events[...]
        for frame in chunk.frames {
            // A line that is no event has no time: it stays behind the line before it.
            if let event = rest.first, event.seq == frame.seq {
                placeVerdicts(before: event.time)
                rest.removeFirst()
            }
            seq += 1
            let line = chunk.bytes.span.extracting(frame.offset..<frame.offset + frame.count)
            ready.append(line, seq: seq, source: frame.source, flags: frame.flags)
        }
    }

    /// Adds the waiting verdicts from before a time, or all.
    private mutating func placeVerdicts(before time: Timestamp?) {
        while placed < verdicts.count {
            if let time, verdicts[placed].time >= time { return }
            seq += 1
            let bytes = verdicts[placed].bytes
            ready.append(bytes.span, seq: seq, source: .verdict, flags: [])
            placed += 1
        }
    }
}
