import Glibc
import RiskModel

/// Cuts the content of a file into lines by ``LineFramer``'s rules, each with its ordinal: where it ends in the file.
///
/// No state but the place: what is emitted for a place in the file does not depend on how the file was read. A line ends
/// behind its newline. Of one that is certainly oversized nothing is looked at beyond ``certaintyBytes``, and its ordinal
/// is that place; the rest up to the newline is skipped, and so is everything up to the next newline where reading begins
/// in the middle of a line.
enum FileLines {
    /// A line that has so many bytes without a newline is oversized, whatever comes.
    static let certaintyBytes = Frame.maximumBytes + 2

    /// Emits the complete lines of `bytes`, which begin at `position`.
    ///
    /// - Parameter isMidLine: whether `bytes` begin in the middle of a line; whether what follows them does.
    /// - Returns: how many bytes are done with. What follows them is to come again, with more behind it.
    static func cut(
        _ bytes: Span<UInt8>, at position: UInt64, isMidLine: inout Bool,
        emit: (Span<UInt8>, FrameFlags, _ ordinal: UInt64) throws -> Void
    ) rethrows -> Int {
        var start = 0
        if isMidLine {
            guard let newline = newline(in: bytes, from: 0) else { return bytes.count }
            start = newline + 1
            isMidLine = false
        }
        while let newline = newline(in: bytes, from: start) {
            let end = min(newline + 1, start + certaintyBytes)
            try frame(bytes.extracting(start..<end)) { try emit($0, $1, position + UInt64(end)) }
            start = newline + 1
        }
        guard bytes.count - start >= certaintyBytes else { return start }
        let end = start + certaintyBytes
        try frame(bytes.extracting(start..<end)) { try emit($0, $1, position + UInt64(end)) }
        isMidLine = true
        return bytes.count
    }

    /// Emits what stands at the end of a file without a newline, shorter than ``certaintyBytes``.
    static func finish(
        _ bytes: Span<UInt8>, at position: UInt64,
        emit: (Span<UInt8>, FrameFlags, _ ordinal: UInt64) throws -> Void
    ) rethrows {
        var framer = LineFramer()
        let end = position + UInt64(bytes.count)
        try framer.consume(bytes) { try emit($0, $1, end) }
        try framer.finish { try emit($0, $1, end) }
    }

    private static func frame(
        _ line: Span<UInt8>, emit: (Span<UInt8>, FrameFlags) throws -> Void
    ) rethrows {
        var framer = LineFramer()
        try framer.consume(line, emit: emit)
    }

    static func newline(in bytes: Span<UInt8>, from start: Int) -> Int? {
        // SAFETY: memchr stays within the buffer, and the pointers do not leave the closure.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, start < buffer.count,
                let found = unsafe memchr(base + start, 0x0a, buffer.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }
}
