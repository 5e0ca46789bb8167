import Glibc

/// Why the spool could not do something. The description says the remedy.
package enum SpoolError: Error, Equatable, Sendable {
    /// Another process has the lock; `holder` names it.
    case inUse(directory: String, holder: String)
    /// ``Spool/close()`` was called.
    case closed
    /// A frame is empty or longer than ``Frame/maximumBytes``.
    case frameLength(Int)
    /// The frame was removed by retention, or never was in this directory.
    case notRetained(sequence: UInt64, oldest: UInt64)
    /// A newer banrisk wrote this segment.
    case unsupportedVersion(path: String, version: UInt32)
    /// A system call failed.
    case system(call: String, path: String, errno: CInt)
}

extension SpoolError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .inUse(let directory, let holder):
            "the spool \(directory) is in use by \(holder); stop it, or give this one another state directory"
        case .closed:
            "the spool is closed"
        case .frameLength(let count):
            "a frame has \(count) bytes; it must have 1 to 65536"
        case .notRetained(let sequence, let oldest):
            "frame \(sequence) is no longer in the spool, which begins at \(oldest); read from there, or restore a backup"
        case .unsupportedVersion(let path, let version):
            "\(path) has format version \(version) and this program reads 1 to \(SegmentVersion.current.rawValue); use a newer banrisk"
        case .system(let call, let path, let code):
            "\(call) failed for \(path): \(message(code)) (errno \(code))\(remedy(code))"
        }
    }

    private func message(_ code: CInt) -> String {
        // SAFETY: strerror returns a C string that stays valid until this thread's next call of it.
        unsafe String(cString: strerror(code))
    }

    private func remedy(_ code: CInt) -> String {
        switch code {
        case ENOSPC, EDQUOT: "; make room on the file system"
        case EACCES, EPERM: "; the directory must belong to this user"
        case EROFS: "; mount the file system writable"
        case ENOENT, ENOTDIR: "; create the directory above it"
        case EIO: "; check the disk"
        case EMFILE, ENFILE: "; raise the limit of open files"
        default: ""
        }
    }
}
