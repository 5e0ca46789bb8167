import CZlib

/// Decompression of gzip files (RFC 1952) in memory, within a limit.
enum Gunzip {
    private static let pieceBytes = 256 * 1024

    /// What the file holds: all its members, one behind the other, as Fluentd makes them; `nil` if it is damaged, breaks off,
    /// or holds more than `limit` bytes.
    static func bytes(of file: Span<UInt8>, limit: Int) -> [UInt8]? {
        // zlib's own state points back at it, so it must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        defer { unsafe stream.deallocate() }
        guard unsafe inflateInit2_(stream, CInt(GZIP_WINDOW_BITS), "1", CInt(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            return nil
        }
        defer { unsafe _ = inflateEnd(stream) }
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: min(pieceBytes, limit + 1))
        // SAFETY: zlib reads and writes only what `next_in`, `avail_in`, `next_out` and `avail_out` name, and these name
        // memory that is borrowed while it is called.
        return unsafe file.withUnsafeBufferPointer { file in
            unsafe stream.pointee.next_in = file.baseAddress
            unsafe stream.pointee.avail_in = UInt32(file.count)
            while true {
                let (code, count) = unsafe piece.withUnsafeMutableBufferPointer { piece in
                    unsafe stream.pointee.next_out = piece.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(piece.count)
                    let code = unsafe inflate(stream, CInt(Z_NO_FLUSH))
                    return (code, piece.count - Int(unsafe stream.pointee.avail_out))
                }
                guard output.count + count <= limit else { return nil }
                output.append(contentsOf: piece[..<count])
                if code == Z_STREAM_END {
                    if unsafe stream.pointee.avail_in == 0 { return output }
                    guard unsafe inflateReset(stream) == Z_OK else { return nil }
                } else if code != Z_OK {
                    // Z_BUF_ERROR among them: the file breaks off.
                    return nil
                }
            }
        }
    }
}
