import CZlib
import Glibc

/// Reads what is compressed in a file of gzip members (RFC 1952), from the beginning on.
@safe final class GzipReader {
    enum Fault: Error {
        case system(errno: CInt)
        /// The bytes are no gzip, or their checksum is wrong.
        case damaged
        /// The file ends within a member.
        case truncated

        /// What the log says.
        var why: String {
            switch self {
            // SAFETY: strerror's text is copied.
            case .system(let code): unsafe String(cString: strerror(code))
            case .damaged: "it is no gzip, or damaged; what stands before the damage was read"
            case .truncated: "it ends too early; what is there was read"
            }
        }
    }

    /// How much was decompressed.
    private(set) var position: UInt64 = 0
    /// Whether all members were read.
    private(set) var isAtEnd = false

    private let file: Descriptor
    // zlib's own state points back at it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var input = [UInt8](repeating: 0, count: 64 * 1024)
    /// What of `input` waits.
    private var waiting = 0..<0
    private var offset = 0
    private var isBetweenMembers = false

    /// - Returns: `nil` where there is no memory for it.
    init?(_ file: consuming Descriptor) {
        self.file = file
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        // SAFETY: the stream is initialised before zlib sees it, and freed by `deinit` alone, which a failure runs, too.
        unsafe stream.initialize(to: z_stream())
        unsafe self.stream = stream
        let code = unsafe inflateInit2_(stream, CInt(GZIP_WINDOW_BITS), "1", CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { return nil }
    }

    deinit {
        // SAFETY: `stream` was allocated by `init` and goes nowhere else.
        unsafe _ = inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Decompresses into a range of `output`, as much as there is or fits.
    ///
    /// - Parameter range: within the array, and not empty.
    /// - Returns: how many bytes; 0 at the end alone.
    func read(into output: inout [UInt8], _ range: Range<Int>) throws(Fault) -> Int {
        var count = 0
        while count == 0, !isAtEnd {
            if waiting.isEmpty, try !fill() {
                guard isBetweenMembers else { throw .truncated }
                isAtEnd = true
                break
            }
            isBetweenMembers = false
            count = try inflate(into: &output, range)
        }
        position += UInt64(count)
        return count
    }

    /// - Returns: whether there is input.
    private func fill() throws(Fault) -> Bool {
        while true {
            // SAFETY: the kernel writes at most the array's size into it.
            let count = unsafe input.withUnsafeMutableBytes { unsafe pread(file.raw, $0.baseAddress, $0.count, offset) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno: errno) }
            offset += count
            waiting = 0..<count
            return count > 0
        }
    }

    private func inflate(into output: inout [UInt8], _ range: Range<Int>) throws(Fault) -> Int {
        precondition(output.indices.contains(range.lowerBound) && range.upperBound <= output.count)
        var code: CInt = 0
        let (read, written) = unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                // SAFETY: zlib reads and writes within the counts that it is given, and both buffers outlive the call.
                unsafe stream.pointee.next_in = input.baseAddress.map { unsafe $0 + waiting.lowerBound }
                unsafe stream.pointee.avail_in = UInt32(waiting.count)
                unsafe stream.pointee.next_out = output.baseAddress.map { unsafe $0 + range.lowerBound }
                unsafe stream.pointee.avail_out = UInt32(range.count)
                code = unsafe CZlib.inflate(stream, CInt(Z_NO_FLUSH))
                return unsafe (
                    waiting.count - Int(stream.pointee.avail_in), range.count - Int(stream.pointee.avail_out)
                )
            }
        }
        waiting = waiting.lowerBound + read..<waiting.upperBound
        switch Int(code) {
        case Z_STREAM_END:
            // SAFETY: the stream is initialised.
            unsafe _ = inflateReset(stream)
            isBetweenMembers = true
        case Z_OK, Z_BUF_ERROR: break
        default: throw .damaged
        }
        return written
    }
}
