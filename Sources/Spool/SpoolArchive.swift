import Glibc
package import RiskModel

/// The frames that a spool keeps, from the oldest to the newest, without its lock: the daemon may run meanwhile, and is not
/// disturbed.
///
/// What is removed by retention before the archive has come to it is left out; what is appended while it reads may or may
/// not be read. Where segments overlap in their numbers, the later one is right. Damage is skipped.
package struct SpoolArchive: ~Copyable {
    private let directory: String
    /// The first numbers of the segments that are still to be read, ascending.
    private var waiting: ArraySlice<UInt64>
    private var scanner: SegmentScanner?

    /// - Throws: a failure of the file system, also where there is no such directory.
    package init(directory: String) throws(SpoolError) {
        self.directory = directory
        waiting = try SpoolDirectory.segmentNumbers(in: directory)[...]
    }

    /// Appends the next frames to `batch`, in order.
    ///
    /// - Returns: how many were appended; 0 when nothing is left.
    package mutating func read(
        into batch: inout FrameBatch, maximumFrames: Int, maximumBytes: Int
    ) throws(SpoolError) -> Int {
        let before = batch.frames.count
        while batch.frames.count - before < maximumFrames, batch.bytes.count < maximumBytes {
            if scanner == nil { scanner = try openNext() }
            guard var scanner = scanner.take() else { break }
            switch try scanner.next() {
            case .end: continue
            case .damage: break
            case .frame(let found):
                // The next segment begins where this one's numbers end.
                guard scanner.header.first + UInt64(found.header.index) < waiting.first ?? .max else { continue }
                scanner.append(found, to: &batch)
                scanner.advance(past: found)
            }
            self.scanner = consume scanner
        }
        return batch.frames.count - before
    }

    /// Opens the next segment that is still there and whose header is whole.
    private mutating func openNext() throws(SpoolError) -> SegmentScanner? {
        while let first = waiting.popFirst() {
            let path = "\(directory)/\(Segment.name(first: first))"
            // SAFETY: the path is a C string for the length of the call.
            let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
            if file < 0, errno == ENOENT { continue }
            guard file >= 0 else { throw SpoolError.system(call: "open", path: path, errno: errno) }
            if let scanner = try SegmentScanner.open(SegmentSource(Descriptor(file), path: path)),
                scanner.header.first == first
            {
                return scanner
            }
        }
        return nil
    }
}
