import CLinux
import Glibc

/// The system calls that change what is on the disk. Tests give others, which fail, and lose what is not synced.
///
/// Each gives 0, or the number of the error.
struct Disk: Sendable {
    /// Writes bytes of a file at an offset; the count written, or −1 with the number of the error.
    var write: @Sendable (_ file: CInt, _ bytes: RawSpan, _ offset: Int) -> (count: Int, errno: CInt)
    /// Reserves room for a part of a file and leaves the file's size as it is.
    var reserve: @Sendable (_ file: CInt, _ part: Range<Int>) -> CInt
    /// Sets a file's size, and gives back what is reserved behind it.
    var truncate: @Sendable (_ file: CInt, _ size: Int) -> CInt
    /// Makes a file's bytes durable.
    var sync: @Sendable (_ file: CInt) -> CInt
    var remove: @Sendable (_ directory: CInt, _ name: String) -> CInt
    var rename: @Sendable (_ directory: CInt, _ name: String, _ other: String) -> CInt = { directory, name, other in
        // SAFETY: the names are C strings for the length of the call.
        unsafe renameat(directory, name, directory, other) == 0 ? 0 : errno
    }
    /// Makes new and removed names durable.
    var syncDirectory: @Sendable (_ directory: CInt) -> CInt

    static let system = Disk(
        write: { file, bytes, offset in
            // SAFETY: the kernel reads only the bytes of the span.
            let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, offset) }
            return (count, errno)
        },
        reserve: { file, part in
            fallocate(file, CInt(FALLOC_FL_KEEP_SIZE), part.lowerBound, part.count) == 0 ? 0 : errno
        },
        truncate: { ftruncate($0, $1) == 0 ? 0 : errno },
        sync: { fdatasync($0) == 0 ? 0 : errno },
        // SAFETY: the name is a C string for the length of the call.
        remove: { unsafe unlinkat($0, $1, 0) == 0 ? 0 : errno },
        syncDirectory: { fsync($0) == 0 ? 0 : errno })
}
