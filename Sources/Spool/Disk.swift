import Glibc

/// The two system calls that fail when a disk is full or broken; tests give others.
struct Disk: Sendable {
    /// Writes bytes of a file at an offset; the count written, or −1 with the number of the error.
    var write: @Sendable (_ file: CInt, _ bytes: RawSpan, _ offset: Int) -> (count: Int, errno: CInt)
    /// Makes a file's bytes durable; 0, or the number of the error.
    var sync: @Sendable (_ file: CInt) -> CInt

    static let system = Disk(
        write: { file, bytes, offset in
            // SAFETY: the kernel reads only the bytes of the span.
            let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, offset) }
            return (count, errno)
        },
        sync: { fdatasync($0) == 0 ? 0 : errno })
}
