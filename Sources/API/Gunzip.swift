internal import CZlib

/// Unpacks gzip (RFC 1952), several members behind each other too, as bytes come.
@safe struct Gunzip: ~Copyable {
    /// Why it cannot be unpacked.
    enum Fault: Error {
        case malformed
        /// More came out than is allowed.
        case tooLarge
    }

    // zlib's own state points back at it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isBetweenMembers = true
    private var packed = 0
    private let limit: Int
    private let ratio: Int
    /// How much may be unpacked before it is looked at how tightly it was packed.
    private static let looseBytes = 1 << 20

    /// - Parameters:
    ///   - limit: the most that may come out.
    ///   - ratio: how many bytes may come out for each that goes in, beyond the first MiB.
    init?(limit: Int, ratio: Int) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // SAFETY: zlib keeps a pointer to the stream, which has one place until deinit.
        let code = unsafe inflateInit2_(stream, CInt(GZIP_WINDOW_BITS), "1", CInt(MemoryLayout<z_stream>.size))
        guard code == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
        unsafe self.stream = stream
        self.limit = limit
        self.ratio = ratio
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Whether the last member came to its end.
    var isComplete: Bool { isBetweenMembers }

    /// Unpacks `bytes` behind `out`.
    mutating func unpack(_ bytes: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) throws(Fault) {
        packed += bytes.count
        unsafe stream.pointee.next_in = bytes.baseAddress
        unsafe stream.pointee.avail_in = UInt32(bytes.count)
        while unsafe stream.pointee.avail_in > 0 || isOutputPending {
            if isBetweenMembers {
                guard unsafe stream.pointee.avail_in > 0 else { break }
                guard unsafe inflateReset(stream) == Z_OK else { throw .malformed }
                isBetweenMembers = false
            }
            let code = unpackPiece(into: &out)
            guard out.count <= limit, out.count <= max(Self.looseBytes, packed * ratio) else { throw .tooLarge }
            switch code {
            case CInt(Z_STREAM_END): isBetweenMembers = true
            case CInt(Z_OK): break
            case CInt(Z_BUF_ERROR): return
            default: throw .malformed
            }
        }
    }

    /// Whether the last call filled all the room that it was given: more may be ready.
    private var isOutputPending: Bool {
        unsafe !isBetweenMembers && stream.pointee.next_out != nil && stream.pointee.avail_out == 0
    }

    private func unpackPiece(into out: inout [UInt8]) -> CInt {
        let piece = 65_536
        let start = out.count
        out.append(contentsOf: repeatElement(0, count: piece))
        // SAFETY: zlib writes at most `avail_out` bytes from `start` on, and reads `avail_in` bytes of the caller's buffer, which
        // lives as long as `unpack` runs.
        let code = unsafe out.withUnsafeMutableBufferPointer { buffer in
            unsafe stream.pointee.next_out = buffer.baseAddress.unsafelyUnwrapped + start
            unsafe stream.pointee.avail_out = UInt32(piece)
            return unsafe inflate(stream, CInt(Z_NO_FLUSH))
        }
        unsafe out.removeLast(Int(stream.pointee.avail_out))
        return code
    }
}
