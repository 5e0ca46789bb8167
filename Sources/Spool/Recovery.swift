import Glibc

/// Reads what an earlier process left, cuts the torn tail, and says where to go on.
///
/// Where segments overlap in their numbers, the later one is right: it was begun because the end of the earlier one
/// could
/// not be synced.
struct Recovery {
    private(set) var report = RecoveryReport()
    /// The segments with frames, ascending.
    private(set) var segments: [Segment] = []
    /// The newest segment, if new frames can go on in it.
    private(set) var resumption: SegmentWriter.Resumption?

    /// - Parameters:
    ///   - verifiedBytes: how much to verify, from the newest back. The newest segment always is.
    ///   - applied: numbers up to here are taken, whatever the directory holds.
    init(directory: borrowing SpoolDirectory, verifiedBytes: Int, applied: UInt64) throws(SpoolError) {
        var numbers = try directory.segmentNumbers()
        while let newest = numbers.last, try removeIfEmpty(newest, directory) { numbers.removeLast() }
        let sizes = try Self.sizes(numbers, directory)
        report.segments = numbers.count
        report.bytes = sizes.reduce(0, +)
        report.lastSequence = applied

        var newer = report.bytes
        for (i, number) in numbers.enumerated() {
            let isNewest = i == numbers.count - 1
            // The later segment is right, so this one ends before it.
            let upper = isNewest ? UInt64.max : numbers[i + 1] - 1
            try recover(
                number, size: sizes[i], upper: upper, isNewest: isNewest, verify: isNewest || newer <= verifiedBytes,
                directory)
            newer -= sizes[i]
        }
        report.firstSequence = segments.first?.first ?? 0
        report.lastSequence = max(report.lastSequence, segments.last?.last ?? 0)
        if segments.last?.last != report.lastSequence { resumption = nil }
        try directory.sync()
    }

    private mutating func recover(
        _ number: UInt64, size: Int, upper: UInt64, isNewest: Bool, verify: Bool, _ directory: borrowing SpoolDirectory
    ) throws(SpoolError) {
        let name = Segment.name(first: number)
        guard var scanner = try SegmentScanner.open(name, in: directory) else {
            // Without its salt no frame can be told from noise. No segment has more frames than this.
            let last = min(upper, number + UInt64(size / (FrameHeader.byteCount + 1)))
            report.damages.append(.init(segment: name, offset: 0, bytes: size, lost: number...max(number, last)))
            report.lastSequence = max(report.lastSequence, last)
            return
        }
        guard verify else {
            segments.append(Segment(first: number, last: upper, end: size))
            return
        }
        report.verifiedBytes += size
        var frames: UInt64 = 0
        var end = size
        scan: while true {
            switch try scanner.next() {
            case .end: break scan
            case .frame(let found):
                scanner.advance(past: found)
                frames += 1
            case .damage(let extent):
                let lowest = number + UInt64(scanner.nextIndex)
                if extent.upperBound < size, case .frame(let found) = try scanner.next() {
                    let next = number + UInt64(found.header.index)
                    add(name, extent, lost: lowest..<next)
                } else if isNewest {
                    end = extent.lowerBound
                    report.tornTail = .init(segment: name, offset: end, bytes: extent.count, lost: nil)
                } else {
                    add(name, extent, lost: lowest..<max(lowest, upper &+ 1))
                }
            }
        }
        let last = min(upper, number + UInt64(scanner.nextIndex) &- 1)
        if isNewest {
            try trim(name, to: end, isEmpty: frames == 0, directory)
            resumption = .init(header: scanner.header, end: end, frames: scanner.nextIndex)
        }
        if frames > 0, last >= number { segments.append(Segment(first: number, last: last, end: end)) }
    }

    private mutating func add(_ name: String, _ extent: Range<Int>, lost: Range<UInt64>) {
        report.damages.append(
            .init(
                segment: name, offset: extent.lowerBound, bytes: extent.count,
                lost: lost.isEmpty ? nil : lost.lowerBound...lost.upperBound - 1))
    }

    /// Cuts the newest segment, and makes durable what has been read: the process may have died before it did.
    private func trim(
        _ name: String, to end: Int, isEmpty: Bool, _ directory: borrowing SpoolDirectory
    ) throws(SpoolError) {
        if isEmpty { return try directory.remove(name) }
        let file = try directory.openFile(name, flags: O_WRONLY)
        guard ftruncate(file.raw, end) == 0 else { throw directory.failure("ftruncate", name) }
        guard fsync(file.raw) == 0 else { throw directory.failure("fsync", name) }
    }

    /// Removes a segment that was begun and got no frame.
    private mutating func removeIfEmpty(
        _ number: UInt64, _ directory: borrowing SpoolDirectory
    ) throws(SpoolError) -> Bool {
        let size = try Self.sizes([number], directory)[0]
        guard size <= SegmentHeader.byteCount else { return false }
        let name = Segment.name(first: number)
        try directory.remove(name)
        if size < SegmentHeader.byteCount {
            report.tornTail = .init(segment: name, offset: 0, bytes: size, lost: nil)
        }
        return true
    }

    private static func sizes(
        _ numbers: [UInt64], _ directory: borrowing SpoolDirectory
    ) throws(SpoolError) -> [Int] {
        var sizes: [Int] = []
        for number in numbers {
            let name = Segment.name(first: number)
            let file = try directory.openFile(name, flags: O_RDONLY)
            let size = lseek(file.raw, 0, SEEK_END)
            guard size >= 0 else { throw directory.failure("lseek", name) }
            sizes.append(Int(size))
        }
        return sizes
    }
}
