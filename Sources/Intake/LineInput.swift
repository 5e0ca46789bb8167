import Glibc
package import RiskModel

/// The lines of files, one file after the other, as the framer makes them.
package struct LineInput: ~Copyable {
    private var waiting: [String]
    private var path = ""
    private var file: Descriptor?
    private var framer = LineFramer()
    private var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    /// How many bytes were read.
    package private(set) var bytes = 0

    /// - Parameter paths: read in this order; `-` is standard input.
    package init(_ paths: [String]) { waiting = paths.reversed() }

    /// Opens the next file if the last one has come to its end.
    ///
    /// - Returns: what the next bytes come from; `nil` when all files have come to their end.
    package mutating func open() throws(InputError) -> CInt? {
        if let raw = file?.raw { return raw }
        guard let next = waiting.popLast() else { return nil }
        path = next
        // SAFETY: the path is a C string for the length of the call.
        let raw = next == "-" ? dup(STDIN_FILENO) : unsafe Glibc.open(next, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { throw InputError(path: next, errno: errno) }
        file = Descriptor(raw)
        return raw
    }

    /// Reads once from the file that ``open()`` has opened, waiting if need be, and emits the lines that are then complete.
    package mutating func read(emit: (Span<UInt8>, FrameFlags) -> Void) throws(InputError) {
        guard let raw = file?.raw else { return }
        // SAFETY: the kernel writes at most the buffer's size into it.
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(raw, $0.baseAddress, $0.count) }
        if count > 0 {
            bytes += count
            // Shared, not copied; a borrow would be one of the whole of this value.
            let chunk = buffer
            framer.consume(chunk.span.extracting(first: count), emit: emit)
        } else if count == 0 {
            framer.finish(emit: emit)
            file = nil
        } else if errno != EINTR, errno != EAGAIN {
            throw InputError(path: path, errno: errno)
        }
    }
}

/// A file that cannot be read.
package struct InputError: Error, Equatable, Sendable, CustomStringConvertible {
    package var path: String
    package var errno: CInt

    package var description: String {
        // SAFETY: strerror's text is copied.
        "\(path == "-" ? "standard input" : path) cannot be read: \(unsafe String(cString: strerror(errno)))"
    }
}
