import Glibc
package import RiskModel

/// Splits a byte stream into lines. A state machine: bytes in, frames out; no I/O.
///
/// The frames depend on the stream alone, not on how it was cut into chunks. Lines that lie wholly in a chunk are
/// emitted in place; only a line that continues in the next chunk is copied, at most ``Frame/maximumBytes`` + 1 bytes, and
/// between lines no memory is held.
package struct LineFramer: Sendable {
    /// The beginning of a line whose newline has not come yet.
    private var carried: [UInt8] = []
    /// The rest of the current line, already emitted as oversized, is to be dropped.
    private var isDiscarding = false

    /// A line may be this long before it is certain that it is oversized: its last byte may be a CR to drop.
    private static let carriedBytes = Frame.maximumBytes + 1

    /// Not `[]`, which is a call into the standard library for every line.
    private static let whole = FrameFlags(rawValue: 0)

    package init() {}

    /// Emits every complete line of `bytes` (and of what was left before).
    ///
    /// One CR at the end of a line is dropped; lines that are then empty are skipped. Of a line that is longer than
    /// ``Frame/maximumBytes`` the first ``Frame/keptOfOversized`` bytes are emitted once, as `.oversized`.
    package mutating func consume(
        _ bytes: Span<UInt8>, emit: (Span<UInt8>, FrameFlags) throws -> Void
    ) rethrows {
        var start = 0
        while let newline = Self.newline(in: bytes, from: start) {
            let line = bytes.extracting(start..<newline)
            start = newline + 1
            if isDiscarding {
                isDiscarding = false
            } else if carried.isEmpty {
                try Self.emit(line, Self.whole, to: emit)
            } else if try carry(line, emit: emit) {
                try emitCarried(Self.whole, to: emit)
            } else {
                isDiscarding = false
            }
        }
        if start < bytes.count, !isDiscarding {
            _ = try carry(bytes.extracting(start...), emit: emit)
        }
    }

    /// Ends the stream: emits a tail without newline as `.unterminated`, or as `.oversized` if it is that.
    package mutating func finish(emit: (Span<UInt8>, FrameFlags) throws -> Void) rethrows {
        isDiscarding = false
        try emitCarried(.unterminated, to: emit)
    }

    /// Emits the lines of bytes that are whole, such as a datagram: what ends them ends the last line, too.
    package static func consume(
        whole bytes: Span<UInt8>, emit: (Span<UInt8>, FrameFlags) throws -> Void
    ) rethrows {
        var start = 0
        while let newline = newline(in: bytes, from: start) {
            try Self.emit(bytes.extracting(start..<newline), whole, to: emit)
            start = newline + 1
        }
        try Self.emit(bytes.extracting(start...), whole, to: emit)
    }

    /// Appends to the carried line, or, if it is then certainly oversized, emits and discards it.
    ///
    /// - Returns: whether the line is still carried.
    private mutating func carry(
        _ part: Span<UInt8>, emit: (Span<UInt8>, FrameFlags) throws -> Void
    ) rethrows -> Bool {
        let room = Self.carriedBytes - carried.count
        if part.count <= room {
            appendToCarried(part)
            return true
        }
        appendToCarried(part.extracting(first: room))
        isDiscarding = true
        defer { carried = [] }
        try emit(carried.span.extracting(first: Frame.keptOfOversized), .oversized)
        return false
    }

    /// Doubles the room as an array does, but never beyond what a line may need: a thousand clients may do this at once.
    private mutating func appendToCarried(_ part: Span<UInt8>) {
        let needed = carried.count + part.count
        if needed > carried.capacity {
            carried.reserveCapacity(min(max(needed, 2 * carried.capacity), Self.carriedBytes))
        }
        carried.append(copying: part)
    }

    private mutating func emitCarried(
        _ flags: FrameFlags, to emit: (Span<UInt8>, FrameFlags) throws -> Void
    ) rethrows {
        defer { carried = [] }
        try Self.emit(carried.span, flags, to: emit)
    }

    @inline(__always)
    private static func emit(
        _ line: Span<UInt8>, _ flags: FrameFlags, to emit: (Span<UInt8>, FrameFlags) throws -> Void
    ) rethrows {
        var count = line.count
        if count > 0, line[count - 1] == UInt8(ascii: "\r") { count -= 1 }
        if count == 0 { return }
        if count > Frame.maximumBytes {
            try emit(line.extracting(first: Frame.keptOfOversized), .oversized)
        } else {
            try emit(line.extracting(first: count), flags)
        }
    }

    @inline(__always)
    private static func newline(in bytes: Span<UInt8>, from start: Int) -> Int? {
        // SAFETY: memchr stays within the buffer, and the pointers do not leave the closure.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, start < buffer.count,
                let found = unsafe memchr(base + start, 0x0a, buffer.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }
}
