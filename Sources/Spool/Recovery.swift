import Glibc
import RiskModel

/// Reads what an earlier process left, cuts the torn tail, and says where to go on.
///
/// Where segments overlap in their numbers, the later one is right: it was begun because the end of the earlier one
/// could not be synced.
struct Recovery {
    private(set) var report = RecoveryReport()
    /// The segments, ascending, with those of which nothing can be read.
    private(set) var segments: [Segment] = []
    /// The sessions of the frames that were verified.
    private(set) var sessions: SessionTable
    /// The newest segment, if new frames can go on in it.
    private(set) var resumption: SegmentWriter.Resumption?

    private let applied: UInt64
    /// How many of ``segments`` have their time.
    private var timed = 0

    /// - Parameters:
    ///   - verifiedBytes: how much to verify, from the newest back. The newest segment always is.
    ///   - sessionCapacity: how many sessions are remembered.
    ///   - applied: numbers up to here are taken, whatever the directory holds, and were on disk.
    init(
        directory: borrowing SpoolDirectory, verifiedBytes: Int,
        sessionCapacity: Int = SessionTable.standardCapacity, applied: UInt64
    ) throws(SpoolError) {
        self.applied = applied
        sessions = SessionTable(capacity: sessionCapacity)
        let numbers = try directory.segmentNumbers()
        let sizes = try Self.sizes(numbers, directory)
        report.segments = numbers.count
        report.bytes = sizes.reduce(0, +)
        /// A segment that was begun and has no frames; all before it were synced.
        var begun: UInt64 = 1
        var newer = report.bytes
        for (i, number) in numbers.enumerated() {
            if i < numbers.count - 1 {
                // The later segment is right, so this one ends before it.
                try recover(
                    number, size: sizes[i], last: numbers[i + 1] - 1, verify: newer <= verifiedBytes, directory)
            } else if try isEmpty(number, size: sizes[i], directory) {
                // Begun, but no frame of it counts. Its name stays: that it was begun proves that all frames before
                // it were synced.
                begun = number
                let name = Segment.name(first: number)
                let file = try directory.openFile(name, flags: O_WRONLY)
                try directory.truncate(file, to: 0, name)
                try directory.sync(file, name)
                if sizes[i] > 0, sizes[i] != SegmentHeader.byteCount {
                    report.tornTail = .init(segment: name, offset: 0, bytes: sizes[i], lost: nil)
                }
            } else {
                try recoverNewest(number, size: sizes[i], directory)
            }
            newer -= sizes[i]
        }
        if timed > 0, timed < segments.count { setTimes(segments[timed - 1].received) }
        let reached = max(begun - 1, segments.last?.last ?? 0)
        if let newest = numbers.last, let size = sizes.last, reached < applied {
            report.damages.append(
                .init(segment: Segment.name(first: newest), offset: size, bytes: 0, lost: reached + 1...applied))
        }
        report.firstSequence = segments.first?.first ?? 0
        report.lastSequence = max(applied, reached)
        if segments.last?.last != report.lastSequence { resumption = nil }
        try directory.sync()
    }

    private mutating func recover(
        _ number: UInt64, size: Int, last: UInt64, verify: Bool, _ directory: borrowing SpoolDirectory
    ) throws(SpoolError) {
        let name = Segment.name(first: number)
        var segment = Segment(first: number, last: last, end: size, received: .latest)
        guard var scanner = try SegmentScanner.open(name, in: directory) else {
            report.damages.append(.init(segment: name, offset: 0, bytes: size, lost: number...last))
            return segments.append(segment)
        }
        // It was made when the one before was full.
        setTimes(scanner.header.created)
        guard verify else { return segments.append(segment) }
        let survey = try survey(&scanner, endIndex: UInt32(clamping: last - number + 1))
        segment.received = survey.received
        add(survey, segment)
    }

    private mutating func recoverNewest(
        _ number: UInt64, size: Int, _ directory: borrowing SpoolDirectory
    ) throws(SpoolError) {
        let name = Segment.name(first: number)
        guard var scanner = try SegmentScanner.open(name, in: directory) else {
            // Without its salt no frame can be told from noise. No segment has more frames than this.
            let last = number + UInt64(size / (FrameHeader.minimumBytes + 1))
            report.damages.append(.init(segment: name, offset: 0, bytes: size, lost: number...last))
            return segments.append(Segment(first: number, last: last, end: size, received: .latest))
        }
        setTimes(scanner.header.created)
        let sessionsBefore = sessions
        var survey = try survey(&scanner, endIndex: nil)
        if let cut = survey.cut(applied: appliedIndex(number)) {
            if cut.end < size {
                report.tornTail = .init(segment: name, offset: cut.end, bytes: size - cut.end, lost: nil)
            }
            sessions = sessionsBefore
            scanner.rewind()
            scanner.limit = cut.end
            survey = try self.survey(&scanner, endIndex: cut.nextIndex)
        }
        try settle(name, from: survey.syncedEnd, to: scanner.limit, directory)
        add(
            survey,
            Segment(
                first: number, last: number + UInt64(survey.nextIndex) - 1, end: scanner.limit,
                received: survey.received))
        if scanner.header.version == .current {
            resumption = .init(header: scanner.header, end: scanner.limit, frames: survey.nextIndex)
        }
    }

    private mutating func survey(
        _ scanner: inout SegmentScanner, endIndex: UInt32?
    ) throws(SpoolError) -> SegmentSurvey {
        var sessions = sessions
        self.sessions = SessionTable(capacity: 0)  // so that there is one owner, and nothing is copied
        defer { self.sessions = sessions }
        return try SegmentSurvey(&scanner, endIndex: endIndex) { scanner, found in
            let origin = found.header.origin
            if origin.session != 0 {
                _ = sessions.note(origin, sequence: scanner.header.first + UInt64(found.header.index))
            }
        }
    }

    private mutating func add(_ survey: SegmentSurvey, _ segment: Segment) {
        report.verifiedBytes += segment.end
        for hole in survey.holes {
            report.damages.append(
                .init(
                    segment: segment.name, offset: hole.bytes.lowerBound, bytes: hole.bytes.count,
                    lost: hole.lost.isEmpty
                        ? nil
                        : segment.first + UInt64(hole.lost.lowerBound)...segment.first + UInt64(hole.lost.upperBound)
                            - 1
                ))
        }
        segments.append(segment)
        timed = segments.count
    }

    /// Gives the last segments that have no time this one.
    private mutating func setTimes(_ time: Timestamp) {
        for i in timed..<segments.count { segments[i].received = time }
        timed = segments.count
    }

    /// How many frames from `number` on the store has applied.
    private func appliedIndex(_ number: UInt64) -> UInt32 {
        applied < number ? 0 : UInt32(clamping: applied - number + 1)
    }

    /// Cuts the newest segment, and makes durable what has been read: the process may have died before it did.
    ///
    /// The last group is written once more: if its sync had failed, the kernel may have dropped the bytes and still
    /// show them, so that a sync alone would prove nothing (fsync(2), Errors).
    private func settle(
        _ name: String, from start: Int, to end: Int, _ directory: borrowing SpoolDirectory
    ) throws(SpoolError) {
        let file = try directory.openFile(name, flags: O_WRONLY)
        try directory.truncate(file, to: end, name)
        let source = try directory.source(name)
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        var position = start
        while position < end {
            let count = try source.read(into: &buffer, count: min(buffer.count, end - position), at: position)
            if count == 0 { break }
            // SAFETY: bytes have no padding.
            try unsafe directory.write(buffer.span.extracting(first: count).bytes, at: position, to: file, name)
            position += count
        }
        try directory.sync(file, name)
    }

    /// Whether no frame of the newest segment counts: none can be read that was certainly acknowledged, and the first
    /// is missing.
    private func isEmpty(
        _ number: UInt64, size: Int, _ directory: borrowing SpoolDirectory
    ) throws(SpoolError) -> Bool {
        if size <= SegmentHeader.byteCount { return true }
        guard var scanner = try SegmentScanner.open(Segment.name(first: number), in: directory) else { return false }
        if case .frame(let found) = try scanner.next(), found.header.index == 0 { return false }
        scanner.rewind()
        let survey = try SegmentSurvey(&scanner, endIndex: nil) { _, _ in }
        return survey.cut(applied: appliedIndex(number))?.nextIndex == 0
    }

    private static func sizes(
        _ numbers: [UInt64], _ directory: borrowing SpoolDirectory
    ) throws(SpoolError) -> [Int] {
        var sizes: [Int] = []
        for number in numbers {
            let name = Segment.name(first: number)
            sizes.append(try directory.source(name).size())
        }
        return sizes
    }
}
