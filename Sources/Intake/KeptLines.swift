import RiskModel

/// Numbered lines in one run of bytes, first in, first out: what a sender keeps until it is on disk.
///
/// Places are counted from the first byte that was ever appended.
struct KeptLines {
    private var bytes: [UInt8] = []
    /// The place of `bytes[0]`.
    private var base = 0
    /// Where the lines end, each with its newline.
    private var ends: [Int] = []
    /// How many of `ends` belong to lines that were dropped.
    private var dropped = 0
    /// The first kept line's number.
    private(set) var firstNumber: UInt64 = 1
    /// Where the first kept line begins.
    private(set) var start = 0

    /// Where the last kept line ends.
    var end: Int { base + bytes.count }
    /// The bytes kept.
    var byteCount: Int { end - start }
    var isEmpty: Bool { dropped == ends.count }

    /// Appends line `number`, which follows the last one; what is kept in front of a gap must have been dropped.
    ///
    /// A framer makes of the bytes appended what a framer said of the line, except that it is not `.unterminated`.
    mutating func append(_ line: Span<UInt8>, flags: FrameFlags, number: UInt64) {
        if isEmpty { firstNumber = number }
        bytes.append(copying: line)
        if flags.contains(.oversized) {
            // What was cut off is not known, and nobody keeps it: it only has to be as long.
            bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: Frame.maximumBytes + 1 - line.count))
        } else if line.count > 0, line[line.count - 1] == UInt8(ascii: "\r") {
            // The framer drops one.
            bytes.append(UInt8(ascii: "\r"))
        }
        bytes.append(UInt8(ascii: "\n"))
        ends.append(end)
    }

    /// Drops the lines up to `number` that end at `place` or before.
    mutating func drop(through number: UInt64, endingBy place: Int) {
        while dropped < ends.count, firstNumber <= number, ends[dropped] <= place {
            start = ends[dropped]
            dropped += 1
            firstNumber += 1
        }
        // Moves what is left when that is no more than what was dropped, so that each byte is moved once at most.
        guard start - base >= bytes.count / 2 else { return }
        bytes.removeFirst(start - base)
        base = start
        ends.removeFirst(dropped)
        dropped = 0
    }

    /// The bytes from `place` on, which is not before ``start``.
    func bytes(from place: Int) -> ArraySlice<UInt8> { bytes[(place - base)...] }
}
